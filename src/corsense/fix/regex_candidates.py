"""The edits to try for a regular expression of origins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from corsense.app.description import LayerInfo
from corsense.diagnose.policies import LayerPolicy
from corsense.finding import Place
from corsense.fix import edits
from corsense.fix.candidate import Candidate, Case, edited
from corsense.fix.list_candidates import each_of, plain_candidates


def regex_candidates(case: Case, layer: LayerInfo, place: Place) -> Iterator[Candidate]:
    """What the expression of a layer needs; one that credentials make dangerous needs origins that the user named."""
    slug, evidence = case.finding.cause.slug, case.finding.evidence
    if slug == "regex-in-origins":
        yield from plain_candidates(slug, evidence, place)
        return
    listed = [origin for origin in LayerPolicy.of(layer).entries if origin != "*"]
    yield from expression_candidates(slug, evidence, place, case.named, listed)


def expression_candidates(
    slug: str, evidence: Mapping[str, object], place: Place, user_named: Sequence[str], listed_origins: Sequence[str] = ()
) -> Iterator[Candidate]:
    """What to do about the `allow_origin_regex` of the layer at `place`."""
    from corsense.fix.edits.patterns import anchored, escaped_dots, meant_by_glob, tightened
    from corsense.origin.reach import shared_suffix

    line = place.line
    regex = str(evidence.get("value", evidence.get("allow_origin_regex", "")))
    meant = meant_by_glob(regex)
    if meant is not None and slug != "public-suffix-origin" and is_tight(meant):
        title = f"write the expression that was meant: {meant}"
        yield Candidate(place, title, edited(edits.replace_regex, line, meant), patterns=(meant,))
    if slug == "regex-partial-match":
        whole = anchored(regex, str(evidence.get("sent", "")))
        if whole is not None and is_tight(whole) and shared_suffix(whole) is None:
            title = f"let the expression match the whole origin: {whole}"
            yield Candidate(place, title, lambda text: edits.replace_regex(text, line, whole), patterns=(whole,))
        return
    # What a narrower expression matches was let in before, although perhaps with methods that no preflight granted.
    escaped = escaped_dots(regex)
    if slug == "regex-unescaped-dot" and escaped is not None and is_tight(escaped):
        yield Candidate(place, "escape the dots", lambda text: edits.escape_regex_dots(text, line), patterns=(escaped,))
    narrow = tightened(regex)
    if slug != "public-suffix-origin" and narrow is not None and is_tight(narrow):
        title = f"limit the expression to its own site: {narrow}"
        yield Candidate(place, title, lambda text: edits.replace_regex(text, line, narrow), patterns=(narrow,))
    named = list(user_named or listed_origins)
    if named:
        guess = "pages that only the expression let in lose access"
        title = f"drop the expression, and name the origins: {', '.join(named)}"

        def listed(text: str) -> str | None:
            after = edits.regex_to_origins(text, line, named)
            return after if after is None else each_of(edits.add_origin, after, line, user_named, always=True)

        yield Candidate(place, title, listed, tuple(named), guess=guess)


def is_tight(pattern: str | None) -> bool:
    """Whether a repaired expression keeps to its own sites: a fix that leaves the hole open does not count."""
    from corsense.origin.reach import foreign_origin

    return pattern is not None and foreign_origin(pattern) is None
