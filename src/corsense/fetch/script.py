"""What the browser does with script's arguments before anything is sent. Source: Fetch, *Request class*; XMLHttpRequest,
*open* and *send*."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from corsense.fetch.engines import Engine
from corsense.fetch.request import FetchRequest, Mode
from corsense.fetch.safelist import is_forbidden_method, is_forbidden_request_header, is_token, no_cors_headers, normalise_method
from corsense.fetch.trace import Failed, FailureReason
from corsense.fetch.wire import Headers
from corsense.url import ParsedUrl, parse_url

_NOT_IN_A_VALUE = re.compile("[^\1-\t\v\f\16-\xff]")  # compiles faster than the range that it leaves out


@dataclass(frozen=True, slots=True)
class ScriptRequest:
    """A request that script was allowed to make: method normalised, forbidden headers dropped, the body's content type added."""

    url: ParsedUrl
    method: str
    headers: Headers
    has_body: bool
    streams: bool


def read_request(asked: FetchRequest, engine: Engine) -> ScriptRequest | Failed:
    """Check and normalise what script asked for, or say why the browser throws instead of sending."""
    url = parse_url(asked.url) or parse_url(asked.url, asked.origin)
    if url is None:
        return _invalid(f"{asked.url!r} is not a URL")
    is_xhr = asked.initiator == "xhr"
    if url.has_credentials and not is_xhr:
        return _invalid("the URL contains a user name or a password")
    if not is_token(asked.method) or is_forbidden_method(asked.method):
        return _invalid(f"{asked.method!r} is not a method that script may use")
    if asked.mode not in ("cors", "no-cors", "same-origin"):
        return _invalid(f"script cannot use mode {asked.mode!r}")
    if asked.cache == "only-if-cached" and asked.mode != "same-origin":
        return _invalid("cache 'only-if-cached' needs mode 'same-origin'")
    method = normalise_method(asked.method)
    if asked.mode == "no-cors" and method not in ("GET", "HEAD", "POST"):
        return _invalid(f"mode 'no-cors' does not allow method {method}")
    has_body = asked.body is not None
    if has_body and method in ("GET", "HEAD"):
        if not is_xhr:
            return _invalid(f"a {method} request cannot have a body")
        has_body = False
    streams = has_body and not isinstance(asked.body, (str, bytes, bytearray, memoryview))
    if streams and engine.stream_body == "refused":
        return _invalid("a ReadableStream cannot be a body")
    as_text = isinstance(asked.body, str) or (streams and engine.stream_body == "sent-as-text")
    streams = streams and not as_text
    headers = _script_headers(asked.headers, asked.mode, is_xhr, engine, has_body and as_text)
    if isinstance(headers, Failed):
        return headers
    return ScriptRequest(url, method, headers, has_body, streams)


@lru_cache(maxsize=4096)
def _script_headers(given: Headers, mode: Mode, is_xhr: bool, engine: Engine, has_text: bool) -> Headers | Failed:
    """The headers that are left of those that script set. `has_text`: the body is a string, which brings a content type."""
    headers: list[tuple[str, str]] = []
    for name, raw in given:
        value = raw.strip(" \t\r\n")
        if not is_token(name):
            return _invalid(f"{name!r} is not a header name")
        if _NOT_IN_A_VALUE.search(value):
            return _invalid(f"the value of header {name} has characters that no header can carry")
        if is_forbidden_request_header(name, value) or (engine.ignores_user_agent and name.lower() == "user-agent"):
            continue
        headers.append((name, value))
    kept = no_cors_headers(tuple(headers), engine) if mode == "no-cors" else tuple(headers)
    if is_xhr:
        kept = _combine(kept)
    if has_text and not any(name.lower() == "content-type" for name, _ in kept):
        kept = (*kept, ("Content-Type", "text/plain;charset=UTF-8"))
    return kept


def _combine(headers: Headers) -> Headers:
    """`setRequestHeader` adds a second value for the same name to the first."""
    combined: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        held = combined.get(name.lower())
        combined[name.lower()] = (name, value) if held is None else (held[0], f"{held[1]}, {value}")
    return tuple(combined.values())


def _invalid(detail: str) -> Failed:
    return Failed(FailureReason.INVALID_REQUEST, detail)
