"""How to confirm a likely cause: a command to run, or where to look and what to see there."""

from __future__ import annotations

import shlex

from corsense.console.parse import Message
from corsense.diagnose.known_servers import known_server
from corsense.explain import hints
from corsense.explain.raw_response import is_raw

_IN_FRONT = frozenset({"gateway-error", "request-too-large", "answered-by-proxy", "tunnel-interstitial", "server-unreachable"})
"""What happens in front of the app."""
_AT_THE_PAGE = {
    "mixed-content": "The page's code says http. If it says https, a redirect of the server led to http: CORS803.",
    "content-security-policy": "The response of the page itself has a Content-Security-Policy header (F12, Network, first row).",
    "opaque-response": "The call in the page's code has mode: 'no-cors'.",
    "local-network-access": "The page is on a public address, and the call goes to this machine or the local network.",
    "cookie-not-sent": "F12, Network, the row of the call, Cookies: the cookie is listed with the reason why it is blocked.",
    "url-without-scheme": "The address in the page's code has no http:// or https://.",
    "tainted-canvas": "The page draws an image of another origin without the attribute crossorigin.",
    "cross-origin-resource-policy": "The response has a Cross-Origin-Resource-Policy header (F12, Network, the row of the call).",
    "simple-request-runs-anyway": "The server's log has the request.",
    "preflight-cache-stale": "It works in a private window, or with F12, Network, Disable cache.",
    "redirect-to-login": "F12, Network: the row of the call has the status 302 or 307, and a Location of a login page.",
    "unhandled-exception": "The server's log has a traceback at the time of the call.",
    "origin-check-refused": "F12, Network, the row of the call, Response: the body names the check.",
    "websocket-refused": "The server's log has the handshake with a status other than 101, such as 403.",
    "header-not-exposed": "F12, Network, the row of the call: the response has the header, but script gets null.",
}
"""Causes that no check of the app decides: where to look."""


def confirmation(slug: str, message: Message) -> str:
    """How to confirm that the cause called `slug` is behind a message: a sentence, a command, or both on two lines."""
    other = known_server(message.url) if slug == "origin-mismatch" and message.initial_url is None else None
    if other is not None:
        return (
            f"The address is that of {other.title}. CORSMiddleware of your app does not change what it answers:\n{_curl(message)}"
        )
    if slug in _AT_THE_PAGE:
        return _AT_THE_PAGE[slug]
    if slug in _IN_FRONT and is_raw(message):
        return "The app's log has no line for the call."
    if slug in _IN_FRONT:
        return f"The app's log has no line for the call, and this gets the same response:\n{_curl(message)}"
    return _check(message)


def _curl(message: Message) -> str:
    url = message.initial_url or message.url
    if url is None:
        return "curl -i URL"
    origin = f" -H {shlex.quote(f'Origin: {message.origin}')}" if message.origin and not hints.is_opaque(message.origin) else ""
    return f"curl -i {shlex.quote(url)}{origin}"


def _check(message: Message) -> str:
    """The check of the app that makes the same call; it names the cause."""
    parts = ["corsense check"]
    if message.origin and not hints.is_opaque(message.origin):
        parts.append(f"--origin {shlex.quote(message.origin)}")
    path = hints.parts(message.initial_url or message.url).path
    if message.method and message.method != "OPTIONS" and path:
        parts.append(f"--request {shlex.quote(f'{message.method} {path}')}")
    return " ".join(parts)
