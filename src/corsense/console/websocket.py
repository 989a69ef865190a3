"""What consoles print about a WebSocket that did not open. Recorded in Chromium 156, Firefox 153 and WebKitGTK 2.50."""

from __future__ import annotations

from typing import Final

from corsense.console.chromium import NET_ERRORS
from corsense.fetch.errors import CorsError
from corsense.fetch.trace import Blocked, EngineName, Failed, FailureReason, Trace
from corsense.fetch.websocket import websocket_url

_CHROMIUM: Final = "WebSocket connection to '{url}' failed: {why}"
_CHROMIUM_MIXED: Final = (
    "Mixed Content: The page at '{page}' was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint "
    "'{url}'. This request has been blocked; this endpoint must be available over WSS."
)
_FIREFOX: Final = "Firefox can\u2019t establish a connection to the server at {url}."
_WEBKIT: Final = "WebSocket connection to '{url}' failed: The server did not accept the WebSocket handshake."


def lines(trace: Trace, engine: EngineName) -> list[str]:
    """The lines that the console of `engine` shows for a handshake; none where it opened, or where script gets an exception."""
    outcome = trace.outcome
    named = websocket_url(trace.request)
    url = trace.request.url if isinstance(named, Failed) else named.href
    if isinstance(outcome, Blocked) and outcome.error is CorsError.LocalNetworkAccessPermissionDenied:
        why = "Error in connection establishment: net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"
        return [_CHROMIUM.format(url=url, why=why)] if engine in ("chromium", "standard") else []
    if not isinstance(outcome, Failed) or outcome.reason == FailureReason.INVALID_REQUEST:
        return []
    if engine == "firefox":
        return [] if outcome.reason == FailureReason.MIXED_CONTENT else [_FIREFOX.format(url=url)]
    if engine == "webkit":
        return [_WEBKIT.format(url=url)] if outcome.reason == FailureReason.WEBSOCKET_REFUSED else []
    if outcome.reason == FailureReason.MIXED_CONTENT:
        return [_CHROMIUM_MIXED.format(page=f"{trace.request.origin}/", url=url)]
    return [_CHROMIUM.format(url=url, why=_chromium_why(outcome))]


def _chromium_why(outcome: Failed) -> str:
    if outcome.reason != FailureReason.WEBSOCKET_REFUSED:
        return f"Error in connection establishment: net::{NET_ERRORS.get(outcome.reason, 'ERR_FAILED')}"
    if outcome.detail == "401":
        return "HTTP Authentication failed; no valid credentials available"
    return f"Error during WebSocket handshake: Unexpected response code: {outcome.detail}"
