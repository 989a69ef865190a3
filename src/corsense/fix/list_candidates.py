"""The edits to try for a value of a CORS layer's lists: origins, methods, headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from corsense.diagnose.lists import joined_parts
from corsense.diagnose.origins import shared_preview
from corsense.diagnose.permissions import is_of_responses
from corsense.finding import Place
from corsense.fix import edits
from corsense.fix.candidate import Candidate, edited
from corsense.origin.not_a_regex import Listed

CORRECTED = frozenset(
    {"origin-trailing-slash", "origin-has-path", "origin-without-scheme", "origin-default-port", "origin-not-normalised",
     "env-split-without-strip"}
)  # fmt: skip
"""What is wrong with an entry that can only have been meant for one origin."""


ADDED = ("origin-scheme-mismatch", "origin-port-mismatch", "origin-host-mismatch", "origin-mismatch")


def origin_candidates(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about an entry of a list that was meant for another origin."""
    sent, allowed, line = str(evidence.get("sent", "")), str(evidence.get("allowed", "")), place.line
    if slug in ADDED and sent and sent != "null":
        title = f"add {sent!r} to the allowed origins"
        yield Candidate(place, title, lambda text: edits.add_origin(text, line, sent), (sent,))
        guess = "the list is built elsewhere and may be meant as complete; the better place is there"
        yield Candidate(place, title, lambda text: edits.extend_origins(text, line, sent), (sent,), guess=guess)
        return
    if slug not in CORRECTED or not sent:
        return
    title = f"write {sent!r} in place of {allowed!r}"
    yield Candidate(place, title, lambda text: edits.replace_origin(text, line, allowed, sent), (sent,))
    if slug == "env-split-without-strip":
        title = "strip white space from the setting's origins"
        yield Candidate(place, title, lambda text: edits.strip_origins(text, line), (sent,))
    if slug == "origin-trailing-slash":
        yield Candidate(place, "strip the slash from the origins", lambda text: edits.unslash_origins(text, line), (sent,))
    if allowed.startswith(sent) and slug != "env-split-without-strip":
        tail = allowed[len(sent) :]
        guess = "the f-string loses that part wherever the app runs"
        yield Candidate(
            place, f"drop {tail!r} from the f-string", edited(edits.shorten_computed, line, tail), (sent,), guess=guess
        )


def plain_candidates(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """What to do about arguments of the layer at `place` that are wrong whatever app they are given to."""
    allowed, line = str(evidence.get("allowed", evidence.get("value", ""))), place.line
    if slug == "origins-not-a-list" and "argument" in evidence:
        argument = str(evidence["argument"])
        yield Candidate(place, f"make {argument} a list", edited(edits.string_to_list, line, argument), reveals=True)
    elif slug == "origins-not-a-list":
        yield from string_candidates(allowed, place)
    elif slug == "nested-origins":
        argument = str(evidence.get("argument", "allow_origins"))
        values = tuple(value for value in values_of(evidence, "value") if "*" not in value)
        opens = values if argument == "allow_origins" else ()
        title = "unpack the list inside the list"
        yield Candidate(place, title, edited(edits.unnest_list, line, argument), opens)
    elif slug == "origin-regex-not-a-string":
        listed = Listed.of(values_of(evidence, "value"))
        title = "make allow_origins of the list" if listed.origins else "take the expression out of its list"
        yield Candidate(place, title, edited(edits.regex_out_of_list, line), listed.origins, listed.expressions, reveals=True)
        title = "write the expression as a string"
        yield Candidate(place, title, edited(edits.regex_of_text, line), (), tuple(values_of(evidence, "value")), reveals=True)
    elif slug == "joined-values":
        argument = str(evidence.get("argument", "allow_origins"))
        values = joined_parts(allowed, argument)
        opens = tuple(value for value in values if "*" not in value) if argument == "allow_origins" else ()
        title = f"write {', '.join(map(repr, values))} in place of {allowed!r}"
        yield Candidate(place, title, edited(edits.split_joined, line, argument, allowed, values), opens)
        title = "split the one entry of the list at its commas"
        yield Candidate(place, title, edited(edits.split_only_entry, line, argument), opens)
    elif slug == "glob-in-origins":
        from corsense.fix.edits.patterns import glob_pattern

        title = f"express {allowed!r} as allow_origin_regex"
        pattern = glob_pattern(allowed)
        if pattern is not None:
            yield Candidate(place, title, lambda text: edits.glob_to_regex(text, line, allowed), patterns=(pattern,))
        elif (preview := shared_preview(allowed)) is not None:
            expression, host = preview
            guess = f"anyone who can get a name of this shape on {host} is allowed too"
            apply = edited(edits.glob_to_expression, line, allowed, expression)
            yield Candidate(place, title, apply, patterns=(expression,), guess=guess)
    elif slug == "regex-in-origins":
        title = "move the expression to allow_origin_regex"
        yield Candidate(place, title, lambda text: edits.regex_in_list(text, line, allowed), patterns=(allowed,))
    elif slug == "method-not-allowed":
        methods = values_of(evidence, "method")
        title = f"allow {', '.join(methods)}"
        yield Candidate(place, title, lambda text: each_of(edits.add_method, text, line, methods))
    elif slug in ("header-not-allowed", "authorization-not-covered-by-wildcard"):
        yield from header_candidates(slug, evidence, place)
    elif slug == "header-not-exposed":
        header = str(evidence.get("header", ""))
        yield Candidate(place, f"expose the header {header}", lambda text: edits.expose_header(text, line, header))
    elif slug == "unknown-keyword":
        from difflib import get_close_matches

        from corsense.policy.keywords import STARLETTE

        wrong = str(evidence.get("keyword", ""))
        near = get_close_matches(wrong, STARLETTE, 1)
        if near:
            title = f"write {near[0]} in place of {wrong}"
            yield Candidate(place, title, lambda text: edits.rename_keyword(text, line, wrong, near[0]), reveals=True)


def string_candidates(value: str, place: Place) -> Iterator[Candidate]:
    """What to do about a string of origins in place of a list: as a literal, as JSON, as what a setting holds."""
    parts = joined_parts(value) or (value.strip(),)
    opens = tuple(part for part in parts if "*" not in part)
    yield Candidate(place, "make allow_origins a list", edited(edits.string_to_list, place.line), opens)
    for accessor in _accessors_at(place, value):
        title = f"read {accessor}, which makes a list of the string"
        yield Candidate(place, title, edited(edits.read_accessor, place.line, accessor), opens)
    if value.lstrip().startswith("["):
        yield Candidate(place, "read allow_origins as JSON", edited(edits.load_json, place.line), opens)
    else:
        title = "split the string of origins at its commas"
        yield Candidate(place, title, edited(edits.split_string, place.line), opens)


def _accessors_at(place: Place, held: str) -> list[str]:
    """The properties and methods of the settings at `place` that make a list of the string given as `allow_origins`."""
    from corsense.fix.accessors import accessors_at

    try:
        text = Path(place.file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    return accessors_at(text, place.file, place.line, held)


def header_candidates(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
    """Allow, or expose, the header that the finding names."""
    headers = values_of(evidence, "header") or (["Authorization"] if slug.startswith("authorization") else [])
    headers = [header for header in headers if not is_of_responses(header)]
    star = slug.startswith("authorization")

    def add(text: str, line: int, header: str) -> str | None:
        return edits.add_header(text, line, header, beside_star=star)

    if headers:
        title = f"allow the header {', '.join(headers)}"
        yield Candidate(place, title, lambda text: each_of(add, text, place.line, headers))


def values_of(evidence: Mapping[str, object], name: str) -> list[str]:
    """One value called `name`, or those of the list in the plural."""
    several = evidence.get(f"{name}s")
    return [str(value) for value in several] if isinstance(several, list) else [str(evidence[name])] if name in evidence else []


def each_of(
    edit: Callable[[str, int, str], str | None], text: str, line: int, values: Sequence[str], *, always: bool = False
) -> str | None:
    """The edit for each value, one after the other; None when none of them changes anything, unless `always`."""
    changed = always
    for value in values:
        after = edit(text, line, value)
        text, changed = (after, True) if after is not None else (text, changed)
    return text if changed else None
