"""How a policy judges a `RequestTuple`: the same function for what is recorded live and for what is replayed later."""

from __future__ import annotations

from corsense.observe.request_tuple import ALLOWED, PRIVATE_NETWORK, RequestKind, RequestTuple
from corsense.policy.decision import Decision, Reason
from corsense.policy.policy import Policy


def verdict_on(request: RequestTuple, policy: Policy, *, admitted: bool | None = None) -> str:
    """`ALLOWED`, or the value of the `Reason` why a page could not use the answer.

    `admitted` is what is known about the origin from elsewhere: by a resolver, or by a subclass of the middleware. None: the
    policy's lists decide, and an origin that only a resolver could know is `origin-unresolved`. A request with cookies needs the
    permission to use them, and an actual request the permission that its preflight had to get.
    """
    if request.kind is RequestKind.WEBSOCKET and not policy.websockets:
        return ALLOWED
    if admitted is False:
        return Reason.ORIGIN_NOT_ALLOWED.value
    decision = _decision(request, policy, admitted=admitted is True)
    return ALLOWED if decision.reason is None else decision.reason.value


def _decision(request: RequestTuple, policy: Policy, *, admitted: bool) -> Decision:
    if request.kind is RequestKind.WEBSOCKET:
        # A handshake is a GET that carries cookies, whatever the policy says.
        return policy.decide(request.origin, admitted=admitted)
    names = [name for name in request.headers if name != PRIVATE_NETWORK]
    return policy.decide(
        request.origin,
        request.method,
        names,
        credentials=request.credentials.has_cookies,
        private_network=PRIVATE_NETWORK in request.headers,
        admitted=admitted,
    )
