"""Why a call of a page fails, as `corsense check` explains it: the app is checked with that one request, in a process of its
own.

Endpoints do not run for it; what only the real answer shows (a crash, a cookie, a header that the endpoint sets) is explained
from the call as it was recorded, with what is known of the app.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from corsense.app.description import AppDescription, RouteInfo
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.probe import ExchangeFacts
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.aggregate import aggregate
from corsense.check.app import AppCheck, Survey
from corsense.check.plan import WEBSOCKET, route_of, sockets_at
from corsense.check.request import CheckOperation, CheckRequest
from corsense.check.results import CheckTarget, Report, Result
from corsense.check.suppressed import files_of, suppressed
from corsense.dev.inspector.judging import JudgedCall, observed
from corsense.dev.inspector.named_origins import is_of_developer
from corsense.dev.inspector.session import CauseKey, Explanation, identity_in_session
from corsense.diagnose import Observation
from corsense.fetch import Allowed, Blocked, Failed
from corsense.finding import Finding
from corsense.fix.proposals import with_fixes
from corsense.fix.verified import with_proven_fixes
from corsense.suppression import RuleSelection
from corsense.url import parse_url

IMPORT_LIMIT: Final = 20.0
"""Seconds that the app may take to be imported for an explanation."""
_KEPT = 15.0
"""Seconds for which an app that was loaded is kept for the next cause."""
_TRIED_AGAIN = 30.0
"""Seconds after which an app that could not be loaded is tried again."""
_SHOWN_BY_ANSWERS = frozenset(
    {
        "unhandled-exception", "header-not-exposed", "cookie-not-sent", "opaque-response", "redirect-loses-cors",
        "redirect-to-login",
    }
)  # fmt: skip
"""Causes that the answer itself shows, and that a stand-in for the endpoint may not have."""
_STRUCTURE = frozenset({"duplicate-cors-middleware"})
_CRASH = "unhandled-exception"


def key_of(judged: JudgedCall) -> CauseKey | None:
    """What calls with the same cause have in common; None where nothing is wrong. Calls with different keys may turn out to
    have one cause; calls with one key never have two."""
    if judged.verdict == "waiting":
        return None
    call = judged.call
    where = call.route or _beginning(call.url)
    if judged.slug is None:
        return (judged.suspect, call.method, where) if judged.suspect is not None else None
    identities = tuple("\n".join(identity_in_session(finding)) for finding in judged.wrong)
    if judged.slug == _CRASH or judged.verdict == "hidden":
        return judged.slug, call.page if judged.slug != _CRASH else "", *identities
    trace = judged.result.trace
    status = str(getattr(trace.exchanges[-1].response, "status", "")) if trace.exchanges else ""
    parameter = trace.outcome.parameter or "" if isinstance(trace.outcome, Blocked) else ""
    return judged.slug, call.page, call.method, where, status, parameter, *sorted({f.cause.slug for f in judged.wrong})


def _beginning(url: str) -> str:
    """The first part of a path: what is mounted somewhere shares it."""
    return urlsplit(url).path.strip("/").partition("/")[0]


@dataclass(slots=True)
class _Loaded:
    """An app in its process, and what its files were when it was loaded."""

    session: AppSession
    files: dict[str, float | None]


@dataclass(slots=True)
class Explainer:
    """Explains calls to the app `target`; None: an app that no name leads to, whose calls are explained as they were recorded.

    One explanation after the other. The app's process is kept for a while for the next one.
    """

    target: AppTarget | None
    time_limit: float = IMPORT_LIMIT
    _loaded: _Loaded | None = None
    _failed_at: float | None = None
    _known: dict[frozenset[tuple[str, ...]], Explanation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None

    def explain(self, judged: JudgedCall, number: int) -> Explanation | None:
        """The cause of a call, with its place and a proven fix where there is one. None where there is nothing to say: a
        suspicion that the app does not confirm, or a cause that configuration or comments silence."""
        with self._lock:
            try:
                return self._explain(judged, number)
            finally:
                self._close_later()

    def close(self) -> None:
        """End the app's process. May be called twice."""
        with self._lock:
            self._close()

    def _explain(self, judged: JudgedCall, number: int) -> Explanation | None:
        check = self._check(judged)
        session = self._session() if check is not None else None
        if check is None or session is None:
            return self._recorded(judged, number)
        try:
            survey = check.survey(session)
            found = explained_by(judged, survey, check)
            if found is None:
                if any(slug in survey.report.silenced for slug in _slugs(judged)):
                    return None
                return self._recorded(judged, number)
            known = self._known.get(_identities(found.report))
            return known or self._proven(judged, number, check, found)
        except (AppLoadError, AppHungError, AppStoppedError):
            self._close()
            self._failed_at = time.monotonic()
            return self._recorded(judged, number)

    def _proven(self, judged: JudgedCall, number: int, check: AppCheck, found: Survey) -> Explanation:
        known = _identities(found.report)
        if is_of_developer(judged.call.page, found.app, self.target):
            report = with_proven_fixes(check, found)
        else:
            report = _without_fixes(with_fixes(found.report, (), {}), judged.call.page)
        others = tuple(range(1, len(report.findings)))
        explanation = Explanation(
            number, _as_answered(report, judged.result), 0, others=others, judged=judged, check=check, survey=found
        )
        self._known[known] = explanation
        return explanation

    def _recorded(self, judged: JudgedCall, number: int) -> Explanation | None:
        """The explanation of the call as it was recorded."""
        report = suppressed(judged.report, _selection(self.target)) if judged.report.findings else judged.report
        positions = [index for index, finding in enumerate(report.findings) if finding.severity != "info"]
        if not positions:
            return None
        if not is_of_developer(judged.call.page, None, self.target):
            report = _without_fixes(report, judged.call.page)
        return Explanation(number, report, positions[0], others=tuple(positions[1:]), judged=judged)

    def _check(self, judged: JudgedCall) -> AppCheck | None:
        """The check of the app with the request of a call; None where it cannot be made."""
        fetch = judged.call.fetch
        url = parse_url(judged.call.url)
        if self.target is None or fetch is None or url is None:
            return None
        address = judged.call.at_app(judged.call.url)
        request = replace(fetch.request, url=address, credentials=judged.result.trace.request.credentials)
        parts = urlsplit(address)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        is_handshake = request.initiator == "websocket"
        asked = CheckRequest(
            origins=(request.origin,),
            operations=(CheckOperation(WEBSOCKET if is_handshake else request.method, path),),
            headers=request.headers,
            credentials=request.credentials,
            engine=judged.call.engine,
            mode=request.mode,
            selection=_selection(self.target),
            base_url=url.origin,
            recorded=None if is_handshake else request,
        )
        return AppCheck(self.target, asked, self.time_limit, output="none")

    def _session(self) -> AppSession | None:
        """The app in its process; None where it cannot be loaded."""
        assert self.target is not None
        if self._loaded is not None and _times(self._loaded.files) == self._loaded.files:
            return self._loaded.session
        self._close()
        if self._failed_at is not None and time.monotonic() - self._failed_at < _TRIED_AGAIN:
            return None
        self._failed_at = None
        try:
            session = AppSession.start(self.target, time_limit=self.time_limit, output="none")
            files = [os.path.abspath(file) for file in files_of(session.description)]
        except (AppLoadError, AppHungError, AppStoppedError):
            self._failed_at = time.monotonic()
            return None
        self._loaded = _Loaded(session, _times(files))
        return session

    def _close_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._loaded is not None:
            self._timer = threading.Timer(_KEPT, self.close)
            self._timer.daemon = True
            self._timer.start()

    def _close(self) -> None:
        if self._loaded is not None:
            self._loaded.session.close()
            self._loaded = None


def _times(files: Collection[str]) -> dict[str, float | None]:
    """When each file was last written, None for one that is not there."""
    found: dict[str, float | None] = {}
    for file in files:
        try:
            found[file] = os.stat(file).st_mtime
        except OSError:
            found[file] = None
    return found


def _selection(target: AppTarget | None) -> RuleSelection:
    return RuleSelection.of(Path(target.directory if target is not None else "."))


def _slugs(judged: JudgedCall) -> frozenset[str]:
    suspect = [judged.suspect] if judged.suspect is not None else []
    return frozenset([*(finding.cause.slug for finding in judged.wrong), *suspect])


def _identities(report: Report) -> frozenset[tuple[str, ...]]:
    return frozenset(map(identity_in_session, report.findings))


def _without_fixes(report: Report, page: str) -> Report:
    """The findings about a page that may be anybody's: a fix would let it in, which is not for corsense to propose."""
    remedy = f"{page} is not named by the app or its configuration. If the page is yours, pass --origin {page} to corsense fix."
    return replace(report, findings=tuple(replace(finding, fix=None, remedy=remedy) for finding in report.findings))


def explained_by(judged: JudgedCall, survey: Survey, check: AppCheck) -> Survey | None:
    """The survey with the findings alone that explain a call, the cause first; None where nothing in it does."""
    return next(_chosen(judged, survey, check), None)


def _chosen(judged: JudgedCall, survey: Survey, check: AppCheck) -> Iterator[Survey]:
    """The survey with the findings alone that explain a call, the cause first; the likeliest explanation first."""
    yield from _by_failure(judged, survey)
    if judged.slug != _CRASH:
        yield from _by_name(judged, survey)
    if _slugs(judged) & _SHOWN_BY_ANSWERS:
        yield from _by_answer(judged, survey, check)


def _by_failure(judged: JudgedCall, survey: Survey) -> Iterator[Survey]:
    """The findings of requests that fail in the check as the call did: with the same status, then with another one. A crash is
    only explained by a crash."""
    if judged.result.outcome == "allowed":
        return
    alike = [result for result in survey.report.results if _failure(result) == _failure(judged.result)]
    planned = [result for result in alike if result.situation == "success"]
    same = [result for result in alike if _status(result) == _status(judged.result)]
    if judged.slug == _CRASH:
        same, planned = [result for result in same if result.situation == "success"], []
    for result in [*sorted(same, key=lambda each: each.situation != "success"), *planned]:
        errors = _serious(survey.report, result.findings)
        if errors:
            yield _narrowed(survey, [*errors, *_of_structure(survey.report, errors)])


def _as_answered(report: Report, recorded: Result) -> Report:
    """The report with what was really answered, where a stand-in for the endpoint answers otherwise and fails the same way."""
    results = (
        replace(result, trace=recorded.trace) if result.findings and _failure(result) == _failure(recorded) else result
        for result in report.results
    )
    return replace(report, results=tuple(results))


def _serious(report: Report, positions: Iterable[int]) -> list[int]:
    return [position for position in positions if report.findings[position].severity != "info"]


def _of_structure(report: Report, known: Collection[int]) -> list[int]:
    """What is wrong whatever is requested, and may be why: with the layers as such, or with more values of the same kind."""
    slugs = {report.findings[index].cause.slug for index in known}
    requested = {index for result in report.results for index in result.findings}
    beside = [index for index in _serious(report, range(len(report.findings))) if index not in known]
    return [
        index
        for index in beside
        if (slug := report.findings[index].cause.slug) in _STRUCTURE or (slug in slugs and index not in requested)
    ]


def _by_name(judged: JudgedCall, survey: Survey) -> Iterator[Survey]:
    """The findings with the names of the causes that the recording shows; those about a header or a cookie are about the same
    one."""
    wanted = _slugs(judged)
    shown = {(finding.cause.slug, _subject(finding.evidence)) for finding in judged.wrong}
    positions = [
        index
        for index, finding in enumerate(survey.report.findings)
        if finding.severity != "info"
        and finding.cause.slug in wanted
        and (_subject(finding.evidence) is None or (finding.cause.slug, _subject(finding.evidence)) in shown)
    ]
    if {survey.report.findings[index].cause.slug for index in positions} >= wanted:
        yield _narrowed(survey, positions)


def _subject(evidence: object) -> str | None:
    """The header or the cookie that a finding is about."""
    found = getattr(evidence, "get", lambda name: None)
    subject = found("cookie") or found("header")
    return subject if isinstance(subject, str) else None


def _by_answer(judged: JudgedCall, survey: Survey, check: AppCheck) -> Iterator[Survey]:
    """The findings of the answer as it was recorded, with what is known of the app."""
    included = judged.result.trace.request.credentials == "include"
    observation = observed(judged.call, with_credentials=included)
    first = next((number for number, probe in enumerate(survey.probes) if probe.situation == "success"), None)
    if observation is None or first is None:
        return
    known = replace(
        observation, app=survey.app, route=_route(judged, survey.app), facts=tuple(_with_routes(observation, judged, survey.app))
    )
    report = aggregate(CheckTarget("app", survey.app.target), [known], judged.report.notes)
    report = suppressed(report, check.asked.selection)
    wanted = {finding.cause.slug for finding in judged.wrong}
    positions = [index for index in _serious(report, report.results[0].findings) if report.findings[index].cause.slug in wanted]
    if positions:
        if _CRASH in wanted:
            beside = _of_crashes(survey.report)
            positions += range(len(report.findings), len(report.findings) + len(beside))
            report = replace(report, findings=(*report.findings, *beside))
        yield _narrowed(Survey(report, survey.app, survey.probes[first : first + 1], survey.tried[first : first + 1]), positions)


def _of_crashes(report: Report) -> tuple[Finding, ...]:
    """What the check says of answers to crashes, such as a handler for all exceptions whose answer no page can read."""
    indices = dict.fromkeys(index for result in report.results if result.situation == "error" for index in result.findings)
    return tuple(report.findings[index] for index in _serious(report, indices) if _is_of_crashes(report, index))


def _is_of_crashes(report: Report, index: int) -> bool:
    return all(result.situation == "error" for result in report.results if index in result.findings)


def _with_routes(observation: Observation, judged: JudgedCall, app: AppDescription) -> Iterator[ExchangeFacts]:
    for exchange, facts in zip(observation.trace.exchanges, observation.facts, strict=True):
        url = judged.call.at_app(exchange.request.url)
        route = None if exchange.request.preflight else _route_at(exchange.request.method, url, app)
        yield replace(facts, route=route.index if route is not None else None)


def _route(judged: JudgedCall, app: AppDescription) -> RouteInfo | None:
    request = judged.result.trace.request
    url = judged.call.at_app(request.url)
    if request.initiator == "websocket":
        return next(iter(sockets_at(CheckOperation(WEBSOCKET, urlsplit(url).path or "/"), app)), None)
    return _route_at(request.method, url, app)


def _route_at(method: str, url: str, app: AppDescription) -> RouteInfo | None:
    return route_of(method, urlsplit(url).path or "/", app)


def _failure(result: Result) -> tuple[object, ...]:
    """How a request failed: the browser's reason, and whether its preflight did."""
    outcome = result.trace.outcome
    if isinstance(outcome, Allowed):
        return ("allowed",)
    exchange = outcome.exchange
    preflight = exchange is not None and result.trace.exchanges[exchange].request.preflight
    if isinstance(outcome, Failed):
        return "failed", outcome.reason, preflight
    return outcome.error, preflight


def _status(result: Result) -> int:
    outcome = result.trace.outcome
    exchange = getattr(outcome, "exchange", None)
    if exchange is None:
        return 0
    return int(getattr(result.trace.exchanges[exchange].response, "status", 0))


def _narrowed(survey: Survey, positions: Sequence[int]) -> Survey:
    """The survey with these findings alone, in this order."""
    report = survey.report
    places = {position: place for place, position in enumerate(positions)}
    results = tuple(
        replace(result, findings=tuple(sorted(places[index] for index in result.findings if index in places)))
        for result in report.results
    )
    findings = tuple(report.findings[position] for position in positions)
    return replace(survey, report=replace(report, results=results, findings=findings))
