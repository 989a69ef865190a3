"""Repair an app: propose edits, load the app anew with them, and judge by what its pages may do then. Nothing is written."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.probe import Probe
from corsense.app.session import REQUEST_LIMIT, AppSession, Output
from corsense.app.target import AppTarget
from corsense.check.app import AppCheck, Survey
from corsense.check.plan import plan_origins
from corsense.check.pointing import below_here, pointed, source_of
from corsense.check.request import CheckRequest
from corsense.check.results import Result
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch import Allowed
from corsense.finding import Edit, Finding
from corsense.fix.access import (
    AccessTable,
    Grant,
    access_probes,
    faults_of,
    open_requests,
    origins_to_try,
    policy_origins,
    policy_patterns,
    values_left_behind,
)
from corsense.fix.alternatives import alternatives
from corsense.fix.candidate import Candidate
from corsense.fix.proposals import Proposal, ProposalKey, applied, patched, propose, with_fixes
from corsense.fix.protect import DECISIONS, ProtectionTarget, is_protected, open_to_everybody, protect, why_not
from corsense.fix.requested import apply_requested
from corsense.fix.result import SAFE_FIXES, FixOptions, FixOutcome, FixResult, unused_note
from corsense.fix.verified import of_patched, proven
from corsense.suppression import UNUSED

_ROUNDS = 4
_ATTEMPTS = 6
"""How often the rest is tried again without what was refuted, or with the next candidate instead."""
_NO_LAYER = "missing-cors-middleware"

_COMPUTED = "No edit is certain here, because the value is computed or comes from elsewhere: change it where it is set."
_OF_LISTS = (
    "origin-", "wildcard-with-credentials", "method-not-allowed", "header-not-allowed", "header-not-exposed", "joined-values",
    "nested-origins", "env-split-without-strip",
)  # fmt: skip
"""The causes, or the beginnings of their names, that one value of a list of the policy removes."""

Progress = Callable[[int, int], None]
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A proposal, and the survey of the app that it was made from."""

    proposal: Proposal
    survey: Survey

    @property
    def finding(self) -> Finding:
        return self.survey.report.findings[self.proposal.index]

    @property
    def key(self) -> ProposalKey:
        return self.proposal.key


@dataclass(slots=True)
class _Attempt:
    """The result of applying the proposals that were not refused: the texts of the files, the steps, and what the app does with
    them. `verdicts` are by step, None where nothing could be tried; `reasons` say why a step is not proven. `idle` are proposals
    that others left nothing to do."""

    texts: dict[str, str] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    granted: tuple[str, ...] = ()
    survey: Survey | None = None
    verdicts: list[bool | None] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    harm: tuple[str, ...] = ()
    idle: list[Proposal] = field(default_factory=list)
    broken: str | None = None
    untried: str | None = None


@dataclass(frozen=True, slots=True)
class AppFix:
    """The repair of one app. `fix_options` say what may be done beyond safe fixes; the rest is as in `AppCheck`."""

    target: AppTarget
    asked: CheckRequest
    fix_options: FixOptions = SAFE_FIXES
    time_limit: float = 30.0
    progress: Progress | None = None
    python: str | None = None
    output: Output = "import"

    def run(self, session: AppSession, found: Survey | None = None) -> FixResult:
        """The edits, each proven or with the reason why not, and what remains to do. Closes `session`. `found` is what was found
        of the app, where that is more than a check finds, as in a real response (default: what a check finds).

        Raises AppLoadError when the app cannot be loaded as it is, AppHungError and AppStoppedError when it does not answer.
        """
        first = found or self._check.survey(session)
        before = self._access(session, first, self._origins(first))
        session.close()
        refused: dict[ProposalKey, tuple[_Step, str | None]] = {}
        fix_options = self.fix_options
        for _ in range(_ATTEMPTS):
            attempt = self._attempt(first, before, frozenset(refused), fix_options)
            if (fix_options.adopt or fix_options.protect) and (attempt.broken or attempt.harm) and attempt.granted:
                sentence = attempt.broken or attempt.harm[0]
                refusal = _why_not_protected(sentence) if fix_options.protect else _why_not_adopted(sentence)
                fix_options = replace(fix_options, adopt=False, protect=False, refused=refusal)
                continue
            if fix_options.protect and not is_protected(attempt.texts, _protection_target(attempt.survey or first)):
                fix_options = replace(fix_options, protect=False, refused=why_not(_protection_target(attempt.survey or first)))
                continue
            failed = self._failed(attempt)
            if not failed:
                return self._fix_result(first, attempt, refused, fix_options)
            refused |= failed
        attempt = self._attempt(first, before, frozenset(refused), fix_options)
        if self._failed(attempt):
            refused |= self._failed(attempt)
            attempt = _Attempt(survey=first)
        return self._fix_result(first, attempt, refused, fix_options)

    @property
    def _check(self) -> AppCheck:
        return AppCheck(self.target, self.asked, self.time_limit, self.progress, python=self.python, output=self.output)

    def _attempt(self, first: Survey, before: AccessTable, refused: frozenset[ProposalKey], fix_options: FixOptions) -> _Attempt:
        """Repair until nothing changes any more; the last process of the app is asked for the proof."""
        attempt = _Attempt(survey=first)
        survey = first
        for round_ in range(_ROUNDS):
            steps = list(self._steps(survey, attempt.texts, fix_options, refused))
            texts, idle = applied([step.proposal for step in steps], attempt.texts)
            # Adopted once nothing else is left to repair: corsense refuses to start with what is being repaired.
            granting = fix_options if texts == attempt.texts else replace(fix_options, adopt=False, protect=False)
            texts, granted = self._requested(survey, texts, granting)
            if texts == attempt.texts:
                break
            attempt.idle += idle
            attempt.texts, attempt.granted = texts, (*attempt.granted, *granted)
            attempt.steps += steps
            try:
                with self._session(attempt.texts) as session:
                    survey = self._check.survey(session, attempt.texts)
                    attempt.survey = survey
                    if round_ + 1 == _ROUNDS or not self._goes_on(survey, attempt, refused, fix_options):
                        self._judge(session, first, before, attempt)
                        break
            except (AppLoadError, AppHungError, AppStoppedError) as error:
                self._say_why(attempt, error)
                break
        return attempt

    def _goes_on(self, survey: Survey, attempt: _Attempt, refused: frozenset[ProposalKey], fix_options: FixOptions) -> bool:
        steps = self._steps(survey, attempt.texts, fix_options, refused)
        texts = patched([step.proposal for step in steps], attempt.texts)
        return self._requested(survey, texts, fix_options)[0] != attempt.texts

    def _requested(
        self, survey: Survey, texts: Mapping[str, str], fix_options: FixOptions
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """The texts with what the user requested besides repairs, and what was done."""
        after, done = apply_requested(texts, self._files(survey, texts), fix_options)
        if not fix_options.protect or after != texts:  # lines of the survey are those of its texts
            return after, done
        return protect(after, _protection_target(survey))

    def _steps(
        self, survey: Survey, texts: Mapping[str, str], fix_options: FixOptions, refused: Collection[ProposalKey] = ()
    ) -> Iterator[_Step]:
        proposals = propose(
            survey.report,
            survey.app,
            self.asked.origins,
            texts=texts,
            guesses=fix_options.unsafe,
            with_credentials=self.asked.credentials == "include",
            has_corsense=fix_options.adopt or fix_options.protect or depends_on_corsense(self.target.directory, survey),
            refuted=refused,
        )
        for proposal in proposals:
            finding = survey.report.findings[proposal.index]
            if finding.severity != "info" or (finding.cause.slug == _NO_LAYER and fix_options.unsafe):
                yield _Step(proposal, survey)

    def _files(self, survey: Survey, texts: Mapping[str, str]) -> list[str]:
        """The files that configure CORS, some of them since an edit."""
        layers = [os.path.abspath(layer.place.file) for layer in survey.app.cors_layers if layer.place is not None]
        return list(dict.fromkeys([*layers, *texts]))

    def _session(self, texts: Mapping[str, str]) -> AppSession:
        return AppSession.start(
            self.target,
            time_limit=self.time_limit,
            overlay=texts,
            lifespan=self.asked.run_endpoints,
            output="none",
            python=self.python,
        )

    def _origins(self, survey: Survey) -> list[str]:
        return origins_to_try(list(dict.fromkeys([*self.asked.origins, *policy_origins(survey.app)])))

    def _access(self, session: AppSession, survey: Survey, origins: Iterable[str]) -> AccessTable:
        probes = access_probes(survey.probes, survey.app, origins)
        return AccessTable.of(session.run(probes, time_limit=min(self.time_limit, REQUEST_LIMIT)))

    def _judge(self, session: AppSession, first: Survey, before: AccessTable, attempt: _Attempt) -> None:
        """What the app does with everything applied: the requests of each step, and all those of before."""
        survey = attempt.survey
        assert survey is not None
        passes = {_key(result.probe): isinstance(result.trace.outcome, Allowed) for result in survey.tried}
        missing: dict[_Key, Probe] = {}
        for known in [first, *(step.survey for step in attempt.steps)]:
            for probe in known.probes:
                if _key(probe) not in passes:
                    missing[_key(probe)] = of_patched(probe, known.app, survey.app)
        limit = min(self.time_limit, REQUEST_LIMIT)
        tried = session.run(list(missing.values()), run_endpoints=self.asked.run_endpoints, time_limit=limit)
        passes |= {key: isinstance(result.trace.outcome, Allowed) for key, result in zip(missing, tried, strict=True)}
        attempt.harm = self._harm(session, first, before, attempt, passes)
        left = {_identity(finding) for finding in survey.report.findings if finding.severity != "info"}
        for step in attempt.steps:
            affected = [
                (result, passes[_key(step.survey.probes[number])])
                for number, result in enumerate(step.survey.report.results)
                if step.proposal.index in result.findings and result.origin not in self._owed_nothing(step)
            ]
            verdict, reason = _verdict(step.finding, affected, left)
            attempt.verdicts.append(verdict and not attempt.harm)
            attempt.reasons.append(reason or (attempt.harm[0] if attempt.harm else None))

    def _owed_nothing(self, step: _Step) -> frozenset[str]:
        """The origins that no one named, for a step that makes a policy of the source take effect: it may well not list them."""
        candidate = step.proposal.candidate
        if not candidate.reveals or candidate.proven_only:
            return frozenset()
        return frozenset(planned.origin for planned in plan_origins(self.asked, step.survey.app) if planned.assumed)

    def _harm(
        self, session: AppSession, first: Survey, before: AccessTable, attempt: _Attempt, passes: Mapping[_Key, bool]
    ) -> tuple[str, ...]:
        """Who gains access without being named, and who loses access they should have."""
        survey = attempt.survey
        assert survey is not None
        grant = self._grant(first, survey, attempt)
        after = self._access(session, survey, self._origins(first))
        kept = dict.fromkeys([*self.asked.origins, *policy_origins(first.app)])
        opened = frozenset(origin for step in attempt.steps for origin in step.proposal.candidate.opens)
        return (
            *_start_failure(first, survey),
            *_lost_requests(first, passes, frozenset(kept) - grant.shut),
            *values_left_behind(survey.app, first.app, opened),
            *faults_of(before, after, grant, kept),
        )

    def _grant(self, first: Survey, survey: Survey, attempt: _Attempt) -> Grant:
        """Who may gain or lose access: what the user named, what the policy lists, what the chosen edits open and close."""
        chosen = [step.proposal.candidate for step in attempt.steps]
        known = [first.app, *([survey.app] if any(candidate.reveals for candidate in chosen) else ())]
        opened = [origin for candidate in chosen for origin in candidate.opens]
        listed = [origin for app in known for origin in policy_origins(app)]
        patterns = [pattern for app in known for pattern in policy_patterns(app)]
        return Grant(
            frozenset([*self.asked.origins, *listed, *opened]),
            (*patterns, *(pattern for candidate in chosen for pattern in candidate.patterns)),
            frozenset(origin for candidate in chosen for origin in candidate.shuts),
            self._open_requests(first, survey, attempt),
        )

    def _open_requests(self, first: Survey, survey: Survey, attempt: _Attempt) -> frozenset[str]:
        """The requests that `*` opens to every page, and that a step does not close on purpose."""
        closing = {step.finding.place for step in attempt.steps if step.proposal.candidate.closes}
        closed = {layer.app for known in (first, survey) for layer in known.app.cors_layers if layer.place in closing}
        reveals = any(step.proposal.candidate.reveals for step in attempt.steps)
        return open_requests(first.app, first.probes, closed) | (
            open_requests(survey.app, survey.probes, closed) if reveals else frozenset()
        )

    def _say_why(self, attempt: _Attempt, error: Exception) -> None:
        """Why the repaired app could not be tried: the repair breaks it, or it cannot be loaded twice."""
        sentence = str(getattr(error, "message", error))
        try:
            with self._session({}) as session:
                _ = session.description
            attempt.broken = f"the app does not start with it: {sentence}"
        except (AppLoadError, AppHungError, AppStoppedError):
            attempt.untried = f"the app could not be loaded a second time: {sentence}"
        done = len(attempt.verdicts)
        attempt.verdicts += [None if attempt.untried else False for _ in attempt.steps[done:]]
        attempt.reasons += [attempt.broken or attempt.untried for _ in attempt.steps[done:]]

    def _failed(self, attempt: _Attempt) -> dict[ProposalKey, tuple[_Step, str | None]]:
        """The steps that are refuted, or that could not be tried and were not requested. Of several that do harm together, the
        one that opens most is dropped first."""
        failed = [
            (step, reason)
            for step, verdict, reason in zip(attempt.steps, attempt.verdicts, attempt.reasons, strict=True)
            if (verdict is False or (verdict is None and not self.fix_options.unsafe)) and step.proposal not in attempt.idle
        ]
        by_themselves = [(step, reason) for step, reason in failed if reason not in attempt.harm]
        blamed = by_themselves or sorted(failed, key=lambda each: _risk(each[0].proposal.candidate))[-1:]
        return {step.key: (step, reason) for step, reason in blamed}

    def _fix_result(
        self, first: Survey, attempt: _Attempt, refused: Mapping[ProposalKey, tuple[_Step, str | None]], fix_options: FixOptions
    ) -> FixResult:
        final = attempt.survey or first
        grants = _granted(attempt)
        accepted = all(outcome.verified for outcome in grants) or fix_options.unsafe
        texts = attempt.texts if accepted else {}
        outcomes = (
            *_tried(first, attempt),
            *(grants if accepted else ()),
            *_refuted(first, attempt, refused),
            *(() if fix_options.unsafe else self._hidden(first, final, texts, fix_options, frozenset(refused))),
        )
        remaining = tuple(
            replace(finding, place=pointed(finding, texts))
            for finding in self._explained(final, texts)
            if finding.severity != "info"
        )
        notes = tuple(self._notes(first, final, fix_options))
        found = with_fixes(first.report, (), {})
        return FixResult("app", first.report.target.name, outcomes, edits_of(texts), remaining, notes, found, fix_options.refused)

    def _notes(self, first: Survey, final: Survey, fix_options: FixOptions) -> Iterator[str]:
        yield from first.report.notes
        yield from (unused_note(finding) for finding in first.report.findings if finding.cause.slug == UNUSED)
        if fix_options.protect:
            yield from self._of_protection(final)
        if fix_options.refused:
            yield fix_options.refused
        yield from alternatives(first.report, first.app, self.asked, self.target.directory)

    def _of_protection(self, survey: Survey) -> Iterator[str]:
        """What a person has to decide about the protection that is there now."""
        yield DECISIONS
        entries = [entry for layer in survey.app.cors_layers for entry in LayerPolicy.of(layer).entries]
        everybody = open_to_everybody(entries)
        if everybody is not None:
            yield everybody

    def _explained(self, survey: Survey, texts: Mapping[str, str]) -> Iterator[Finding]:
        """The findings that are left; those about a list that no edit can change say where to change it."""
        named = self.asked.origins
        possible = {proposal.index for proposal in propose(survey.report, survey.app, named, texts=texts, guesses=True)}
        for index, finding in enumerate(survey.report.findings):
            of_list = (
                finding.cause.slug.startswith(_OF_LISTS) and finding.place is not None and (named or "sent" in finding.evidence)
            )
            if of_list and index not in possible:
                finding = replace(finding, remedy=" ".join(filter(None, (finding.remedy, _COMPUTED))))
            yield finding

    def _hidden(
        self, first: Survey, survey: Survey, texts: Mapping[str, str], fix_options: FixOptions, refused: frozenset[ProposalKey]
    ) -> list[FixOutcome]:
        """What `--unsafe-fixes` would do about the rest."""
        steps = self._steps(survey, texts, replace(fix_options, unsafe=True), refused)
        return [_outcome(first, step, None, None) for step in steps if step.proposal.candidate.guess is not None]


def depends_on_corsense(directory: str, survey: Survey) -> bool:
    """Whether the program has corsense where it runs: a layer of it, or a dependency that `pyproject.toml` or `requirements.txt`
    declares."""
    if any(layer.class_module.partition(".")[0] == "corsense" for layer in survey.app.cors_layers):
        return True
    declared: list[str] = []
    with suppress(OSError, ValueError, AttributeError, TypeError):
        project = tomllib.loads(Path(directory, "pyproject.toml").read_text("utf-8")).get("project", {})
        declared += [str(entry) for entry in project.get("dependencies", ())]
    with suppress(OSError, ValueError):
        declared += Path(directory, "requirements.txt").read_text("utf-8").splitlines()
    return any(re.match(r"\s*corsense\b", entry) for entry in declared)


def _verdict(finding: Finding, affected: Sequence[tuple[Result, bool]], left: set[_Key]) -> tuple[bool, str | None]:
    if affected and not proven(affected):
        result = next(result for result, passes in affected if not passes)
        return False, f"{result.method} {result.route or result.url} from {result.origin} still does not pass"
    if _identity(finding) in left:
        return False, "the app still has the fault"
    return True, None


def _risk(candidate: Candidate) -> tuple[bool, ...]:
    """How much a candidate may change who has access: greater is more."""
    return (
        candidate.guess is not None,
        candidate.reveals,
        candidate.closes,
        bool(candidate.opens or candidate.patterns),
        candidate.moves,
    )


def _why_not_protected(sentence: str) -> str:
    return f"protection was not added: {sentence}"


def _protection_target(survey: Survey) -> ProtectionTarget:
    """The layers of the app itself, else those of what is mounted; where there is none, the app."""
    app = survey.app
    layers = [layer for layer in app.cors_layers if layer.place is not None]
    own = [layer for layer in layers if layer.app == 0] or layers
    places = tuple(layer.place for layer in own if layer.place is not None)
    made = app.apps[0] if app.apps else None
    return ProtectionTarget(places, made.place if made is not None else None, made.variable if made is not None else None)


def _tried(first: Survey, attempt: _Attempt) -> Iterator[FixOutcome]:
    """What was applied and tried."""
    for step, verdict, reason in zip(attempt.steps, attempt.verdicts, attempt.reasons, strict=True):
        if verdict or step.proposal not in attempt.idle:
            yield _outcome(first, step, verdict, reason, applied=True)


def _granted(attempt: _Attempt) -> list[FixOutcome]:
    """What was applied because the user asked for it."""
    verified = None if attempt.untried else not (attempt.harm or attempt.broken)
    reason = attempt.untried or attempt.broken or next(iter(attempt.harm), None)
    return [FixOutcome(title, None, None, verified, reason, applied=True) for title in attempt.granted]


def _refuted(first: Survey, attempt: _Attempt, refused: Mapping[ProposalKey, tuple[_Step, str | None]]) -> Iterator[FixOutcome]:
    """What was tried and is left out, where nothing else removed the cause."""
    for step, reason in refused.values():
        if not any(_is_about(done.finding, step.finding) for done in attempt.steps):
            yield _outcome(first, step, None if not reason else False, reason)


def _outcome(first: Survey, step: _Step, verified: bool | None, reason: str | None, *, applied: bool = False) -> FixOutcome:
    candidate = step.proposal.candidate
    return FixOutcome(step.proposal.title, _shown(step, first), candidate.guess, verified, reason, applied=applied)


def _start_failure(first: Survey, survey: Survey) -> list[str]:
    """Why the repaired app would not start, where it started before."""
    error = survey.app.stack_error if first.app.stack_error is None else None
    return [] if error is None else [f"the app would not start: {' '.join(error.message.split()) or error.summary}"]


def _lost_requests(first: Survey, passes: Mapping[_Key, bool], kept: Collection[str]) -> list[str]:
    """The requests of `kept` origins that passed before and do not pass now."""
    return [
        f"{result.method} {result.route or result.url} from {result.origin} would no longer pass"
        for result, probe in zip(first.report.results, first.probes, strict=True)
        if result.outcome == "allowed" and result.situation == "success" and result.origin in kept and not passes[_key(probe)]
    ]


def _why_not_adopted(sentence: str) -> str:
    return f"corsense's middleware was not adopted: {sentence}"


def _key(probe: Probe) -> _Key:
    request = probe.request
    sent = (request.url, request.origin, request.method, tuple(request.headers), request.credentials, request.mode)
    return (*sent, probe.situation, probe.engine)


def _identity(finding: Finding) -> _Key:
    """What makes a finding the same, wherever an edit has moved its place."""
    reported = ("sent", "allowed", "value", "method", "methods", "header", "headers", "keyword", "cookie")
    return (finding.cause.slug, *(str(finding.evidence.get(name)) for name in reported))


def _is_about(finding: Finding, other: Finding) -> bool:
    return (finding.cause.slug, finding.place) == (other.cause.slug, other.place)


def _shown(step: _Step, first: Survey) -> Finding:
    """The finding of a step, its place as narrow as the source allows; that of a later round is in a text of no file."""
    return replace(step.finding, place=pointed(step.finding)) if step.survey is first else step.finding


def edits_of(texts: Mapping[str, str]) -> tuple[Edit, ...]:
    """The edits that give files, by absolute path, these texts."""
    found = []
    for path, after in sorted(texts.items()):
        before = source_of(path)
        if before is not None and before != after:
            found.append(Edit(below_here(path), before, after))
    return tuple(found)
