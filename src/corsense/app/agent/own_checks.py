"""What an endpoint says about CORS before it does anything: checks of the page that refuse although a stand-in answers in its
place, and CORS headers of its own."""

from __future__ import annotations

import sys
from typing import Any

_WRAPPERS = 3
"""Through how many layers around an endpoint, such as one that wants a token, its check is searched for."""
_ENGINEIO = ("engineio.", "socketio.")


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


def engineio_path(app: Any) -> str | None:
    """The path that an Engine.IO server (Socket.IO is one) answers, `/socket.io/`; None where `app` is something else, or
    passes other paths on to another app."""
    if not any(base.__module__.startswith(_ENGINEIO) for base in type(app).__mro__):
        return None
    path = getattr(app, "engineio_path", None)
    return path if isinstance(path, str) and getattr(app, "other_asgi_app", None) is None else None


async def answer_to_options(app: Any, scope: Any, receive: Any, send: Any) -> None:
    """Answer as an Engine.IO server answers OPTIONS: it looks at the path and at `Origin`, and adds the CORS headers that all
    its responses have, without a session and without the user's handlers."""
    logger: Any = getattr(getattr(getattr(app, "engineio_server", None), "eio", None), "logger", None)
    was_disabled = getattr(logger, "disabled", None)
    if was_disabled is None:
        await app({**scope, "type": "http", "method": "OPTIONS"}, receive, send)
        return
    logger.disabled = True  # it reports each origin that it refuses, and those are not the user's
    try:
        await app({**scope, "type": "http", "method": "OPTIONS"}, receive, send)
    finally:
        logger.disabled = was_disabled


async def accepts_socket(app: Any, scope: Any, receive: Any) -> bool:
    """Whether an Engine.IO server lets a handshake in: by the path, and by `Origin`."""
    statuses: list[int] = []

    async def note(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await answer_to_options(app, scope, receive, note)
    return bool(statuses) and statuses[0] < 400
