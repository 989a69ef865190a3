"""The pages of untrusted origins that try to write: what each makes a browser send, and its source.

The pages are those of real attacks, and what they send is what Chromium 156, Firefox ESR 153 and WebKitGTK 2.50 sent for them:
where an address is on https or on this machine `Sec-Fetch-Site` comes along, on plain http with a name only `Origin` does, and a
WebSocket handshake of Chromium has `Origin` alone.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corsense.origin.lookalikes import foreign_origins
from corsense.origin.untrusted import UNTRUSTED
from corsense.testing.operations import PageOperation
from corsense.testing.target import IN_PROCESS_BASE, AssertionTarget
from corsense.url import is_development_host, is_trustworthy_origin, parse_url

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=corsense"
_REBOUND = "rebound.example"


class UntrustedPage(NamedTuple):
    """One page: what it sends, and its source."""

    kind: str
    origin: str
    headers: tuple[tuple[str, str], ...]
    body: str
    html: str


def post_pages(resolved: AssertionTarget, operation: PageOperation) -> Iterator[UntrustedPage]:
    """The pages that need no permission to send a POST."""
    evil, url = UNTRUSTED[0], resolved.base + operation.path
    form, text = _form_html(url), fetch_html(url, "POST", (), "{}", 'mode: "no-cors", credentials: "include"')
    navigation, no_cors = fetch_metadata("cross-site", "navigate", "document"), fetch_metadata("cross-site", "no-cors", "empty")
    urlencoded = (("Content-Type", _FORM),)
    plain = (("Content-Type", "text/plain;charset=UTF-8"),)
    yield UntrustedPage("form", evil, (*urlencoded, ("Origin", evil), *navigation), "a=1", form)
    framed = _sandboxed("allow-scripts allow-forms", form)
    opaque = fetch_metadata("cross-site", "navigate", "iframe")
    yield UntrustedPage("form in a sandbox", "null", (*urlencoded, ("Origin", "null"), *opaque), "a=1", framed)
    if not is_trustworthy_origin(resolved.base):
        named = "http://" + evil.partition("://")[2]
        yield UntrustedPage("form by Origin alone", named, (*urlencoded, ("Origin", named)), "a=1", form)
    multipart = '--corsense\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--corsense--\r\n'
    yield UntrustedPage(
        "multipart form", evil, (("Content-Type", _MULTIPART), ("Origin", evil), *navigation), multipart,
        _form_html(url, "multipart/form-data"),
    )  # fmt: skip
    yield UntrustedPage("text", evil, (*plain, ("Origin", evil), *no_cors), "{}", text)
    blob = fetch_html(url, "POST", (), None, 'mode: "no-cors", credentials: "include", body: new Blob(["{}"])')
    yield UntrustedPage("JSON without a type", evil, (("Origin", evil), *no_cors), "{}", blob)
    neighbour = neighbouring_origin(resolved.base)
    beside = fetch_metadata("same-site", "navigate", "document")
    yield UntrustedPage("other port", neighbour, (*urlencoded, ("Origin", neighbour), *beside), "a=1", form)
    own = base_origin(resolved)
    sandboxed = _sandboxed("allow-scripts", f'<script>navigator.sendBeacon({_js(url)}, "{{}}")</script>')
    yield UntrustedPage("beacon of a sandbox", own, (*plain, ("Origin", own), *no_cors), "{}", sandboxed)


def lookalike_pages(resolved: AssertionTarget, operation: PageOperation, trusted: Sequence[str]) -> Iterator[UntrustedPage]:
    """Forms of pages whose origins a careless comparison takes for trusted ones."""
    form = _form_html(resolved.base + operation.path)
    metadata = fetch_metadata("cross-site", "navigate", "document")
    for probe in foreign_origins(trusted):
        if probe.browser and probe.origin not in (*UNTRUSTED, "null"):
            lines = (("Content-Type", _FORM), ("Origin", probe.origin), *metadata)
            yield UntrustedPage("look-alike", probe.origin, lines, "a=1", form)


def rebound_page(resolved: AssertionTarget, operation: PageOperation) -> UntrustedPage:
    """A page whose name was rebound to the server: it has the server's origin, and may send anything."""
    origin = f"http://{rebound_host(resolved)}"
    headers = tuple(line for line in operation.headers if line[0].lower() == "content-type")
    body = operation.body if isinstance(operation.body, str) else ""
    note = f"<!-- {_REBOUND} is resolved to this server now -->\n"
    return UntrustedPage(
        "rebound name", origin, (*headers, ("Origin", origin)), body,
        note + fetch_html(operation.path, operation.method, headers, body, 'credentials: "include"'),
    )  # fmt: skip


def socket_pages(resolved: AssertionTarget, path: str) -> Iterator[UntrustedPage]:
    """Pages that open a WebSocket; Chromium sends `Origin` alone, Firefox and WebKit `Sec-Fetch-*` as well."""
    url = "ws" + resolved.base.removeprefix("http") + path
    script = f"<script>\nnew WebSocket({_js(url)})\n</script>"
    for origin in (UNTRUSTED[0], "null", neighbouring_origin(resolved.base)):
        yield UntrustedPage("websocket", origin, (), "", script)
    yield UntrustedPage("websocket", UNTRUSTED[0], fetch_metadata("cross-site", "websocket", "empty"), "", script)
    if is_local(resolved.base):
        note = f"<!-- {_REBOUND} is resolved to this server now -->\n<script>\nnew WebSocket({_js(path)})\n</script>"
        yield UntrustedPage("rebound name", f"http://{rebound_host(resolved)}", (), "", note)


def fetch_metadata(site: str, mode: str, destination: str) -> tuple[tuple[str, str], ...]:
    """The `Sec-Fetch-*` lines of a request. Source: Fetch Metadata Request Headers."""
    return (("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination))


def _form_html(url: str, encoding: str = _FORM) -> str:
    kind = "" if encoding == _FORM else f' enctype="{encoding}"'
    return (
        f'<form method="POST" action="{html.escape(url)}"{kind}><input name="a" value="1"></form>\n'
        "<script>document.forms[0].submit()</script>"
    )


def _sandboxed(allowed: str, page: str) -> str:
    return f"<iframe sandbox=\"{allowed}\" srcdoc='{page.replace('&', '&amp;')}'></iframe>"


def fetch_html(url: str, method: str, headers: tuple[tuple[str, str], ...], body: str | None, how: str) -> str:
    """A page whose script makes a request."""
    options = [f"method: {_js(method)}", how]
    options += [f"headers: {_js(dict(headers))}"] if headers else []
    options += [f"body: {_js(body)}"] if body else []
    return f"<script>\nfetch({_js(url)}, {{{', '.join(options)}}})\n</script>"


def _js(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c")


def base_origin(resolved: AssertionTarget) -> str:
    """The origin of the API's own pages."""
    url = parse_url(resolved.base)
    return url.origin if url is not None else resolved.base


def neighbouring_origin(base: str) -> str:
    """Another port of the same host: the same site, and another origin."""
    url = parse_url(base)
    return f"http://{url.host}:{8081 if url.port != 8081 else 8082}" if url is not None else base


def rebound_host(resolved: AssertionTarget) -> str:
    """The name that an attacker let lead to the server, with the server's port."""
    url = parse_url(resolved.base)
    return f"{_REBOUND}:{url.port}" if url is not None and url.port else _REBOUND


def is_local(base: str) -> bool:
    """Whether the server is one that a rebound name can lead to: plain http on this machine or in a local network."""
    url = parse_url(base)
    return base != IN_PROCESS_BASE and url is not None and url.scheme == "http" and is_development_host(url.host)
