"""Findings become fixes: the edit that removes the cause, for those that have a sure one."""

from __future__ import annotations

import os
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from corsense.app.description import AppDescription, AppInfo, LayerInfo
from corsense.check.results import Report, Result
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch.check import list_of_tokens
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.finding import Edit, Finding, Fix, Place
from corsense.fix import edits
from corsense.fix.patterns import escaped_dots
from corsense.fix.place import argument_span, call_span, literal_span
from corsense.origin.regex import foreign_origin

Repair = Callable[[str], str | None]

_KEYWORDS = (
    "allow_origins", "allow_methods", "allow_headers", "allow_credentials", "allow_origin_regex", "allow_private_network",
    "expose_headers", "max_age",
)  # fmt: skip
_CORRECTED = ("origin-trailing-slash", "origin-has-path", "origin-without-scheme", "origin-default-port", "origin-not-normalised",
              "env-split-without-strip")  # fmt: skip
_ADDED = ("origin-scheme-mismatch", "origin-port-mismatch", "origin-host-mismatch", "origin-mismatch")
_ARGUMENT_OF = {
    "method-not-allowed": "allow_methods",
    "header-not-allowed": "allow_headers",
    "authorization-not-covered-by-wildcard": "allow_headers",
    "header-not-exposed": "expose_headers",
    "expose-wildcard-with-credentials": "expose_headers",
    "wildcard-with-credentials": "allow_origins",
    "wildcard-origins": "allow_origins",
    "origins-not-a-list": "allow_origins",
    "regex-too-broad": "allow_origin_regex",
    "regex-unescaped-dot": "allow_origin_regex",
    "regex-partial-match": "allow_origin_regex",
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way to remove the cause of the finding at `index`: `apply` turns the text of `file` into its repaired text, or None.

    `line` is where the edit is made in the unpatched file; several proposals for a file are applied from its end to its
    beginning,
    and those that move a statement (`moves`) last, so that each finds its line where it was.
    """

    index: int
    file: str
    line: int
    title: str
    apply: Repair
    moves: bool = False


def propose(report: Report, app: AppDescription, named: Sequence[str]) -> list[Proposal]:
    """The proposals for a report's findings. `named` are the origins that the user named: only these may gain access where a
    finding
    does not name one itself."""
    found = []
    for index, finding in enumerate(report.findings):
        affected = [result for result in report.results if index in result.findings]
        for place, title, apply in _repairs(finding, affected, app, named):
            before = source_of(place.file) if _is_users(place.file) else None
            if before is not None and apply(before) is not None:
                moves = finding.cause.slug == "cors-not-outermost"
                found.append(Proposal(index, place.file, place.line, title, apply, moves))
                break
    return found


def with_fixes(report: Report, proposals: Sequence[Proposal], verified: dict[int, bool | None]) -> Report:
    """The report, its findings with their fixes and with spans that point at the very argument."""
    fixes: dict[int, Fix] = {}
    for proposal in proposals:
        before = source_of(proposal.file)
        after = proposal.apply(before) if before is not None else None
        if before is not None and after is not None:
            fixes[proposal.index] = Fix(proposal.title, (Edit(proposal.file, before, after),), verified.get(proposal.index))
    findings = tuple(
        replace(finding, place=_pointed(finding), fix=fixes.get(index, finding.fix))
        for index, finding in enumerate(report.findings)
    )
    return replace(report, findings=findings)


def patched(proposals: Sequence[Proposal]) -> dict[str, str]:
    """The text of each file with all its proposals applied that can be applied together, by absolute path."""
    texts: dict[str, str] = {}
    for proposal in sorted(proposals, key=lambda found: (found.moves, -found.line)):
        path = os.path.abspath(proposal.file)
        before = texts.get(path) or source_of(proposal.file)
        after = proposal.apply(before) if before is not None else None
        if after is not None:
            texts[path] = after
    return texts


def source_of(file: str) -> str | None:
    """The text of a Python file in its own encoding, line ends kept; None when it cannot be read."""
    try:
        with open(file, "rb") as raw:
            encoding, _ = tokenize.detect_encoding(raw.readline)
        with open(file, encoding=encoding, newline="") as text:
            return text.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def _repairs(
    finding: Finding, affected: Sequence[Result], app: AppDescription, named: Sequence[str]
) -> Iterator[tuple[Place, str, Repair]]:
    """The edits to try for a finding, the best first."""
    slug, evidence, place = finding.cause.slug, finding.evidence, finding.place
    layer = next((layer for layer in app.cors_layers if layer.place == place), None)
    if slug in ("missing-cors-middleware", "mounted-app-without-cors"):
        yield from _insertion(affected, app, named)
    elif slug == "cors-not-outermost":
        yield from _reordering(finding, app)
    elif slug == "manual-options-handler" and place is not None:
        yield from _without_handler(place, affected, app, named)
    elif layer is not None and place is not None:
        for title, apply in _argument_repairs(slug, dict(evidence), place.line, layer, named):
            yield place, title, apply


def _argument_repairs(
    slug: str, evidence: dict[str, object], line: int, layer: LayerInfo, named: Sequence[str]
) -> Iterator[tuple[str, Repair]]:
    sent, allowed = str(evidence.get("sent", "")), str(evidence.get("allowed", ""))
    if slug in _CORRECTED:
        yield f"write {sent!r} in place of {allowed!r}", lambda text: edits.replace_origin(text, line, allowed, sent)
    elif slug in _ADDED and sent:
        yield f"add {sent!r} to the allowed origins", lambda text: edits.add_origin(text, line, sent)
    elif slug == "origins-not-a-list":
        yield "make allow_origins a list", lambda text: edits.string_to_list(text, line)
    elif slug == "glob-in-origins":
        yield f"express {allowed!r} as allow_origin_regex", lambda text: edits.glob_to_regex(text, line, allowed)
    elif slug == "regex-in-origins":
        yield "move the expression to allow_origin_regex", lambda text: edits.regex_in_list(text, line, allowed)
    elif slug == "regex-unescaped-dot" and _is_tight(escaped_dots(str(evidence["value"]))):
        yield "escape the dots", lambda text: edits.escape_regex_dots(text, line)
    elif slug == "method-not-allowed":
        methods = _values(evidence, "method")
        yield f"allow {', '.join(methods)}", lambda text: _each(edits.add_method, text, line, methods)
    elif slug == "header-not-allowed":
        headers = _values(evidence, "header")
        if headers:
            yield f"allow the header {', '.join(headers)}", lambda text: _each(edits.add_header, text, line, headers)
    elif slug == "header-not-exposed":
        yield f"expose the header {evidence['header']}", lambda text: edits.expose_header(text, line, str(evidence["header"]))
    elif slug == "credentials-not-allowed":
        yield "accept credentials from the listed origins", lambda text: edits.set_credentials(text, line, True)
    elif slug == "wildcard-with-credentials" and named:
        yield f"name the origins that may send cookies: {', '.join(named)}", _named_origins(line, layer, named)
    elif slug == "unknown-keyword":
        wrong = str(evidence["keyword"])
        near = get_close_matches(wrong, _KEYWORDS, 1)
        if near:
            yield f"write {near[0]} in place of {wrong}", lambda text: edits.rename_keyword(text, line, wrong, near[0])


def _is_tight(pattern: str | None) -> bool:
    """Whether a repaired expression keeps to its own sites: a fix that leaves the hole is none."""
    return pattern is not None and foreign_origin(pattern) is None


def _values(evidence: dict[str, object], name: str) -> list[str]:
    """One value called `name`, or those of the list in the plural."""
    several = evidence.get(f"{name}s")
    return [str(value) for value in several] if isinstance(several, list) else [str(evidence[name])] if name in evidence else []


def _each(edit: Callable[[str, int, str], str | None], text: str, line: int, values: Sequence[str]) -> str | None:
    """The edit for each value, one after the other; None when none of them changes anything."""
    changed = False
    for value in values:
        after = edit(text, line, value)
        text, changed = (after, True) if after is not None else (text, changed)
    return text if changed else None


def _named_origins(line: int, layer: LayerInfo, named: Sequence[str]) -> Repair:
    def apply(text: str) -> str | None:
        listed = edits.wildcard_to_origins(text, line, named)
        if listed is None or LayerPolicy.of(layer).credentials:
            return listed
        return edits.set_credentials(listed, line, True)

    return apply


def _insertion(affected: Sequence[Result], app: AppDescription, named: Sequence[str]) -> Iterator[tuple[Place, str, Repair]]:
    owner = _owner(affected, app)
    if owner is None or owner.place is None:
        return
    place, variable = owner.place, owner.variable
    origins, methods, headers, credentials = _smallest_policy(affected, named)
    if origins:
        yield (
            place,
            f"add CORSMiddleware for {', '.join(origins)}",
            lambda text: edits.insert_cors_middleware(
                text, place.line, variable, origins=origins, methods=methods, headers=headers, credentials=credentials
            ),
        )


def _smallest_policy(affected: Sequence[Result], named: Sequence[str]) -> tuple[list[str], list[str], list[str], bool]:
    """Just what the affected requests need: origins, methods, request headers, credentials."""
    origins = list(dict.fromkeys(result.origin for result in affected if result.origin != "null"))
    if not named:
        origins = origins[:1]  # nobody named an origin: allow the most usual one, the diff shows where to write another
    methods = sorted({result.method for result in affected} - {"HEAD"} | {"GET"})
    names: set[str] = set()
    for result in affected:
        for exchange in result.trace.exchanges:
            names |= set(list_of_tokens(exchange.request.header("access-control-request-headers")) or ())
    asks_first = bool(names) or bool(set(methods) - SAFELISTED_METHODS)
    credentials = any(result.credentials == "include" for result in affected)
    return origins, methods if asks_first and methods != ["GET"] else [], sorted(names - {"content-type"}), credentials


def _owner(affected: Sequence[Result], app: AppDescription) -> AppInfo | None:
    """The app to repair: the outermost one."""
    return app.apps[0] if app.apps else None


def _reordering(finding: Finding, app: AppDescription) -> Iterator[tuple[Place, str, Repair]]:
    place, cors_line = finding.place, finding.evidence.get("cors_line")
    if place is None or not isinstance(cors_line, int):
        return
    outer = [layer for layer in app.layers if layer.place is not None and layer.place.file == place.file and not layer.is_cors]
    last = max((layer.place.line for layer in outer if layer.place is not None), default=place.line)
    for target in dict.fromkeys((last, place.line)):
        title = "add CORSMiddleware last, so that it is outermost"
        yield Place(place.file, cors_line), title, lambda text, target=target: edits.move_cors_outermost(text, cors_line, target)  # type: ignore[misc]


def _without_handler(
    place: Place, affected: Sequence[Result], app: AppDescription, named: Sequence[str]
) -> Iterator[tuple[Place, str, Repair]]:
    for where, title, insert in _insertion(affected, app, named):
        if where.file == place.file and where.line < place.line and not app.cors_layers:

            def replaced(text: str, insert: Repair = insert) -> str | None:
                removed = edits.remove_manual_options(text, place.line)
                return insert(removed) if removed is not None else insert(text)

            yield where, f"{title} in place of the OPTIONS handler", replaced
    yield place, "remove the OPTIONS handler", lambda text: edits.remove_manual_options(text, place.line)


def _pointed(finding: Finding) -> Place | None:
    """The finding's place, as narrow as the source allows: the literal, else the argument, else the call."""
    if finding.place is None:
        return None
    place = replace(finding.place, file=_below_here(finding.place.file))
    source = source_of(place.file)
    if source is None:
        return place
    span = None
    allowed = finding.evidence.get("allowed", finding.evidence.get("value"))
    if isinstance(allowed, str):
        span = literal_span(source, place.line, allowed)
    if span is None and finding.cause.slug in _ARGUMENT_OF:
        span = argument_span(source, place.line, _ARGUMENT_OF[finding.cause.slug])
    if span is None and place.end_line is None:
        span = call_span(source, place.line)
    return Place(place.file, *span) if span is not None else place


def _below_here(file: str) -> str:
    """A path as it is shown: relative where it lies below the working directory."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here) if os.path.isabs(file) else file


def _is_users(file: str) -> bool:
    """Whether a file is the user's to change: not one of an installed package."""
    return "site-packages" not in file and "dist-packages" not in file
