"""A check whose findings carry the fixes for them, each tried on the app loaded again with all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from corsense.app.description import AppDescription
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.probe import Probe
from corsense.app.session import AppSession
from corsense.check.app import AppCheck, Survey
from corsense.check.results import Report, Result
from corsense.diagnose import configuration_faults
from corsense.fetch import Allowed
from corsense.fix.proposals import Proposal, ProposalKey, patched, propose, with_fixes

_PROBES_TO_PROVE = 60
_MORE_CANDIDATES = 2
"""How many further candidates are tried for a finding whose first one is refuted."""
_RAN_AGAIN = "Endpoints ran once for each request, and once more on the repaired app to prove the fixes."


def check_with_fixes(check: AppCheck, session: AppSession) -> Report:
    """The report of a check, each finding with its fix where there is a sure one, and whether the fix was verified.

    Raises AppLoadError when the app cannot be loaded, AppHungError and AppStoppedError when it does not answer.
    """
    return with_proven_fixes(check, check.survey(session, prepares=True))


def with_proven_fixes(check: AppCheck, survey: Survey) -> Report:
    """The report of a survey, each finding with its fix where there is a sure one, and whether the fix was verified."""
    report, asked = survey.report, check.asked
    proposals = _propose(check, survey)
    if not proposals:
        return with_fixes(report, (), {})
    if asked.run_endpoints:
        report = replace(report, notes=(*report.notes, _RAN_AGAIN))
    return with_fixes(report, *_best(check, survey, proposals))


def _propose(check: AppCheck, survey: Survey, refuted: Collection[ProposalKey] = ()) -> list[Proposal]:
    with_credentials = check.asked.credentials == "include"
    return propose(survey.report, survey.app, check.asked.origins, with_credentials=with_credentials, refuted=refuted)


def _best(check: AppCheck, survey: Survey, proposals: Sequence[Proposal]) -> tuple[list[Proposal], dict[int, bool | None]]:
    """For each finding the first proposal that is proven, else the first of all; and the result of trying them."""
    chosen = {proposal.index: proposal for proposal in proposals}
    verified = _prove(check, survey, proposals)
    refuted: set[ProposalKey] = set()
    latest = proposals
    for _ in range(0 if check.asked.run_endpoints else _MORE_CANDIDATES):  # no endpoint runs once more for that
        failed = [proposal for proposal in latest if verified.get(proposal.index) is False]
        refuted |= {proposal.key for proposal in failed}
        others = _propose(check, survey, refuted) if failed else []
        latest = [proposal for proposal in others if verified.get(proposal.index) is False]
        if not latest:
            break
        kept = [proposal for index, proposal in chosen.items() if verified.get(index) is not False]
        outcome = _prove(check, survey, [*kept, *latest])
        if all(outcome.get(proposal.index) == verified.get(proposal.index) for proposal in kept):
            for proposal in latest:
                if outcome.get(proposal.index):
                    chosen[proposal.index], verified[proposal.index] = proposal, True
    return [chosen[index] for index in sorted(chosen)], verified


def _prove(check: AppCheck, survey: Survey, proposals: Sequence[Proposal]) -> dict[int, bool | None]:
    """Try the requests of each finding again, on the app with all proposals applied.

    An app may count requests, as a rate limit does: where a fix seems to fail, those before are sent again as well.
    """
    verified = _replay(check, survey, proposals)
    if check.asked.run_endpoints or False not in verified.values() or len(survey.probes) > _PROBES_TO_PROVE:
        return verified
    in_order = _replay(check, survey, proposals, in_order=True)
    return {index: result or in_order.get(index, result) for index, result in verified.items()}


def _replay(check: AppCheck, survey: Survey, proposals: Sequence[Proposal], *, in_order: bool = False) -> dict[int, bool | None]:
    """The requests of each finding on the app with all proposals; `in_order` with all that were sent before them."""
    report = survey.report
    affected = {
        proposal.index: [index for index, result in enumerate(report.results) if proposal.index in result.findings][
            :_PROBES_TO_PROVE
        ]
        for proposal in proposals
    }
    wanted = sorted({index for indices in affected.values() for index in indices})
    try:
        with check.another_session(overlay=patched(proposals), lifespan=check.asked.run_endpoints) as session:
            sent = range(max(wanted, default=-1) + 1) if in_order else wanted
            probes = [of_patched(survey.probes[index], survey.app, session.description) for index in sent]
            again = dict(zip(sent, check.run_probes(session, probes), strict=True))
            faults = {diagnosis.slug for diagnosis in configuration_faults(session.description)}
    except (AppLoadError, AppHungError, AppStoppedError):
        return {}  # it cannot be loaded twice at a time: nothing was tried
    verified: dict[int, bool | None] = {}
    for number, indices in affected.items():
        tried = [(report.results[index], isinstance(again[index].trace.outcome, Allowed)) for index in indices]
        verified[number] = proven(tried) and report.findings[number].cause.slug not in faults
    return verified


def of_patched(probe: Probe, app: AppDescription, patched: AppDescription) -> Probe:
    """The probe for the patched app, whose routes may stand elsewhere: a fix can remove one."""
    if probe.route is None:
        return probe
    meant = app.routes[probe.route]
    found = next((route.index for route in patched.routes if (route.path, route.methods) == (meant.path, meant.methods)), None)
    return replace(probe, route=found)


def proven(tried: Sequence[tuple[Result, bool]]) -> bool:
    """Whether a fix is proven by its requests: for one origin at least, all that succeed in themselves pass now.

    What a crash would answer is another finding's business, and a fix does not allow an origin that no one named.
    """
    by_origin: dict[str, list[bool]] = {}
    in_themselves = [pair for pair in tried if pair[0].situation == "success"] or tried
    for result, passes in in_themselves:
        by_origin.setdefault(result.origin, []).append(passes)
    return any(all(passes) for passes in by_origin.values()) or not tried
