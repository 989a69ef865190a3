"""`permits`: the browser's rules, run against a server that follows a policy exactly."""

from __future__ import annotations

import inspect
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from corsense.fetch.browser import Browser
from corsense.fetch.request import FetchRequest
from corsense.fetch.trace import Allowed, EngineName, Trace
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.policy.decision import Decision, Reason
from corsense.policy.resolver import is_admission

if TYPE_CHECKING:
    from corsense.policy.policy import Policy


def permits(policy: Policy, request: FetchRequest, engine: EngineName, resolved: bool | None) -> bool:
    """See `Policy.permits`."""
    if resolved is None:
        resolved = _resolve(policy, request.origin)
    run: Generator[WireRequest, WireResponse | NetworkError, Trace] = Browser(engine=engine).fetch(request)
    answer: WireResponse | None = None
    while True:
        try:
            asked = next(run) if answer is None else run.send(answer)
        except StopIteration as end:
            return isinstance(end.value.outcome, Allowed)
        answer = _answer(policy, asked, request.credentials == "include", resolved)


def _answer(policy: Policy, asked: WireRequest, credentials: bool, resolved: bool | None) -> WireResponse:
    """Permission for exactly what was asked, or none: the policy's decision with nothing else that a server might say."""
    origin = asked.header("origin")
    method = asked.header("access-control-request-method") if asked.preflight else None
    listed = (asked.header("access-control-request-headers") or "") if asked.preflight else ""
    names = [name.strip() for name in listed.split(",") if name.strip()]
    decision = policy.decide(origin, method or "GET", names, credentials=credentials, resolved=resolved)
    return WireResponse(200, _permission(decision, method, names, credentials) if decision.allowed else ())


def _permission(decision: Decision, method: str | None, names: list[str], credentials: bool) -> tuple[tuple[str, str], ...]:
    if decision.origin is None:
        return ()
    lines = [("access-control-allow-origin", decision.origin)]
    if credentials:
        lines.append(("access-control-allow-credentials", "true"))
    if method is not None:
        lines.append(("access-control-allow-methods", method))
    if names:
        lines.append(("access-control-allow-headers", ",".join(names)))
    return tuple(lines)


def _resolve(policy: Policy, origin: str) -> bool | None:
    """What a synchronous resolver says about an origin that only it can let in; a refusal when it fails or takes too long, None
    when there is none or it cannot be asked from here."""
    settings = policy.resolver
    if settings is None or policy.decide(origin).reason is not Reason.ORIGIN_UNRESOLVED:
        return None
    if inspect.iscoroutinefunction(settings.resolve):
        return None
    start = time.monotonic()
    try:
        answer = settings.resolve(origin)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # CancelledError and GeneratorExit too are failures of the resolver
        return False
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        return None
    return is_admission(answer) and time.monotonic() - start <= settings.timeout
