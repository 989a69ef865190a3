"""Findings become fixes: the edit that removes the cause, for those that have a sure one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from corsense.app.description import AppDescription
from corsense.check.pointing import NOTHING_PATCHED, is_users, pointed, source_of, text_of
from corsense.check.results import Report
from corsense.finding import Edit, Finding, Fix
from corsense.fix.candidate import Candidate, Case, TextEdit
from corsense.fix.candidates import candidates

_LACKS_A_HOST = ("origin-mismatch", "origin-host-mismatch")

ProposalKey: TypeAlias = tuple[str, str, int]
"""The slug of a finding, the title of what is done about it, and the number among those of that title."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way to remove the cause of the finding at `index`: `apply` turns the text of `file` into its repaired text, or None.

    `line` is where the edit is made in the unpatched file; several proposals for a file are applied from its end to its
    beginning, and those that move a statement (`moves`) last, so that each finds its line where it was. `candidate` tells what
    it opens and whether it is a guess.
    """

    index: int
    file: str
    line: int
    title: str
    apply: TextEdit
    moves: bool
    candidate: Candidate
    key: ProposalKey


def propose(
    report: Report,
    app: AppDescription,
    named: Sequence[str],
    *,
    texts: Mapping[str, str] = NOTHING_PATCHED,
    guesses: bool = False,
    has_corsense: bool = False,
    with_credentials: bool = False,
    refuted: Collection[ProposalKey] = (),
) -> list[Proposal]:
    """The proposals for a report's findings. `named` are the origins that the user named: only these may gain access where a
    finding does not name one itself. `texts` are what files contain now, by absolute path; `guesses`: propose what is unsafe
    as well. `refuted`: the keys of what was tried and failed; the next candidate replaces it."""
    found = []
    for index, finding in enumerate(report.findings):
        affected = [result for result in report.results if index in result.findings]
        case = Case(finding, affected, app, named, has_corsense, report.results, with_credentials)
        titles: Counter[str] = Counter()
        for each in _possible(case, texts, guesses):
            key = (finding.cause.slug, each.title, titles[each.title])
            titles[each.title] += 1
            if key not in refuted:
                found.append(Proposal(index, each.place.file, each.place.line, each.title, each.apply, each.moves, each, key))
                break
    return found


def _opens_to_assumed(case: Case, candidate: Candidate) -> bool:
    """Whether an edit allows an origin that only corsense assumed: such an origin never enters a list."""
    return case.finding.severity == "info" and not frozenset(candidate.opens) <= frozenset(case.named)


def _possible(case: Case, texts: Mapping[str, str], guesses: bool) -> Iterator[Candidate]:
    """The candidates that change something; the safe ones first."""
    unsafe = []
    for candidate in candidates(case):
        if _opens_to_assumed(case, candidate):
            continue
        if candidate.guess is not None and not guesses:
            continue
        before = text_of(candidate.place.file, texts) if is_users(candidate.place.file) else None
        if before is None or candidate.apply(before) is None:
            continue
        if candidate.guess is None:
            yield candidate
        else:
            unsafe.append(candidate)
    yield from unsafe


def with_fixes(report: Report, proposals: Sequence[Proposal], verified: dict[int, bool | None]) -> Report:
    """The report, its findings with their fixes and with spans that point at the argument."""
    fixes: dict[int, Fix] = {}
    for proposal in proposals:
        before = source_of(proposal.file)
        after = proposal.apply(before) if before is not None else None
        if before is not None and after is not None:
            fixes[proposal.index] = Fix(proposal.title, (Edit(proposal.file, before, after),), verified.get(proposal.index))
    findings = tuple(
        _with_remedy(replace(finding, place=pointed(finding), fix=fixes.get(index, finding.fix)))
        for index, finding in enumerate(report.findings)
    )
    return replace(report, findings=findings)


def _with_remedy(finding: Finding) -> Finding:
    """A finding about an origin that a list lacks says what to add also where no edit is certain. As information it is about an
    origin that nobody named, which is for no list."""
    sent = finding.evidence.get("sent")
    if finding.fix is not None or finding.remedy or finding.severity == "info" or not isinstance(sent, str):
        return finding
    if finding.cause.slug not in _LACKS_A_HOST:
        return finding
    return replace(
        finding, remedy=f"Add {sent!r} where the list is made: a literal, a setting, or a variable of the environment."
    )


def patched(proposals: Sequence[Proposal], texts: Mapping[str, str] = NOTHING_PATCHED) -> dict[str, str]:
    """The text of each file with all its proposals applied that can be applied together, by absolute path; `texts` are what files
    contain now."""
    return applied(proposals, texts)[0]


def applied(
    proposals: Sequence[Proposal], texts: Mapping[str, str] = NOTHING_PATCHED
) -> tuple[dict[str, str], tuple[Proposal, ...]]:
    """What `patched` gives, and the proposals that could not be applied after others had been: these have done their work, or
    have taken its place away."""
    found: dict[str, str] = dict(texts)
    idle = []
    for proposal in sorted(proposals, key=lambda each: (each.moves, -each.line)):
        before = text_of(proposal.file, found)
        after = proposal.apply(before) if before is not None else None
        if after is None:
            idle.append(proposal)
        else:
            found[os.path.abspath(proposal.file)] = after
    return found, tuple(idle)
