"""Which methods and headers script may use without asking first.

Source: Fetch, *Methods* and *Headers* (CORS-safelisted method, CORS-safelisted request-header, forbidden request-header).
"""

from __future__ import annotations

import re
from functools import lru_cache

from corsense.fetch.engines import Engine
from corsense.fetch.wire import Headers

SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
SAFELISTED_RESPONSE_HEADERS = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})

_NORMALISED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_FORBIDDEN_REQUEST_HEADERS = frozenset(
    {
        "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method", "connection",
        "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin", "referer", "set-cookie",
        "te", "trailer", "transfer-encoding", "upgrade", "via",
    }
)  # fmt: skip
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0A-\x1F"():<>?@\[\\\]{}\x7F]')
_LANGUAGE = re.compile(r"[0-9A-Za-z *,\-.;=]*")
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
_MAX_VALUE_BYTES = 128
_MAX_SAFELISTED_BYTES = 1024


@lru_cache(maxsize=4096)
def is_token(text: str) -> bool:
    """Whether `text` is a method or header name by RFC 9110, *Tokens*."""
    return _TOKEN.fullmatch(text) is not None


def normalise_method(method: str) -> str:
    """*Normalize*: upper case for six methods only, so that `patch` stays `patch`."""
    upper = method.upper()
    return upper if upper in _NORMALISED_METHODS else method


def is_forbidden_method(method: str) -> bool:
    """Whether script may not use this method at all."""
    return method.upper() in _FORBIDDEN_METHODS


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Whether the browser drops this header when script sets it (*forbidden request-header*)."""
    lower = name.lower()
    if lower in _FORBIDDEN_REQUEST_HEADERS or lower.startswith(("proxy-", "sec-")):
        return True
    return lower in _METHOD_OVERRIDES and any(is_forbidden_method(part.strip(" \t")) for part in value.split(","))


@lru_cache(maxsize=4096)
def is_safelisted_request_header(name: str, value: str, engine: Engine) -> bool:
    """*CORS-safelisted request-header*: whether this header needs no preflight. `name` in any case."""
    if len(value) > _MAX_VALUE_BYTES:
        return False
    match name.lower():
        case "accept":
            return not _has_unsafe_byte(value, engine)
        case "accept-language" | "content-language":
            return _LANGUAGE.fullmatch(value) is not None
        case "content-type":
            return not _has_unsafe_byte(value, engine) and mime_essence(value) in _FORM_TYPES
        case "range":
            return _is_simple_range(value.lower() if engine.range_unit_any_case else value)
        case "save-data":
            return "save-data" in engine.safelisted_client_hints and value.lower() == "on"
        case lower:
            return lower in engine.safelisted_client_hints


@lru_cache(maxsize=4096)
def unsafe_header_names(headers: Headers, engine: Engine) -> tuple[str, ...]:
    """*CORS-unsafe request-header names*: lower case, each once, in the order the script set them.

    The standard (and `Access-Control-Request-Headers`) wants them sorted; the order is kept for engines that report by it.
    """
    unsafe: list[str] = []
    safelisted: list[str] = []
    safelisted_bytes = 0
    for name, value in headers:
        if is_safelisted_request_header(name, value, engine):
            safelisted.append(name.lower())
            safelisted_bytes += len(value)
        else:
            unsafe.append(name.lower())
    if safelisted_bytes > _MAX_SAFELISTED_BYTES:
        unsafe += safelisted
    return tuple(unsafe if engine.repeats_duplicate_names else dict.fromkeys(unsafe))


def no_cors_headers(headers: Headers, engine: Engine) -> Headers:
    """The headers that mode `no-cors` lets script set; the rest is dropped silently (*no-CORS-safelisted
    request-header*)."""
    allowed = {"accept", "accept-language", "content-language", "content-type"}
    return tuple(
        (name, value) for name, value in headers if name.lower() in allowed and is_safelisted_request_header(name, value, engine)
    )


def mime_essence(value: str) -> str | None:
    """The `type/subtype` of a MIME type in lower case, or None when it does not parse. Source: MIME Sniffing, *parse a MIME
    type*."""
    kind, slash, rest = value.strip(" \t\r\n").partition("/")
    subtype = rest.partition(";")[0].rstrip(" \t\r\n")
    if not slash or not is_token(kind) or not is_token(subtype):
        return None
    return f"{kind}/{subtype}".lower()


def _has_unsafe_byte(value: str, engine: Engine) -> bool:
    if engine.non_ascii_is_unsafe and not value.isascii():
        return True
    return _UNSAFE_BYTE.search(value) is not None


def _is_simple_range(value: str) -> bool:
    found = _RANGE.fullmatch(value)
    if found is None:
        return False
    start, end = found.groups()
    return not end or int(start) <= int(end)
