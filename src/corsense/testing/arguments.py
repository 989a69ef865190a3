"""What a test makes a page request, read and checked: origins, methods, paths, headers, bodies."""

from __future__ import annotations

import json as json_text
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, Literal

from corsense.errors import InputError, quoted
from corsense.fetch import CorsError, FetchRequest
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers
from corsense.testing.target import AssertionTarget
from corsense.url import parse_url

ENGINES: Final = ("chromium", "firefox", "webkit", "standard")
HeaderPairs = Mapping[str, str] | Iterable[tuple[str, str]]


def fetch_request(
    resolved: AssertionTarget,
    method: str,
    path: str,
    *,
    origin: str,
    credentials: Credentials,
    headers: HeaderPairs | None,
    body: str | bytes | None,
    json: Any,
) -> FetchRequest:
    """What a page at `origin` asks for; `json` is `...` where there is none.

    Raises InputError for what no page can request, and where CORS does not apply.
    """
    origin = read_page_origin(origin)
    if not path.startswith("/") and "://" not in path:
        raise InputError(f"{quoted(path)} is not a path: it starts with a slash, for example '/api/users'")
    if credentials not in ("omit", "same-origin", "include"):
        raise InputError(f"credentials={credentials!r} must be 'omit', 'same-origin' or 'include'")
    url = resolved.url(path, origin)
    target = parse_url(url)
    if target is None or not target.is_http:
        raise InputError(f"{quoted(url)} is not an http or https URL")
    if target.origin == origin:
        raise InputError(f"a page of {origin} and {url} have the same origin; CORS does not apply, so nothing would be tested")
    content, lines = _content(body, json, with_defaults(header_pairs(headers), resolved.headers))
    return FetchRequest(
        url, origin, method.upper() if method.upper() in _KNOWN else method, lines, credentials, body=content,
        cookies=resolved.has_cookies and credentials == "include",
    )  # fmt: skip


def ignored_kinds(ignore: Iterable[str], known: Sequence[str]) -> frozenset[str]:
    """The kinds of attack that a test leaves out. Raises InputError for one that is not `known`."""
    ignored = frozenset([ignore] if isinstance(ignore, str) else ignore)
    for kind in ignored:
        if kind not in known:
            raise InputError(f"ignore={quoted(kind)} must be one of {', '.join(map(repr, known))}")
    return ignored


_KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def read_page_origin(text: str) -> str:
    """An origin as browsers send it; what a browser would never send is refused, with what was probably meant."""
    from corsense.check.request import read_origin

    return read_origin(text)


def header_pairs(headers: HeaderPairs | None) -> Headers:
    """Headers as pairs."""
    if headers is None:
        return ()
    return tuple(headers.items()) if isinstance(headers, Mapping) else tuple((name, value) for name, value in headers)


def with_defaults(headers: Headers, defaults: Headers) -> Headers:
    """The headers, and those of the defaults that are not among them."""
    given = {name.lower() for name, _ in headers}
    return (*headers, *((name, value) for name, value in defaults if name.lower() not in given))


def _content(body: str | bytes | None, json: Any, headers: Headers) -> tuple[str | bytes | None, Headers]:
    if json is ...:
        return body, headers
    if body is not None:
        raise InputError("a request has one body: give body= or json=, not both")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", "application/json"))
    return json_text.dumps(json), headers


def read_engine(engine: str) -> EngineName:
    """One of `ENGINES`. Raises InputError for another."""
    for known in ENGINES:
        if engine == known:
            return known
    raise InputError(f"{quoted(engine)} is not a browser engine; use one of {', '.join(ENGINES)}")


def read_error(error: CorsError | str | None) -> CorsError | None:
    """A `CorsError` or its name. Raises InputError for a name that no browser has."""
    if error is None:
        return None
    try:
        return CorsError(error)
    except ValueError:
        near = get_close_matches(error, list(CorsError), 1)
        meant = f"; did you mean {near[0]!s}?" if near else "; the names are those of corsense.fetch.CorsError"
        raise InputError(f"{quoted(error)} is not a reason that browsers give{meant}") from None


def read_credentials(given: Iterable[Credentials] | Credentials) -> tuple[Literal["omit", "same-origin", "include"], ...]:
    """Credentials modes to try, each once. Raises InputError for an unknown one, or none at all."""
    modes = tuple(dict.fromkeys([given] if isinstance(given, str) else given))
    for mode in modes:
        if mode not in ("omit", "same-origin", "include"):
            raise InputError(f"credentials {mode!r} must be 'omit', 'same-origin' or 'include'")
    if not modes:
        raise InputError("no credentials mode is given: name 'omit', 'include', or both")
    return modes
