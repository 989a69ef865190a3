"""A report without the silenced findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from corsense.app.description import AppDescription
from corsense.check.pointing import NOTHING_PATCHED, below_here, is_users, pointed, text_of
from corsense.check.results import Report
from corsense.errors import InputError
from corsense.finding import Finding
from corsense.suppression import RuleSelection, UnusedIgnore, judge


def suppressed(
    report: Report, selection: RuleSelection, files: Iterable[str] = (), texts: Mapping[str, str] = NOTHING_PATCHED
) -> Report:
    """The report without the findings that options, configuration or comments silence; a note says that there were some.

    `files` are those whose comments are reported where they silence nothing, `texts` what files contain in place of what is on
    the disk. Raises InputError when the configuration cannot be read.
    """
    findings = [replace(finding, place=pointed(finding, texts)) for finding in report.findings]
    watched = dict.fromkeys(below_here(file) for file in files if is_users(file))
    judged = judge(findings, selection, lambda file: text_of(file, texts), watched)
    kept = [index for index, reported in enumerate(judged.reported) if reported]
    renumbered = {index: number for number, index in enumerate(kept)}
    results = tuple(
        replace(result, findings=tuple(renumbered[index] for index in result.findings if index in renumbered))
        for result in report.results
    )
    silenced = [report.findings[index] for index in range(len(findings)) if index not in renumbered]
    unused = tuple(each.finding for each in _seen_by_nobody(judged.unused))
    notes = (*report.notes, *_notes(silenced))
    kept_findings = (*(report.findings[index] for index in kept), *unused)
    return replace(report, results=results, findings=kept_findings, notes=notes, silenced=_slugs(silenced))


def files_of(app: AppDescription) -> Iterator[str]:
    """The files that an app is known to be written in."""
    places = [
        *(each.place for each in app.apps),
        *(layer.place for layer in app.layers),
        *(handler.place for handler in app.exception_handlers),
        *(late.place for late in app.late_middleware),
        *(route.endpoint_place for route in app.routes),
    ]
    yield from dict.fromkeys(place.file for place in places if place is not None)


def _notes(silenced: Collection[Finding]) -> Iterator[str]:
    slugs = _slugs(silenced)
    if slugs:
        number = sum(finding.severity != "info" for finding in silenced)
        findings = "1 finding is" if number == 1 else f"{number} findings are"
        yield f"{findings} not shown, by options, configuration or comments: {', '.join(slugs)}."


def _slugs(silenced: Iterable[Finding]) -> tuple[str, ...]:
    """The causes of errors and warnings."""
    return tuple(dict.fromkeys(finding.cause.slug for finding in silenced if finding.severity != "info"))


def _seen_by_nobody(unused: Collection[UnusedIgnore]) -> Iterator[UnusedIgnore]:
    """The comments that the linter does not need either: what they silence may be there, and no request show it."""
    if not unused:
        return
    from corsense.lint import lint_paths
    from corsense.lint.rules import is_found_in_source

    files = [Path(file) for file in dict.fromkeys(each.place.file for each in unused)]
    try:
        found = {(finding.place, finding.evidence.get("rule")) for finding in lint_paths(files).findings}
    except (OSError, InputError):
        return
    for each in unused:
        if not is_found_in_source(each.rule) or (each.place, each.rule) in found:
            yield each
