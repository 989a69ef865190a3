"""An exchange as a curl command, and a request as the `fetch()` call that makes it: what to paste to see it happen.

Neither shows a secret: `redacted` stands for what is not shown, and a comment names what to fill in.
"""

from __future__ import annotations

import json
import re
import shlex

from corsense._redaction import PLACEHOLDER
from corsense.fetch.request import FetchRequest
from corsense.fetch.wire import Headers, WireRequest
from corsense.report.redaction import redacted_request, redacted_wire

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_-]+")
_GLOBBED = re.compile(r"[\[\]{}]")
_DOT_SEGMENT = re.compile(r"/\.{1,2}(?:/|\?|\Z)")
_SHOW = ".then(async (response) => console.log(response.status, Object.fromEntries(response.headers), await response.text()))"


def curl_command(request: WireRequest, *, wrap: bool = False) -> str:
    """The curl command that sends `request` and shows status and headers of the answer; with `wrap`, one option a line.

    For POSIX shells; a value outside printable ASCII is written as `$'…'` (POSIX.1-2024). `parse_curl` reads it back.
    """
    request = redacted_wire(request)
    url = request.url
    command = ["curl", "-i"]
    if request.method == "HEAD":
        command.append("-I")
    elif request.method != "GET":
        command += ["-X", _word(request.method)]
    if _GLOBBED.search(url):
        command.append("-g")
    if _DOT_SEGMENT.search(url):
        command.append("--path-as-is")
    command.append(_quote(url))
    options = [f"-H {_quote(f'{name}: {value}' if value.strip() else f'{name};')}" for name, value in request.headers]
    line = (" \\\n  " if wrap else " ").join([" ".join(command), *options])
    missing = _to_fill_in(request.url, request.headers)
    return f"# Fill in what is {PLACEHOLDER}: {missing}\n{line}" if missing else line


def fetch_snippet(request: FetchRequest) -> str:
    """The `fetch()` call, valid JavaScript, that makes `request` when it runs in the console of a page at its origin.

    An XMLHttpRequest is written as the `fetch()` with the same effect. `parse_fetch` reads it back.
    """
    request = redacted_request(request)
    url = request.url
    options = _options(request)
    call = (
        f"fetch({_js(url)})"
        if not options
        else "fetch({}, {{\n{}\n}})".format(_js(url), "\n".join(f"  {line}," for line in options))
    )
    shows = _SHOW
    if request.initiator == "websocket":
        call, shows = f"Object.assign(new WebSocket({_js(url)})", "{ onopen: console.log, onclose: console.log })"
    where = "a page without an origin (file:, sandbox)" if request.origin == "null" else f"a page at {_one_line(request.origin)}"
    missing = _to_fill_in(request.url, request.headers, request.body)
    comment = f"// Fill in what is {PLACEHOLDER}: {missing}\n" if missing else ""
    joint = ", " if request.initiator == "websocket" else "\n  "
    return f"// In the console of {where}:\n{comment}{call}{joint}{shows};"


def _to_fill_in(url: str, headers: Headers, body: object = None) -> str:
    """The places of a request where a placeholder stands, for a comment: on one line, names alone."""
    places = [name for name, value in headers if PLACEHOLDER in value]
    places += ["the URL"] if PLACEHOLDER in url else []
    text = body.decode("latin-1") if isinstance(body, bytes) else body
    places += ["the body"] if isinstance(text, str) and PLACEHOLDER in text else []
    return _one_line(", ".join(dict.fromkeys(places)))


def _options(request: FetchRequest) -> list[str]:
    options: list[str] = []
    if request.method != "GET":
        options.append(f"method: {_js(request.method)}")
    if request.headers:
        options.append(f"headers: {_js_headers(request.headers)}")
    if request.body is not None:
        options += _body(request)
    for name, value, default in (
        ("mode", request.mode, "cors"),
        ("credentials", request.credentials, "same-origin"),
        ("redirect", request.redirect, "follow"),
        ("cache", request.cache, "default"),
    ):
        if value != default:
            options.append(f"{name}: {_js(value)}")
    return options


def _body(request: FetchRequest) -> list[str]:
    body = request.body
    if isinstance(body, str):
        return [f"body: {_js(body)}"]
    if not isinstance(body, bytes):
        return ['body: new Blob(["…"]).stream()', 'duplex: "half"']
    try:
        return [f"body: new TextEncoder().encode({_js(body.decode())})"]
    except UnicodeDecodeError:
        return [f"body: new Uint8Array({json.dumps(list(body), separators=(',', ':'))})"]


def _js_headers(headers: Headers) -> str:
    """An object where one can hold the lines; an array where names repeat, or JavaScript would reorder or swallow them."""
    names = [name.lower() for name, _ in headers]
    if len(set(names)) < len(names) or any(name.isdigit() or name == "__proto__" for name in names):
        return "[" + ", ".join(f"[{_js(name)}, {_js(value)}]" for name, value in headers) + "]"
    return "{" + ", ".join(f"{_js(name)}: {_js(value)}" for name, value in headers) + "}"


def _js(text: str) -> str:
    return json.dumps(text)


def _one_line(text: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", text)


def _word(text: str) -> str:
    return text if _PLAIN_WORD.fullmatch(text) else _quote(text)


def _quote(text: str) -> str:
    """`text` as one word of a shell, always in quotes."""
    if text.isascii() and text.isprintable():
        quoted = shlex.quote(text)
        return quoted if quoted != text else f"'{text}'"
    escaped = "".join(_escaped(character) for character in text)
    return f"$'{escaped}'"


def _escaped(character: str) -> str:
    code = ord(character)
    if character in "'\\":
        return "\\" + character
    if 0x20 <= code < 0x7F:
        return character
    return f"\\{code:03o}" if code <= 0xFF else "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogatepass"))
