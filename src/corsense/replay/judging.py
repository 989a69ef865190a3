"""What a policy says about a group of requests, what the logged answers said, and which missing facts could change that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from corsense.fetch.check import cors_check
from corsense.fetch.engines import ENGINES
from corsense.fetch.preflight import PreflightNeed, judge_preflight
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.fetch.wire import WireResponse
from corsense.observe import ALLOWED, CredentialsSent, RequestKind, RequestTuple
from corsense.observe.request_tuple import PRIVATE_NETWORK
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy

REFUSED = "refused"
"""The verdict that a logged answer shows if it does not allow the page: it does not say why."""
UNLISTED = "x-corsense-unlisted"
"""Stands for a header name that no policy lists."""
_URL = "https://api.invalid/"


class Missing(StrEnum):
    """A fact that a log does not carry and a verdict can depend on."""

    CREDENTIALS = "credentials"
    """Whether cookies came with a request."""
    REQUESTED_HEADERS = "requested headers"
    """Which headers a page sends beyond the safelisted ones."""
    METHOD = "method"
    """Which method a request has or a preflight asks for, so also whether an `OPTIONS` request is a preflight."""

    RESOLVER = "resolver"
    """What the policy's `origin_resolver` says of an origin; it is not asked here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The headers of a logged answer that browsers judge by; None where they were not there. `status` is the class, 1 to 5, 0 for
    no answer."""

    status: int
    allow_origin: str | None = None
    allow_credentials: bool = False
    allow_methods: str | None = None
    allow_headers: str | None = None


def verdict(policy: Policy | None, request: RequestTuple) -> str:
    """What a policy says of a request: `ALLOWED` or a `Reason`. None: no CORS layer answers, so no page of another origin can
    read."""
    return REFUSED if policy is None else verdict_on(request, policy)


def shown_verdict(request: RequestTuple, answer: Answer) -> str | None:
    """What a logged answer says of its request: `ALLOWED`, `REFUSED`, or None where it says nothing: an error or a missing answer
    has no CORS headers as often as not, whatever the policy is, and a browser does not look at those of a WebSocket."""
    if request.kind is RequestKind.WEBSOCKET:
        return None
    tells = (1, 2, 3, 4) if request.kind is RequestKind.PREFLIGHT else (1, 2, 3)
    if answer.allow_origin is None and answer.status not in tells:
        return None
    response = WireResponse((answer.status or 2) * 100, tuple(_headers(answer)))
    engine = ENGINES["standard"]
    if request.kind is RequestKind.PREFLIGHT:
        need = PreflightNeed(request.method, tuple(name for name in request.headers if name != PRIVATE_NETWORK))
        steps = list(judge_preflight(response, need, request.origin, "omit", engine, 0).steps)
    else:
        steps = cors_check(
            response, request.origin, "include" if request.credentials.has_cookies else "omit", engine, 0, preflight=False
        )
    return ALLOWED if all(step.passed for step in steps) else REFUSED


def _headers(answer: Answer) -> Iterator[tuple[str, str]]:
    if answer.allow_origin is not None:
        yield "access-control-allow-origin", answer.allow_origin
    if answer.allow_credentials:
        yield "access-control-allow-credentials", "true"
    if answer.allow_methods is not None:
        yield "access-control-allow-methods", answer.allow_methods
    if answer.allow_headers is not None:
        yield "access-control-allow-headers", answer.allow_headers


def changes(before: str | None, after: str) -> bool:
    """Whether a verdict changes for the page: from access to none, or back. Without a verdict before, every refusal counts."""
    return (before is None or before == ALLOWED) != (after == ALLOWED)


def open_questions(
    request: RequestTuple, missing: frozenset[Missing], current: Policy | None, before: str | None, after: Policy | None
) -> Iterator[Missing]:
    """The missing facts that decide whether the verdict changes. `current` is the policy that `before` comes from, None where it
    is not from a policy."""
    settled = changes(before, verdict(after, request))
    for fact in sorted(missing):
        for possible in _possible(request, fact, current, after):
            then = before if current is None else verdict(current, possible)
            if changes(then, verdict(after, possible)) != settled:
                yield fact
                break


def _possible(request: RequestTuple, missing: Missing, current: Policy | None, after: Policy | None) -> Iterator[RequestTuple]:
    """What a request could have been."""
    match missing:
        case Missing.CREDENTIALS:
            yield replace(request, credentials=CredentialsSent.COOKIES)
        case Missing.METHOD:
            names = {"PUT", "PATCH", "DELETE"} | (current.methods if current else frozenset())
            yield from (replace(request, method=name) for name in sorted(names))
        case Missing.REQUESTED_HEADERS:
            listed = (current.request_headers if current else frozenset()) - (after.request_headers if after else frozenset())
            for name in sorted({"authorization", "content-type", UNLISTED} | listed):
                yield replace(request, headers=tuple(dict.fromkeys((*request.headers, name))))


def needs_preflight(method: str, headers: Sequence[str]) -> bool:
    """Whether a browser asks before it sends a request, as far as its method and the known headers show."""
    return method not in SAFELISTED_METHODS or bool(headers)
