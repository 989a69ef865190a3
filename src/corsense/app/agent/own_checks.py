"""Checks of the page that an endpoint makes before it does anything: they refuse although a stand-in answers in its place."""

from __future__ import annotations

import sys
from typing import Any

_WRAPPERS = 3
"""Through how many layers around an endpoint, such as one that wants a token, its check is searched for."""


async def refusal(endpoint: Any, scope: Any, receive: Any) -> Any:
    """The response with which an endpoint refuses a request for its `Origin` or `Host`; None where it has no such check, or lets
    the request in. The server of the `mcp` package has one, apart from the code of the tools."""
    for _ in range(_WRAPPERS):
        if not hasattr(endpoint, "session_manager"):
            endpoint = getattr(endpoint, "app", None)
    settings = getattr(getattr(endpoint, "session_manager", None), "security_settings", None)
    security = sys.modules.get("mcp.server.transport_security")
    if settings is None or security is None or scope["type"] != "http":
        return None
    request = sys.modules["starlette.requests"].Request(scope, receive)
    try:
        return await security.TransportSecurityMiddleware(settings).validate_request(request, is_post=False)
    except (AttributeError, TypeError):  # of another release
        return None
