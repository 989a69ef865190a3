"""What may be sent to a live server: safe methods always, others only on request.

`check` and `corsense.testing` share this module, so that both judge a request that is not sent by the same rule: the preflight
for it is sent instead, and the origin that this preflight allows stands in for the response.
"""

from __future__ import annotations

from collections.abc import Generator

from corsense.fetch.wire import Headers, NetworkError, WireRequest, WireResponse

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing. Source: RFC 9110, *Safe Methods*."""

_PERMISSION = ("access-control-allow-origin", "access-control-allow-credentials")

Substitute = Generator[WireRequest, WireResponse | NetworkError, WireResponse | NetworkError]


def is_safe(method: str) -> bool:
    """Whether a request with this method may be sent without asking the user."""
    return method in SAFE_METHODS


def preflight_of(wire: WireRequest) -> WireRequest:
    """The preflight for `wire`, even if a browser needs none: how the server answers a request for permission."""
    origin = wire.header("origin") or ""
    headers: Headers = (("Accept", "*/*"), ("Access-Control-Request-Method", wire.method), ("Origin", origin))
    return WireRequest("OPTIONS", wire.url, headers, preflight=True)


def substitute(wire: WireRequest, permission: WireResponse | NetworkError | None) -> Substitute:
    """What stands in for the response to `wire`, which is not sent.

    `permission` is the response to its preflight, None when the browser needed none. Then the preflight is sent anyway: it
    is yielded, and the generator is sent the response. A server that allows no origin must never seem to allow the page.
    """
    if permission is None:
        permission = yield preflight_of(wire)
    return permitted(permission)


def permitted(permission: WireResponse | NetworkError) -> WireResponse | NetworkError:
    """The response that stands in for one that was not asked for: what the response to the preflight allows."""
    if not isinstance(permission, WireResponse):
        return permission
    return WireResponse(200, tuple(line for line in permission.headers if line[0].lower() in _PERMISSION))
