"""Observations become a report: equal diagnoses are one finding, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from corsense.causes import Severity, cause
from corsense.check.results import CheckTarget, Report, Result
from corsense.diagnose import (
    Diagnosis,
    Observation,
    answerers,
    configuration_faults,
    diagnose,
    missing_in_policy,
    refused_together,
)
from corsense.fetch import Allowed, WireResponse
from corsense.finding import Finding

_REFUSALS = {
    "method-not-allowed": ("method", "methods", "allow_methods"),
    "header-not-allowed": ("header", "headers", "allow_headers"),
}
_ANSWERED = frozenset({"status"})
"""Evidence about an answer rather than about the app's settings."""
_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}
MOST_OF_A_KIND = 20
"""Findings of one cause that a report on a server or a recording lists; both can be made to give thousands."""


@dataclass(slots=True)
class _Group:
    """Equal diagnoses, and the indices of the results they were made from."""

    finding: Finding
    results: list[int] = field(default_factory=list)


def aggregate(
    target: CheckTarget,
    observations: Sequence[Observation],
    notes: Iterable[str] = (),
    beside: Iterable[Diagnosis] = (),
    diagnosed: Iterable[Sequence[Diagnosis]] | None = None,
) -> Report:
    """The report of a check: every observation diagnosed, the app's configuration with them, and what is known `beside`.
    `diagnosed` stands in place of what the observations alone say."""
    groups: dict[tuple[object, ...], _Group] = {}
    for index, causes in enumerate(map(diagnose, observations) if diagnosed is None else diagnosed):
        for diagnosis in causes:
            _add(groups, diagnosis, index)
    for diagnosis in beside:
        _add(groups, diagnosis, None)
    app = next((observation.app for observation in observations if observation.app is not None), None)
    if app is not None:
        for diagnosis in configuration_faults(app):
            _add(groups, diagnosis, None)
    _soften_what_nobody_asked_for(groups, observations)
    _soften_what_is_optional(groups, observations)
    _drop_the_obvious(groups)
    _name_what_is_by_hand(groups, observations)
    _join_unexposed(groups)
    _join_guesses(groups)
    _join_refusals(groups)
    _join_symptoms(groups)
    ordered = sorted(groups.values(), key=_rank)
    return Report(target, _results(observations, ordered), tuple(group.finding for group in ordered), tuple(notes))


def _rank(group: _Group) -> tuple[object, ...]:
    """The worst first. A path that does not exist goes before what else its answer lacks: nothing but the path matters there."""
    finding = group.finding
    return _RANK[finding.severity], finding.cause.slug != "route-not-found", -len(group.results), finding.cause.code


def bounded(report: Report, most: int = MOST_OF_A_KIND) -> Report:
    """The report with at most `most` findings of each cause, the first ones, and a note on how many are left out."""
    seen: Counter[str] = Counter()
    kept: list[int] = []
    for index, finding in enumerate(report.findings):
        seen[finding.cause.slug] += 1
        if seen[finding.cause.slug] <= most:
            kept.append(index)
    if len(kept) == len(report.findings):
        return report
    places = {index: place for place, index in enumerate(kept)}
    results = tuple(
        replace(result, findings=tuple(places[index] for index in result.findings if index in places))
        for result in report.results
    )
    left_out = (
        f"{number - most:,} more findings of {slug} are left out; they are of the same kind as the {most:,} that are listed."
        for slug, number in seen.items()
        if number > most
    )
    findings = tuple(report.findings[index] for index in kept)
    return replace(report, results=results, findings=findings, notes=(*report.notes, *left_out))


def _drop_the_obvious(groups: dict[tuple[object, ...], _Group]) -> None:
    """Where no answer at all has CORS headers, it says nothing new that those of a crash have none."""
    missing = next((group for key, group in groups.items() if key[0] == "missing-cors-middleware"), None)
    for key in [key for key in groups if key[0] == "error-response-without-cors"]:
        if missing is not None and missing.finding.severity == "error" and groups[key].finding.severity == "info":
            missing.results += groups.pop(key).results


def _name_what_is_by_hand(groups: dict[tuple[object, ...], _Group], observations: Sequence[Observation]) -> None:
    """Where the app lets pages read some of its responses, the others lack what is written by hand: some pages may read it."""
    by_hand = any(
        observation.app is not None and not observation.app.cors_layers and _is_readable(observation)
        for observation in observations
    )
    for key, group in groups.items():
        if by_hand and key[0] == "missing-cors-middleware" and group.results:
            message = "The app has no CORSMiddleware. It writes CORS headers by hand, but not to every response."
            group.finding = replace(group.finding, message=message)


def _is_readable(observation: Observation) -> bool:
    """Whether a page of another origin may read the response because of its headers."""
    exchanges = observation.trace.exchanges
    response = exchanges[-1].response if exchanges else None
    if not isinstance(observation.trace.outcome, Allowed) or not isinstance(response, WireResponse):
        return False
    return response.header("access-control-allow-origin") is not None


def _join_unexposed(groups: dict[tuple[object, ...], _Group]) -> None:
    """A header that a client reads is one finding, with what its user sees, also where an ordinary request found it."""
    unexposed = [(key, group) for key, group in groups.items() if key[0] == "header-not-exposed"]
    of_clients = {group.finding.evidence["header"]: group for _, group in unexposed if "client" in group.finding.evidence}
    for key, group in unexposed:
        joined = of_clients.get(group.finding.evidence["header"])
        if joined is not None and "client" not in group.finding.evidence:
            joined.results = sorted({*joined.results, *groups.pop(key).results})


def _join_guesses(groups: dict[tuple[object, ...], _Group]) -> None:
    """What an entry was meant for is guessed only where no page tried shows it."""
    shown = {
        (key[0], key[1], group.finding.evidence["allowed"])
        for key, group in groups.items()
        if group.results and "sent" in group.finding.evidence and "allowed" in group.finding.evidence
    }
    for key, group in list(groups.items()):
        if not group.results and (key[0], key[1], group.finding.evidence.get("allowed")) in shown:
            del groups[key]


def _join_refusals(groups: dict[tuple[object, ...], _Group]) -> None:
    """What one list lacks is one finding, however many methods or headers it is."""
    lists: dict[tuple[object, ...], list[_Group]] = {}
    for (slug, place, _), group in list(groups.items()):
        if slug in _REFUSALS and _REFUSALS[str(slug)][0] in group.finding.evidence:
            listed = group.finding.evidence.get(_REFUSALS[str(slug)][2])
            lists.setdefault((slug, place, repr(listed)), []).append(group)
    for (slug, place, _), found in lists.items():
        if len(found) > 1:
            one, many, listed = _REFUSALS[str(slug)]
            values = list(dict.fromkeys(str(group.finding.evidence[one]) for group in found))
            evidence = {many: values} | (
                {listed: found[0].finding.evidence[listed]} if listed in found[0].finding.evidence else {}
            )
            field_name = found[0].finding.evidence.get("field")
            evidence |= {} if field_name is None else {"field": field_name}
            message = refused_together(str(slug), values, evidence.get(listed), field_name)
            remedy = found[0].finding.remedy
            if field_name is not None:
                remedy = missing_in_policy(str(field_name), evidence.get(listed), values)
            results = sorted({index for group in found for index in group.results})
            joined = replace(found[0].finding, message=message, evidence=evidence, remedy=remedy)
            for key in [key for key, group in groups.items() if group in found]:
                del groups[key]
            groups[slug, place, message] = _Group(joined, results)


def _join_symptoms(groups: dict[tuple[object, ...], _Group]) -> None:
    """One cause at one place is one finding, however it shows: only values that have to change are faults of their own. What most
    requests show of it is reported."""
    shown: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for key, group in groups.items():
        if key[1] is not None and set(group.finding.evidence) <= _ANSWERED:
            shown.setdefault(key[:2], []).append(key)
    for keys in shown.values():
        found = [groups[key] for key in keys]
        most = max(found, key=lambda group: len(group.results))
        worst = min((group.finding.severity for group in found), key=_RANK.__getitem__)
        most.finding = replace(most.finding, severity=worst)
        most.results = sorted({index for group in found for index in group.results})
        for key, group in zip(keys, found, strict=True):
            if group is not most:
                del groups[key]


def _soften_what_nobody_asked_for(groups: dict[tuple[object, ...], _Group], observations: Sequence[Observation]) -> None:
    """What only befalls paths that do not exist, or have a slash too many, is worth knowing, no more; unless such paths are all
    that could be tried."""
    if all(observation.situation in ("unknown_path", "wrong_slash") for observation in observations):
        return
    for group in groups.values():
        situations = {observations[index].situation for index in group.results}
        if situations and situations <= {"unknown_path", "wrong_slash"}:
            group.finding = replace(group.finding, severity="info")


def _soften_what_is_optional(groups: dict[tuple[object, ...], _Group], observations: Sequence[Observation]) -> None:
    """What only befalls requests that a page can do without is a warning, with what its user sees."""
    for group in groups.values():
        without = [observations[index].without for index in group.results]
        if not group.results or None in without:
            continue
        sentences = " ".join(dict.fromkeys(sentence for sentence in without if sentence is not None))
        softer: Severity = "warning" if group.finding.severity == "error" else group.finding.severity
        group.finding = replace(group.finding, severity=softer, message=f"{group.finding.message} {sentences}")


def _add(groups: dict[tuple[object, ...], _Group], diagnosis: Diagnosis, index: int | None) -> None:
    key = (diagnosis.slug, diagnosis.place, diagnosis.message)
    group = groups.get(key)
    if group is None:
        group = groups[key] = _Group(_finding(diagnosis))
    severity = diagnosis.severity or group.finding.cause.severity
    if _RANK[severity] < _RANK[group.finding.severity]:
        group.finding = replace(group.finding, severity=severity)
    if index is not None and index not in group.results[-1:]:
        group.results.append(index)


def _finding(diagnosis: Diagnosis) -> Finding:
    found = cause(diagnosis.slug)
    return Finding(
        cause=found,
        message=diagnosis.message,
        severity=diagnosis.severity or found.severity,
        place=diagnosis.place,
        evidence=diagnosis.evidence,
        remedy=diagnosis.remedy,
    )


def _results(observations: Sequence[Observation], groups: Sequence[_Group]) -> tuple[Result, ...]:
    of_result: list[list[int]] = [[] for _ in observations]
    for number, group in enumerate(groups):
        for index in group.results:
            of_result[index].append(number)
    return tuple(
        Result(
            origin=observation.origin,
            method=observation.trace.request.method,
            url=observation.trace.request.url,
            route=observation.route.path if observation.route is not None else None,
            credentials=observation.trace.request.credentials,
            situation=observation.situation,
            trace=observation.trace,
            answered_by=answerers(observation),
            findings=tuple(found),
        )
        for observation, found in zip(observations, of_result, strict=True)
    )
