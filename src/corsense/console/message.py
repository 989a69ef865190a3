"""`Message`: what was found in a text; `Draft`: a message while it is being put together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from corsense.console.catalogue import entry
from corsense.console.model import CatalogueEntry, Product, Source
from corsense.console.parse.matchers import decoded
from corsense.fetch.errors import CorsError

_MARKUP = re.compile(r"&(?:#0?39|#x27|#0?34|quot|apos|[lr][sd]quo|laquo|raquo|lt|gt|#821[67]|#822[01]);")
_INITIATORS = {"xmlhttprequest": "xhr", "fetch": "fetch", "css stylesheet": "stylesheet", "resource": "eventsource"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message found in a text.

    `engine` prints it (`chromium`, `firefox`, `webkit`, `ie-edge-legacy`, `library` or `server`), `product` and `code` name its
    entry in the catalogue. `error` is the `CorsError` it stands for, None where the words do not say or CORS is not involved;
    `certain` is False when the words fit several errors, or were cut off or retyped so that they might. `preflight` says whether
    the answer to a preflight was judged; None: the words do not say. `url` is the URL that was refused, `initial_url` the one
    first asked for. `value` is the header's value, the token or the address space that is quoted. `initiator` is `fetch`, `xhr`
    and so on, as in `FetchRequest`. `span` is where it stands in the text.
    """

    text: str
    engine: Source
    product: Product
    error: CorsError | None
    code: str
    url: str | None = None
    initial_url: str | None = None
    origin: str | None = None
    method: str | None = None
    header: str | None = None
    value: str | None = None
    status: int | None = None
    initiator: str | None = None
    is_cors: bool = True
    preflight: bool | None = None
    certain: bool = True
    span: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Draft:
    """A message under way: its entry and values, and what shows how old its wording is."""

    entry: CatalogueEntry
    start: int
    end: int
    values: dict[str, str] = field(default_factory=dict)
    complete: bool = True
    frame: CatalogueEntry | None = None
    modern: bool = False
    preflight: bool = False
    therefore: bool = False
    bare: bool = False
    printed: bool = False
    error: CorsError | None = None
    sure: bool = True
    code: str | None = None

    def message(self, text: str) -> Message:
        known = self._known()
        values = decoded(self.values) if not self.printed and _is_markup(text, self.start, self.end) else self.values
        error = self.error if self.error is not None else self._error(known)
        status = re.search(r"\d{3}", re.sub(r"[\s>|]", "", values.get("status", "")))
        certain = self.sure and known.sure and (error is not None or known.error is None)
        return Message(
            text=text[self.start : self.end],
            engine=known.engine,
            product=known.product,
            error=error,
            code=self.code or known.code,
            url=_address(values.get("url")),
            initial_url=_address(values.get("initial_url")),
            origin=_address(values.get("origin")),
            method=values.get("method") or None,
            header=values.get("header") or None,
            value=next((values[name] for name in ("value", "token", "space", "what") if name in values), None),
            status=int(status[0]) if status else None,
            initiator=_initiator(values, known),
            is_cors=known.is_cors,
            preflight=True if self.preflight else None if self.bare else known.preflight,
            certain=certain,
            span=(self.start, self.end),
        )

    def _error(self, known: CatalogueEntry) -> CorsError | None:
        error = known.error
        twin = f"Preflight{error}" if error is not None else ""
        return CorsError(twin) if self.preflight and known.engine == "chromium" and twin in ERROR_NAMES else error

    def _known(self) -> CatalogueEntry:
        """The entry: that of the age of the words, and of the preflight."""
        if self.frame is not None and self.frame.code in _NAMED_BY_FRAME:
            self.error = self.error or self._error(self.entry)
            return self.frame
        known = self.entry
        if known.product != "chromium" or known.error is None:
            return known
        if self.preflight and f"Preflight{known.error}" in ERROR_NAMES:
            modern = entry("chromium", f"Preflight{known.error}")
            is_old = not self.modern and (self.frame is not None or self.therefore) and known.code == "MissingAllowOriginHeader"
            return entry("chromium-old", "old:preflight-missing") if is_old else modern
        if self.modern or (self.frame is None and not self.therefore):
            return known
        if known.code == "MissingAllowOriginHeader":
            return self.frame or entry("chromium-old", "old:xhr-missing")
        return entry("chromium-old", _OLD_TWINS[known.code]) if known.code in _OLD_TWINS else known


ERROR_NAMES = frozenset(map(str, CorsError))
_NAMED_BY_FRAME = frozenset({"old:redirect-frame", "old:redirect-frame-2015", "old:resource-frame"})
_OLD_TWINS = {
    "MultipleAllowOriginValues": "old:multiple",
    "InvalidAllowOriginValue": "old:invalid",
    "AllowOriginMismatch": "old:mismatch",
}
OF_WEBKIT_AND_OLD = {
    "not-allowed": "old:not-allowed",
    "method": "old:method",
    "header": "old:header",
    "http-only": "old:http-only",
}
OF_WEBKIT_AND_NEW = {"method": "MethodDisallowedByPreflightResponse", "header": "HeaderDisallowedByPreflightResponse"}


def _address(value: str | None) -> str | None:
    """An address, as before it went into HTML; None where people put dots or stars in its place."""
    if not value or value == "(unknown url)" or not any(map(str.isalnum, value)):
        return None
    return value.replace("&amp;", "&")


def _initiator(values: dict[str, str], known: CatalogueEntry) -> str | None:
    word = values.get("initiator", "").lower()
    if word:
        return _INITIATORS.get(word, word)
    if known.code in _ASKED_BY:
        return _ASKED_BY[known.code]
    return None


_ASKED_BY = {
    "wrap:fetch": "fetch",
    "wrap:xhr": "xhr",
    "wrap:eventsource": "eventsource",
    "wrap:image": "image",
    "wrap:script": "script",
    "wrap:beacon": "beacon",
    "old:xhr-missing": "xhr",
    "old:fetch-missing": "fetch",
    "font-download": "font",
    "fetch:scheme": "fetch",
    "fetch:same-origin-mode": "fetch",
    "NoCorsRedirectModeNotFollow": "fetch",
    "exception:fetch": "fetch",
    "SEC7118": "xhr",
    "SEC7119": "xhr",
    "SCRIPT7002": "xhr",
}


def _is_markup(text: str, start: int, end: int) -> bool:
    """Whether the message was copied as HTML source."""
    part = text[start:end]
    return _MARKUP.search(part) is not None or "&amp;" in part
