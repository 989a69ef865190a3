"""`parse_fetch`: the request of a pasted `fetch()` or axios call, as network panels copy it and as people write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from urllib.parse import urlencode

from corsense._redaction import PLACEHOLDER, redact_url
from corsense.errors import InputError, quoted
from corsense.fetch.request import Cache, Credentials, Mode, Redirect
from corsense.readers.javascript import Call, Unknown, Value, calls, stringify
from corsense.readers.requests import LONGEST_TEXT, Body, PastedRequest, page_origin, settle
from corsense.url import parse_url

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data; boundary=----corsense"
_AXIOS_METHODS = frozenset({"get", "delete", "head", "options", "post", "put", "patch"})
_AXIOS_WITH_DATA = frozenset({"post", "put", "patch"})
_CHOICES: dict[str, tuple[str, ...]] = {
    "credentials": get_args(Credentials),
    "mode": get_args(Mode),
    "redirect": get_args(Redirect),
    "cache": get_args(Cache),
}
_EXAMPLE = "fetch('http://localhost:8000/api/users')"


@dataclass(slots=True)
class _Draft:
    """What one call said, before the browser's own headers are separated."""

    url: str
    method: str = "GET"
    lines: list[tuple[str, str]] = field(default_factory=list)
    body: Body = None
    origin: str | None = None
    choices: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    initiator: str = "fetch"
    copied: bool = False

    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.lines}


def parse_fetch(text: str) -> PastedRequest:
    """The request that a `fetch()` or axios call makes.

    Understands "Copy as fetch" and "Copy as fetch (Node.js)" of the network panels, and code written by hand, as far as it is
    made of literals and of constants in the same text. Raises InputError when `text` holds no such call, when its URL is unknown,
    or when no browser could make it.
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the pasted text has {len(text):,} characters, more than {LONGEST_TEXT:,}: shorten the body")
    drafts = _drafts(text)
    draft = next(drafts, None)
    if draft is None:
        if re.search(r"(?:^|\s)curl\s", text):
            raise InputError("this is a curl command, not a fetch() call: pass it with --curl")
        raise InputError(f"there is no call of fetch() or axios in {quoted(text.strip())}: paste one such as {_EXAMPLE}")
    if next(drafts, None) is not None:
        draft.notes.append("The text holds more than one call; the first is checked.")
    pasted: dict[str, Any] = dict(draft.choices)
    return settle(
        replace(
            PastedRequest(
                url=_absolute(draft), origin=draft.origin, method=draft.method, body=draft.body, initiator=draft.initiator
            ),
            notes=tuple(draft.notes),
            **pasted,
        ),
        draft.lines,
        handwritten=not draft.copied,
    )


def _drafts(text: str) -> Iterator[_Draft]:
    for call in calls(text, frozenset({"fetch", "axios"})):
        if call.name == "fetch":
            yield _fetch(call.arguments)
        elif (draft := _axios(call)) is not None:
            yield draft


def _absolute(draft: _Draft) -> str:
    """The URL in full. One without host is the page's own, which is known only where the call names its referrer."""
    if parse_url(draft.url) is not None or draft.url.startswith("//"):
        return "http:" + draft.url if draft.url.startswith("//") else draft.url
    if draft.origin not in {None, "null"} and (resolved := parse_url(draft.url, draft.origin)) is not None:
        return resolved.href
    raise InputError(
        f"the URL {quoted(redact_url(draft.url))} is relative, so the request goes to the page's own origin: "
        "write the API's address in full, such as http://localhost:8000/api/users"
    )


# fetch()


def _fetch(arguments: tuple[Value, ...]) -> _Draft:
    resource = arguments[0] if arguments else None
    init = arguments[1] if len(arguments) > 1 else None
    if isinstance(resource, Call) and resource.name == "Request":
        draft = _fetch(resource.arguments)
    elif isinstance(resource, Call) and resource.name == "URL" and resource.arguments:
        draft = _Draft(_url_object(resource.arguments))
    else:
        draft = _Draft(_text_of_url(resource))
    if isinstance(init, dict):
        _apply_init(draft, init)
    elif init is not None:
        draft.notes.append("The options of the call are not written out in the text; the defaults are assumed.")
    return draft


def _url_object(arguments: tuple[Value, ...]) -> str:
    path = _text_of_url(arguments[0])
    base = arguments[1] if len(arguments) > 1 else None
    parsed = parse_url(path, base) if isinstance(base, str) else None
    return parsed.href if parsed else path


def _text_of_url(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Unknown):
        shown = value.text
        if (
            value.template
            and (found := re.match(r"(?P<url>https?://[^$]*[^$/][^$]*/[^$]*)\$\{", shown))
            and "?" not in found["url"]
        ):
            # Only a part of the path is unknown: any value works for the preflight.
            return re.sub(r"\$\{[^}]*\}", "1", shown)
        raise InputError(f"the URL of the call is {quoted(shown)}, whose value is not in the text: write the address in full")
    raise InputError(f"the call does not begin with a URL: write it in full, such as {_EXAMPLE}")


def _apply_init(draft: _Draft, init: dict[str, Value]) -> None:
    method = init.get("method")
    if isinstance(method, str):
        draft.method = method
    elif method is not None:
        raise InputError(
            f"the method of the call is {quoted(_shown(method))}, whose value is not in the text: write it, such as 'POST'"
        )
    for name, choices in _CHOICES.items():
        value = init.get(name)
        if isinstance(value, str) and value not in choices:
            raise InputError(
                f"{quoted(value)} is not a value for the option {name!r} of fetch(): use one of {', '.join(choices)}"
            )
        if isinstance(value, str):
            draft.choices[name] = value
        elif value is not None:
            draft.notes.append(f"The value of the option {name!r} is not written out in the text; the default is assumed.")
    draft.lines += _header_lines(init.get("headers"), draft.notes)
    referrer = init.get("referrer")
    if isinstance(referrer, str) and referrer not in {"", "about:client"}:
        draft.origin = page_origin(referrer)
    draft.copied = draft.copied or "referrer" in init or ("body" in init and init["body"] is None)
    _set_body(draft, init.get("body"))


def _header_lines(headers: Value, notes: list[str]) -> list[tuple[str, str]]:
    if isinstance(headers, Call) and headers.name in {"Headers", "AxiosHeaders"}:
        headers = headers.arguments[0] if headers.arguments else None
    pairs: list[tuple[str, Value]] = []
    if isinstance(headers, dict):
        pairs = list(headers.items())
    elif isinstance(headers, list):
        pairs = [(item[0], item[1]) for item in headers if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str)]
    elif headers is not None:
        notes.append("The headers are not written out in the text; none are assumed.")
    return [(name, _header_value(name, value, notes)) for name, value in pairs]


def _header_value(name: str, value: Value, notes: list[str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, Unknown) and value.template and value.text.isascii():
        return re.sub(r"\$\{[^}]*\}", PLACEHOLDER, value.text)
    notes.append(f"The value of the header {name!r} is not written out in the text; another one stands for it.")
    return "application/json" if name.lower() == "content-type" else "1"


def _set_body(draft: _Draft, value: Value) -> None:
    """What a body stands for, and the `Content-Type` that comes with objects of a certain kind (*extract a body*)."""
    match value:
        case None:
            return
        case str() | int() | float():
            draft.body = stringify(value) if isinstance(value, bool) else str(value)
        case Call(name="JSON.stringify", arguments=arguments):
            draft.body = stringify(arguments[0] if arguments else None)
        case Call(name="URLSearchParams", arguments=arguments):
            draft.body = _form(arguments[0] if arguments else "")
            _default_type(draft, f"{_FORM};charset=UTF-8")
        case Call(name="FormData"):
            draft.body = b"------corsense--\r\n"
            _default_type(draft, _MULTIPART)
        case Call(name="TextEncoder.encode", arguments=arguments) if arguments and isinstance(arguments[0], str):
            draft.body = arguments[0].encode("utf-8", "surrogatepass")
        case Call(name="Uint8Array", arguments=[list() as items]):
            draft.body = bytes(item & 0xFF for item in items if isinstance(item, int))
        case Call(name=name) if name.endswith(".stream") or name == "ReadableStream":
            draft.body = (b"",)
        case Call(name="Blob", arguments=arguments):
            _set_blob(draft, arguments)
        case _:
            draft.body = ""
            draft.notes.append("The body is not written out in the text; an empty one stands for it.")


def _set_blob(draft: _Draft, arguments: tuple[Value, ...]) -> None:
    parts, options = arguments[0] if arguments else None, arguments[1] if len(arguments) > 1 else None
    draft.body = "".join(part for part in parts if isinstance(part, str)).encode() if isinstance(parts, list) else b""
    kind = options.get("type") if isinstance(options, dict) else None
    if isinstance(kind, str) and kind:
        _default_type(draft, kind)


def _default_type(draft: _Draft, kind: str) -> None:
    if "content-type" not in draft.names():
        draft.lines.append(("Content-Type", kind))


def _form(value: Value) -> str:
    if isinstance(value, str):
        return value.removeprefix("?")
    pairs: list[tuple[str, str]] = []
    if isinstance(value, dict):
        pairs = [(name, _plain(item)) for name, item in value.items()]
    elif isinstance(value, list):
        pairs = [(_plain(item[0]), _plain(item[1])) for item in value if isinstance(item, list) and len(item) == 2]
    return urlencode(pairs)


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else stringify(value)


def _shown(value: Value) -> str:
    return value.text if isinstance(value, Unknown) else stringify(value)


# axios


def _axios(call: Call) -> _Draft | None:
    """axios is an XMLHttpRequest that sends JSON; None for calls that send nothing, such as `axios.create`."""
    defaults = call.receiver.arguments[0] if isinstance(call.receiver, Call) and call.receiver.arguments else None
    verb = call.name.rpartition(".")[2] if "." in call.name else "request"
    arguments = call.arguments
    config: dict[str, Value] = dict(defaults) if isinstance(defaults, dict) else {}
    if verb in _AXIOS_METHODS:
        last = 2 if verb in _AXIOS_WITH_DATA else 1
        given = arguments[last] if len(arguments) > last else None
        data = {"data": arguments[1]} if last == 2 and len(arguments) > 1 else {}
        url = {"url": arguments[0]} if arguments else {}
    elif verb == "request":
        named = bool(arguments) and not isinstance(arguments[0], dict)
        given = (arguments[1] if len(arguments) > 1 else None) if named else (arguments[0] if arguments else None)
        data, url = {}, {"url": arguments[0]} if named else {}
    else:
        return None
    headers = _merged(config.get("headers"), given.get("headers") if isinstance(given, dict) else None)
    config |= (given if isinstance(given, dict) else {}) | url | data | ({"headers": headers} if headers else {})
    config.setdefault("method", verb if verb in _AXIOS_METHODS else "get")
    return _axios_request(config)


def _merged(first: Value, second: Value) -> Value:
    return first | second if isinstance(first, dict) and isinstance(second, dict) else second if second is not None else first


def _axios_request(config: dict[str, Value]) -> _Draft:
    url = _text_of_url(config.get("url", ""))
    base = config.get("baseURL")
    if base is not None and not re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:|//", url):
        url = f"{_text_of_url(base).rstrip('/')}/{url.lstrip('/')}" if url else _text_of_url(base)
    draft = _Draft(url, initiator="xhr")
    method = config.get("method")
    draft.method = method.upper() if isinstance(method, str) else "GET"
    draft.lines = [("Accept", "application/json, text/plain, */*")]
    own = _header_lines(config.get("headers"), draft.notes)
    draft.lines = [line for line in draft.lines if line[0].lower() not in {name.lower() for name, _ in own}] + own
    if config.get("withCredentials") is True:
        draft.choices["credentials"] = "include"
    parameters = config.get("params")
    if isinstance(parameters, dict) and parameters:
        draft.url += ("&" if "?" in draft.url else "?") + _form(parameters)
    _set_axios_data(draft, config.get("data"))
    return draft


def _set_axios_data(draft: _Draft, data: Value) -> None:
    if isinstance(data, dict | list):
        draft.body = stringify(data)
        _default_type(draft, "application/json")
    elif isinstance(data, Unknown):
        draft.body = "{}"
        _default_type(draft, "application/json")
        draft.notes.append("The body is not written out in the text; it is assumed to be an object, which axios sends as JSON.")
    elif isinstance(data, str):
        draft.body = data
        _default_type(draft, _FORM)
    else:
        _set_body(draft, data)
