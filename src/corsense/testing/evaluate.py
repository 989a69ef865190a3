"""Whether one fetch does what a test wants. No error is raised here: the message of a failure is what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from corsense.diagnose import Diagnosis
from corsense.fetch import Allowed, Blocked, Browser, CorsError, FetchRequest, Trace
from corsense.fetch.trace import EngineName
from corsense.testing.exchange_plan import ExchangePlan, Watched, watch


@dataclass(frozen=True, slots=True)
class AssertionResult:
    """The result of an assertion: the trace, and the message when it fails (None: it holds)."""

    trace: Trace
    failure: str | None = None


def judge_allowed(app: Any, request: FetchRequest, engine: EngineName) -> ExchangePlan[AssertionResult]:
    """A page gets its answer."""
    watched = yield from watch(request, Browser(engine=engine))
    if isinstance(watched.trace.outcome, Allowed):
        return AssertionResult(watched.trace)
    from corsense.testing.failure import blocked_text

    return AssertionResult(watched.trace, blocked_text(watched.trace, _why(watched, app), engine))


def judge_blocked(app: Any, request: FetchRequest, engine: EngineName, error: CorsError | None) -> ExchangePlan[AssertionResult]:
    """A page is kept from its answer by CORS, for that reason where one is named."""
    watched = yield from watch(request, Browser(engine=engine))
    outcome = watched.trace.outcome
    if isinstance(outcome, Blocked) and error in (None, outcome.error):
        return AssertionResult(watched.trace)
    from corsense.testing.failure import allowed_text, otherwise_text

    if isinstance(outcome, Allowed):
        return AssertionResult(watched.trace, allowed_text(watched.trace, _openness(app), _keyword(app, request.origin), engine))
    return AssertionResult(watched.trace, otherwise_text(watched.trace, error, _why(watched, app), engine))


def _why(watched: Watched, app: Any) -> list[Diagnosis]:
    from corsense.testing.inspection import diagnosed

    return diagnosed(watched, app)


def _openness(app: Any) -> list[Diagnosis]:
    from corsense.testing.inspection import most_open

    return most_open(app)[:1]


def _keyword(app: Any, origin: str) -> str | None:
    from corsense.testing.inspection import letting_in

    return letting_in(app, origin)
