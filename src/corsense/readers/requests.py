"""`PastedRequest`: what a pasted command or call says about the request that a page's script made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corsense._redaction import PLACEHOLDER, cookie_names, redact_url
from corsense.errors import InputError, quoted
from corsense.fetch.engines import ENGINES
from corsense.fetch.request import Cache, Credentials, FetchRequest, Mode, Redirect
from corsense.fetch.safelist import is_forbidden_request_header, is_safelisted_request_header, is_token
from corsense.fetch.wire import Headers
from corsense.url import parse_url

Body = str | bytes | Iterable[bytes] | None

LONGEST_TEXT = 2_000_000
"""Characters of pasted text that are read at most."""

_CUSTOM_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s/?#@]+")
_SENT_BY_BROWSERS = frozenset(
    {"user-agent", "priority", "upgrade-insecure-requests", "alt-used", "purpose", "if-none-match", "if-modified-since",
     "x-client-data", "x-browser-channel", "x-browser-copyright", "x-browser-validation", "x-browser-year"}
)  # fmt: skip
_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class PastedRequest:
    """A request as it was pasted or recorded, secrets included: it is sent unchanged, and only printed redacted.

    - `origin`: the origin of the page that made it, None when the text does not name it.
    - `headers`: those that script set; the ones that a browser sets by itself are left out.
    - `cookie_names`: the cookies that were sent with it. Their values are not kept.
    - `verify`: False when the text asks for certificates not to be checked.
    - `notes`: one sentence each on what was understood, assumed or left out.
    """

    url: str
    origin: str | None = None
    method: str = "GET"
    headers: Headers = ()
    body: Body = None
    credentials: Credentials = "same-origin"
    mode: Mode = "cors"
    redirect: Redirect = "follow"
    cache: Cache = "default"
    initiator: str = "fetch"
    cookie_names: tuple[str, ...] = ()
    verify: bool = True
    notes: tuple[str, ...] = ()

    def request(self, origin: str | None = None) -> FetchRequest:
        """The request as the page at `origin` (default: the one that the text names) would make it.

        Raises InputError when neither says where the page is.
        """
        page = origin if origin is not None else self.origin
        if page is None:
            raise InputError(
                f"nothing in the pasted text says which page requests {quoted(redact_url(self.url))}: "
                "name the page's origin with --origin, such as --origin http://localhost:3000"
            )
        return FetchRequest(
            url=self.url,
            origin=page,
            method=self.method,
            headers=self.headers,
            credentials=self.credentials,
            mode=self.mode,
            redirect=self.redirect,
            cache=self.cache,
            body=self.body,
            initiator=self.initiator,
            cookies=bool(self.cookie_names),
        )


def settle(draft: PastedRequest, lines: Iterable[tuple[str, str]], *, handwritten: bool) -> PastedRequest:
    """Complete a request from its header lines, as copied: what the page's script set is separated from what the browser added.

    `draft` holds everything but `headers`; what it already says about `origin` wins over the lines. `handwritten`: the text may
    not be a copy from a browser, so a header only counts as the browser's own if other headers prove that there was a browser.
    Raises InputError for a URL, method or header that no browser could send.
    """
    pairs = [(name.strip(), value.strip(" \t")) for name, value in lines]
    found = {name.lower(): value for name, value in pairs}
    if found.get("upgrade", "").lower() == "websocket":
        raise InputError(
            f"{quoted(redact_url(draft.url))} is the handshake of a WebSocket, which CORS does not govern: paste an HTTP request"
        )
    from_browser = (
        not handwritten
        or found.get("user-agent", "").startswith("Mozilla/")
        or any(name.startswith("sec-fetch-") or name == "sec-ch-ua" for name in found)
    )
    draft = _with_cookies(_with_mode(_with_origin(_with_url(draft), found), found), found)
    if "access-control-request-method" in found:
        return _from_preflight(draft, found)
    headers = tuple((name, value) for name, value in pairs if _is_scripts_own(name, value, found, from_browser))
    return _checked(replace(draft, headers=headers))


def requested_header(name: str) -> tuple[str, str]:
    """A header line for a name that a preflight asked for; preflights do not hold values, so it has one that needs a
    preflight."""
    match name.lower():
        case "content-type":
            return "content-type", "application/json"
        case "authorization":
            return "authorization", f"Bearer {PLACEHOLDER}"
        case "range":
            return "range", "bytes=0-5,10-15"
        case "accept" | "accept-language" | "content-language":
            return name.lower(), '"'
        case lower:
            return lower, "1"


def page_origin(text: str) -> str | None:
    """The serialised origin of the page at URL or origin `text`: `"null"` as it is, None when `text` names no page."""
    text = text.strip()
    if text == "null":
        return text
    parsed = parse_url(text)
    if parsed is not None and parsed.origin != "null":
        return parsed.origin
    if parsed is not None and parsed.scheme in {"file", "data", "about", "blob"}:
        return "null"
    found = _CUSTOM_ORIGIN.match(text)
    return found.group().lower() if found and not found.group().lower().startswith(("http:", "https:")) else None


def _with_url(draft: PastedRequest) -> PastedRequest:
    url = draft.url.strip()
    parsed = parse_url(url)
    if parsed is None:
        raise InputError(f"{quoted(redact_url(url))} is not a URL: write it in full, such as http://localhost:8000/api/users")
    if not parsed.is_http:
        raise InputError(f"{quoted(redact_url(url))} is not an http or https URL: CORS governs only those")
    return replace(draft, url=parsed.href)


def _with_origin(draft: PastedRequest, found: dict[str, str]) -> PastedRequest:
    if draft.origin is not None:
        return draft
    sent = found.get("origin")
    if sent:
        origin = page_origin(sent)
        if origin is None:
            raise InputError(
                f"the Origin header {quoted(sent)} is not an origin: write scheme, host and port, such as http://localhost:3000"
            )
        notes = draft.notes
        if origin != sent:
            notes += (f"A browser writes the origin {sent!r} as {origin!r}.",)
        return replace(draft, origin=origin, notes=notes)
    referer = found.get("referer")
    return replace(draft, origin=page_origin(referer)) if referer else draft


def _with_mode(draft: PastedRequest, found: dict[str, str]) -> PastedRequest:
    match found.get("sec-fetch-mode", "").lower():
        case "no-cors":
            return replace(draft, mode="no-cors")
        case "navigate":
            note = "This is a navigation, to which CORS does not apply; it is judged as if a script had fetched it."
            return replace(draft, notes=(*draft.notes, note))
        case _:
            return draft


def _with_cookies(draft: PastedRequest, found: dict[str, str]) -> PastedRequest:
    names = draft.cookie_names + (cookie_names(found["cookie"]) if "cookie" in found else ())
    if not names:
        return draft
    note = f"It carried cookies ({', '.join(dict.fromkeys(names))}), so credentials were included; their values are not kept."
    return replace(
        draft,
        cookie_names=tuple(dict.fromkeys(names)),
        credentials="include" if draft.credentials == "same-origin" else draft.credentials,
        notes=(*draft.notes, note),
    )


def _from_preflight(draft: PastedRequest, found: dict[str, str]) -> PastedRequest:
    """The request that a pasted preflight asks for."""
    names = [name.strip(" \t") for name in found.get("access-control-request-headers", "").split(",")]
    note = "This is a preflight; what is checked is the request that it asks for."
    return _checked(
        replace(
            draft,
            method=found["access-control-request-method"],
            headers=tuple(requested_header(name) for name in names if name),
            body=None,
            notes=(*draft.notes, note),
        )
    )


def _is_scripts_own(name: str, value: str, found: dict[str, str], from_browser: bool) -> bool:
    lower = name.lower()
    if lower.startswith(":") or is_forbidden_request_header(name, value) or (lower, value) == ("accept", "*/*"):
        return False
    if not from_browser:
        return True
    if lower in _SENT_BY_BROWSERS:
        return False
    if lower == "accept-language":
        return not is_safelisted_request_header(name, value, ENGINES["standard"])
    if lower in {"cache-control", "pragma"}:
        # A reload, and the network panel's "Disable cache", add both together.
        return not (found.get("pragma") == "no-cache" and found.get("cache-control") == "no-cache")
    return True


def _checked(draft: PastedRequest) -> PastedRequest:
    if not is_token(draft.method):
        raise InputError(f"{quoted(draft.method)} is not an HTTP method: use one such as GET or POST")
    for name, value in draft.headers:
        if not is_token(name):
            raise InputError(f"{quoted(name)} is not a header name: write the header as 'Name: value'")
        if any(character in value for character in "\r\n\0"):
            raise InputError(
                f"the value of the header {quoted(name)} holds a line break or a NUL, which no header can carry: remove it"
            )
    headers = tuple((name, _as_bytes(value)) for name, value in draft.headers)
    if draft.method.upper() in _METHODS_WITHOUT_BODY and draft.body is not None:
        note = f"A browser cannot send a body with {draft.method.upper()}; it is left out."
        return replace(draft, headers=headers, body=None, notes=(*draft.notes, note))
    return replace(draft, headers=headers)


def _as_bytes(value: str) -> str:
    """A header value as it is sent: one character per byte."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value
