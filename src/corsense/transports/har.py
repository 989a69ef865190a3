"""Answers from a recording: HAR files as the network panels of Chromium, Firefox and Safari export them.

`read_har` finds the cross-origin fetches in a recording, `har_send` replays the recorded answers of one of them, so that the
browser's state machine can judge it. What they return holds the secrets of the recording: `corsense.report` prints none of them.
"""

from __future__ import annotations

import json
import stat
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corsense.errors import InputError, quoted
from corsense.fetch.browser import Browser
from corsense.fetch.engines import ENGINES, engine_of
from corsense.fetch.request import FetchRequest
from corsense.fetch.safelist import is_safelisted_request_header, is_token
from corsense.fetch.trace import Blocked, EngineName, FailureReason
from corsense.fetch.wire import REDIRECT_STATUSES, Headers, NetworkError, WireRequest, WireResponse
from corsense.readers.requests import PastedRequest, page_origin, requested_header, settle
from corsense.transports.drive import Send, drive
from corsense.url import parse_url

Progress = Callable[[int, int], None]
"""Called with the number done and the total."""

LONGEST_FILE = 512 * 1024 * 1024
"""Bytes of a HAR file that are read at most."""
NOT_RECORDED = "the recording does not hold the answer"
"""The reason of the `NetworkError` for a request whose answer the recording lacks."""
EXCERPT = 400
"""Characters of the body of an error answer, or a page, that are kept."""

_TIME = "startedDateTime"
_SCRIPTED = frozenset({"fetch", "xhr", "eventsource"})
_HANDSHAKES = {"ws": "http", "wss": "https"}
_MAX_HOPS = 20
_NET_ERRORS = {
    "ERR_CONNECTION_REFUSED": FailureReason.CONNECTION_REFUSED,
    "ERR_CONNECTION_RESET": FailureReason.CONNECTION_RESET,
    "ERR_CONNECTION_CLOSED": FailureReason.CONNECTION_CLOSED,
    "ERR_EMPTY_RESPONSE": FailureReason.CONNECTION_CLOSED,
    "ERR_NAME_NOT_RESOLVED": FailureReason.NAME_NOT_RESOLVED,
    "ERR_TIMED_OUT": FailureReason.TIMEOUT,
    "ERR_CONNECTION_TIMED_OUT": FailureReason.TIMEOUT,
    "ERR_INVALID_HTTP_RESPONSE": FailureReason.INVALID_HTTP,
    "ERR_UNSAFE_PORT": FailureReason.BAD_PORT,
    "ERR_TOO_MANY_REDIRECTS": FailureReason.TOO_MANY_REDIRECTS,
    "ERR_INVALID_REDIRECT": FailureReason.INVALID_REDIRECT,
    "ERR_UNSAFE_REDIRECT": FailureReason.UNSAFE_REDIRECT,
    "ERR_UNEXPECTED_PROXY_AUTH": FailureReason.PROXY_AUTH,
}


@dataclass(frozen=True, slots=True)
class HarEntry:
    """One recorded exchange.

    `page` is the origin of the page that made it, `kind` what made it (`fetch`, `xhr`, `eventsource`; None for what script did
    not fetch), `body` the beginning of the body of an error answer or a page, `error` what the browser noted (`net::ERR_FAILED`).
    Recordings of corsense have two more: `call`, the number of the call that the exchange belongs to (`_call`), and `exception`,
    what the app raised, as the last line of its traceback says it (`_exception`).
    """

    request: WireRequest
    response: WireResponse | NetworkError
    page: str | None = None
    kind: str | None = None
    cookie_names: tuple[str, ...] = ()
    body: str | None = None
    error: str | None = None
    call: int | None = None
    exception: str | None = None

    @property
    def blocked(self) -> bool:
        """Whether the browser kept an answer from the page that it had received."""
        return isinstance(self.response, WireResponse) and self.error == "net::ERR_FAILED"


@dataclass(frozen=True, slots=True)
class HarFetch:
    """One cross-origin fetch: the request that script made, and its recorded exchanges, each preflight before its request."""

    request: FetchRequest
    entries: tuple[HarEntry, ...]
    notes: tuple[str, ...] = ()

    @property
    def engine(self) -> EngineName:
        """The engine of the browser that made it, as its `User-Agent` says; Chromium's where none is recorded."""
        named = (entry.request.header("User-Agent") for entry in self.entries)
        return engine_of(next(filter(None, named), ""))


def read_har(source: str | Path, progress: Progress | None = None) -> tuple[HarFetch, ...]:
    """The cross-origin fetches in a HAR file (a path, or its text), in the order of the recording; empty when it holds none.
    `progress` is called with how many of its entries are read, of how many.

    Raises InputError when the file cannot be read or is not a HAR file.
    """
    return fetches_of(list(_entries(_document(source, progress))))


def fetches_of(entries: Sequence[HarEntry]) -> tuple[HarFetch, ...]:
    """The cross-origin fetches among entries in the order of their recording."""
    return tuple(_Recording(list(entries)).fetches())


def har_send(fetch: HarFetch) -> Send:
    """Replays the answers of `fetch`, each once; a request whose answer is missing gets a `NetworkError` (`NOT_RECORDED`).

    If the request itself was sent but no preflight was recorded, the browser had cached an earlier one: it passes.
    """
    left = list(fetch.entries)

    def send(request: WireRequest) -> WireResponse | NetworkError:
        for index, entry in enumerate(left):
            if _is_same_request(entry.request, request):
                del left[index]
                return entry.response
        if request.preflight and any(isinstance(entry.response, WireResponse) and not entry.request.preflight for entry in left):
            return _remembered(request)
        return NetworkError(NOT_RECORDED)

    return send


def _is_same_request(recorded: WireRequest, wanted: WireRequest) -> bool:
    return (
        recorded.preflight == wanted.preflight
        and _address(recorded.url) == _address(wanted.url)
        and recorded.method == wanted.method
    )


def _remembered(request: WireRequest) -> WireResponse:
    """An answer that permits exactly what the preflight asks for."""
    allowed = {
        "Access-Control-Allow-Origin": request.header("Origin"),
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": request.header("Access-Control-Request-Method"),
        "Access-Control-Allow-Headers": request.header("Access-Control-Request-Headers"),
    }
    return WireResponse(204, tuple((name, value) for name, value in allowed.items() if value))


def _address(url: str) -> str:
    parsed = parse_url(url)
    return parsed.request_url if parsed else url


# The file


def _document(source: str | Path, progress: Progress | None) -> Mapping[str, object]:
    name = "the text" if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith(("{", "[")) else str(source)
    text = source if isinstance(source, str) and name == "the text" else _text(Path(source))
    try:
        text = text.lstrip("\ufeff")
        document = json.loads(text, object_hook=_counted(text, progress) if progress is not None else None)
    except RecursionError:
        raise InputError(
            f"{quoted(name)} nests too deep for a HAR file: export it again from the browser's network panel"
        ) from None
    except ValueError as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{quoted(name)} is not JSON{where}: export it again from the browser's network panel") from None
    log = document.get("log") if isinstance(document, dict) else None
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        raise InputError(
            f"{quoted(name)} has no log.entries, so it is not a HAR file: use 'Export HAR' in the browser's network panel"
        )
    return log


def _counted(text: str, progress: Progress) -> Callable[[dict[str, object]], dict[str, object]]:
    """What counts the entries of a HAR file while its text is parsed: each has a time of its own, as pages have."""
    total, done = text.count(f'"{_TIME}"'), 0

    def count(parsed: dict[str, object]) -> dict[str, object]:
        nonlocal done
        if _TIME in parsed:
            done += 1
            progress(done, max(total, done))
        return parsed

    return count


def _text(path: Path) -> str:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{quoted(str(path))} cannot be read (it is not a regular file): name a .har file")
        if status.st_size > LONGEST_FILE:
            raise InputError(
                f"{quoted(str(path))} has {status.st_size:,} bytes, more than {LONGEST_FILE:,}: record the failing call alone"
            )
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise InputError(f"{quoted(str(path))} cannot be read ({reason}): name a .har file that exists") from None


def _entries(log: Mapping[str, object]) -> Iterator[HarEntry]:
    pages = {_text_of(page.get("id")): _text_of(page.get("title")) for page in _objects(log.get("pages"))}
    for raw in _objects(log.get("entries")):
        request, response = raw.get("request"), raw.get("response")
        if not isinstance(request, dict) or parse_url(_text_of(request.get("url"))) is None:
            continue
        lines = _header_lines(request.get("headers"))
        wire = _wire(request, lines, raw)
        answer = response if isinstance(response, dict) else {}
        yield HarEntry(
            request=wire,
            response=_response(answer),
            page=_page(wire, raw, pages),
            kind=_kind(wire, raw),
            cookie_names=tuple(name for cookie in _objects(request.get("cookies")) if (name := _text_of(cookie.get("name")))),
            body=_excerpt(answer),
            error=_error_of(answer) or None,
            call=number if isinstance(number := raw.get("_call"), int) else None,
            exception=_text_of(raw.get("_exception")) or None,
        )


def _wire(request: Mapping[str, object], lines: Headers, raw: Mapping[str, object]) -> WireRequest:
    method = _text_of(request.get("method")) or "GET"
    names = {name.lower() for name, _ in lines}
    preflight = method == "OPTIONS" and ("access-control-request-method" in names or raw.get("_resourceType") == "preflight")
    return WireRequest(
        method=method,
        url=_address(_over_http(_text_of(request.get("url")))),
        headers=lines,
        credentials="cookie" in names,
        preflight=preflight,
    )


def _over_http(url: str) -> str:
    """The URL of a handshake as that of the request that goes over the wire."""
    scheme, separator, rest = url.partition("://")
    return f"{_HANDSHAKES.get(scheme.lower(), scheme)}{separator}{rest}"


def _response(answer: Mapping[str, object]) -> WireResponse | NetworkError:
    status, error = answer.get("status"), _error_of(answer)
    lines = _response_lines(answer)
    if isinstance(status, int) and (status > 0 or lines):
        # Headers without a status: an answer that arrived but that the browser withheld.
        return WireResponse(status if status > 0 else 200, lines)
    code = error.removeprefix("net::")
    if not code or code == "ERR_FAILED":
        return NetworkError(NOT_RECORDED, error or None)
    if code.startswith(("ERR_SSL_", "ERR_CERT_", "ERR_BAD_SSL_")):
        return NetworkError(FailureReason.TLS, error)
    return NetworkError(_NET_ERRORS.get(code, error), error)


def _error_of(answer: Mapping[str, object]) -> str:
    """The browser's own word for the failure: Chromium's export and Playwright's recordings have one."""
    return _text_of(answer.get("_error")) or _text_of(answer.get("_failureText"))


def _response_lines(answer: Mapping[str, object]) -> Headers:
    lines: list[tuple[str, str]] = []
    for name, value in _header_lines(answer.get("headers")):
        # Chromium joins repeated lines with a line break.
        lines += [(name, line) for line in value.split("\n")]
    return tuple(lines)


def _header_lines(raw: object) -> Headers:
    return tuple(
        (name, _text_of(line.get("value"))) for line in _objects(raw) if (name := _text_of(line.get("name"))) and is_token(name)
    )


def _page(wire: WireRequest, raw: Mapping[str, object], pages: Mapping[str, str]) -> str | None:
    """The origin of the page that made the request."""
    initiator = raw.get("_initiator")
    for text in (wire.header("Origin"), wire.header("Referer"), pages.get(_text_of(raw.get("pageref"))), *_initiators(initiator)):
        if text and "\n" not in text and (origin := page_origin(text)) is not None:
            return origin
    return None


def _initiators(initiator: object) -> Iterator[str]:
    if isinstance(initiator, dict) and initiator.get("type") != "preflight":
        stack = initiator.get("stack")
        frames = list(_objects(stack.get("callFrames"))) if isinstance(stack, dict) else []
        for place in [*frames[-1:], initiator]:
            if text := _text_of(place.get("url")):
                yield text


def _kind(wire: WireRequest, raw: Mapping[str, object]) -> str | None:
    """`fetch`, `xhr`, `eventsource`, `websocket`, or None for what script did not fetch. Only Chromium records it; for other
    recordings the headers tell."""
    recorded = raw.get("_resourceType")
    if recorded == "websocket" or (wire.header("Upgrade") or "").lower() == "websocket":
        return "websocket"
    if isinstance(recorded, str):
        return recorded if recorded in _SCRIPTED else None
    destination, mode = wire.header("Sec-Fetch-Dest"), wire.header("Sec-Fetch-Mode")
    if destination not in {None, "empty"} or mode in {"navigate", "no-cors", "websocket"} or wire.header("Upgrade") is not None:
        return None
    return "fetch" if mode is not None or wire.header("Origin") is not None else None


def _excerpt(answer: Mapping[str, object]) -> str | None:
    status, content = answer.get("status"), answer.get("content")
    if not isinstance(status, int) or not isinstance(content, dict) or content.get("encoding"):
        return None
    # A page in place of an answer of the API may have any status: a tunnel's warning, a login.
    if status < 400 and not _text_of(content.get("mimeType")).startswith("text/html"):
        return None
    return _text_of(content.get("text"))[:EXCERPT] or None


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


# From entries to fetches


class _Recording:
    """The entries of a recording, and which of them belong together."""

    def __init__(self, entries: list[HarEntry]) -> None:
        self.entries = entries
        self.used: set[int] = set()
        self.preflights: dict[tuple[int | None, str], list[int]] = {}
        self.requests: dict[tuple[int | None, str], list[int]] = {}
        for index, entry in enumerate(entries):
            places = self.preflights if entry.request.preflight else self.requests
            places.setdefault((entry.call, entry.request.url), []).append(index)

    def fetches(self) -> list[HarFetch]:
        found: list[tuple[int, HarFetch]] = []
        for index, entry in enumerate(self.entries):
            if index in self.used or entry.request.preflight or entry.kind is None:
                continue
            group = tuple(self.entries[member] for member in self._chain(index))
            if any(_is_cross_origin(member) for member in group) and (fetch := _fetch(entry, group)) is not None:
                found.append((index, fetch))
        for index, entry in enumerate(self.entries):
            if index not in self.used and entry.request.preflight and (fetch := _lonely_preflight(entry)) is not None:
                found.append((index, fetch))
        return [fetch for _, fetch in sorted(found, key=lambda pair: pair[0])]

    def _chain(self, first: int) -> list[int]:
        """The entry at `first` with its preflight before it, and those of the redirects it follows."""
        chain: list[int] = []
        at: int | None = first
        while at is not None and len(chain) < 2 * _MAX_HOPS:
            self.used.add(at)
            preflight = self._preflight_of(at)
            chain += [preflight, at] if preflight is not None else [at]
            self.used.update(chain)
            at = self._next_hop(at)
        return chain

    def _preflight_of(self, at: int) -> int | None:
        """The nearest preflight for the entry at `at`, before or after it: Chromium may list it behind its request."""
        request, call = self.entries[at].request, self.entries[at].call
        method, places = request.method, self.preflights.get((call, request.url), [])
        after = bisect(places, at)
        before = after - 1
        while before >= 0 or after < len(places):
            goes_back = after >= len(places) or (before >= 0 and at - places[before] <= places[after] - at)
            index = places[before if goes_back else after]
            if index not in self.used and self.entries[index].request.header("Access-Control-Request-Method") in {method, None}:
                return index
            before, after = (before - 1, after) if goes_back else (before, after + 1)
        return None

    def _next_hop(self, at: int) -> int | None:
        response = self.entries[at].response
        location = (
            response.header("Location") if isinstance(response, WireResponse) and response.status in REDIRECT_STATUSES else None
        )
        target = parse_url(location, self.entries[at].request.url) if location else None
        if target is None:
            return None
        places = self.requests.get((self.entries[at].call, target.request_url), ())
        return next((index for index in places if index > at and index not in self.used), None)


def _is_cross_origin(entry: HarEntry) -> bool:
    if entry.kind == "websocket":
        return entry.page is not None  # CORS does not apply, whatever page it is
    target = parse_url(entry.request.url)
    return target is not None and entry.page is not None and (entry.page == "null" or target.origin != entry.page)


def _handshake(entry: HarEntry) -> HarFetch:
    """The handshake of a WebSocket, of which script chooses the URL and the subprotocols."""
    protocols = entry.request.header("Sec-WebSocket-Protocol")
    headers = (("Sec-WebSocket-Protocol", protocols),) if protocols else ()
    request = FetchRequest(
        f"ws{entry.request.url.removeprefix('http')}",
        entry.page or "null",
        headers=headers,
        initiator="websocket",
        cookies=bool(entry.cookie_names),
    )
    return HarFetch(request, (entry,))


def _fetch(entry: HarEntry, group: tuple[HarEntry, ...]) -> HarFetch | None:
    if entry.kind == "websocket":
        return _handshake(entry)
    draft = PastedRequest(
        url=entry.request.url,
        origin=entry.page,
        method=entry.request.method,
        initiator=entry.kind or "fetch",
        body="" if entry.request.method not in {"GET", "HEAD"} and entry.request.header("Content-Type") else None,
        cookie_names=entry.cookie_names,
    )
    try:
        pasted = settle(draft, entry.request.headers, handwritten=False)
    except InputError:
        return None
    pasted = _with_requested_headers(pasted, entry, group[0].request if group[0].request.preflight else None)
    fetch = HarFetch(pasted.request(), group, pasted.notes)
    return _with_credentials(_with_note_on_the_answer(fetch))


def _with_note_on_the_answer(fetch: HarFetch) -> HarFetch:
    answer = fetch.entries[-1].response
    if not isinstance(answer, NetworkError) or answer.reason != NOT_RECORDED:
        return fetch
    note = "The recording does not hold the answer to the request itself; browsers leave it out when the preflight failed."
    return replace(fetch, notes=(*fetch.notes, note))


def _with_credentials(fetch: HarFetch) -> HarFetch:
    """A recording does not hold the credentials mode. The browser's verdict shows it: refused with credentials, allowed
    without."""
    refused = fetch.entries[-1].error == "net::ERR_FAILED"
    if not refused or fetch.request.credentials == "include":
        return fetch
    with_credentials = replace(fetch, request=replace(fetch.request, credentials="include"))
    if _is_blocked(fetch) or not _is_blocked(with_credentials):
        return fetch
    note = "The browser refused an answer that is good without credentials, so the request must have included them."
    return replace(with_credentials, notes=(*fetch.notes, note))


def _is_blocked(fetch: HarFetch) -> bool:
    return isinstance(drive(Browser(fetch.engine).fetch(fetch.request), har_send(fetch)).outcome, Blocked)


def _with_requested_headers(pasted: PastedRequest, entry: HarEntry, preflight: WireRequest | None) -> PastedRequest:
    """The preflight names the headers that script set and that need a permission; whatever else needs one, the browser added."""
    if preflight is None:
        return pasted
    names = _names(preflight.header("Access-Control-Request-Headers"))
    recorded = {name.lower(): (name, value) for name, value in entry.request.headers}
    safe = tuple(
        line
        for line in pasted.headers
        if line[0].lower() not in names and is_safelisted_request_header(*line, ENGINES["standard"])
    )
    # A sanitised export has lost `Authorization`.
    return replace(pasted, headers=safe + tuple(recorded.get(name, requested_header(name)) for name in names))


def _names(value: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in (value or "").split(",") if (name := part.strip(" \t").lower())))


def _lonely_preflight(entry: HarEntry) -> HarFetch | None:
    """A preflight whose request never followed: what it asked for is what script wanted."""
    if entry.page is None or entry.request.header("Access-Control-Request-Method") is None:
        return None
    try:
        pasted = settle(PastedRequest(url=entry.request.url, origin=entry.page), entry.request.headers, handwritten=False)
    except InputError:
        return None
    return HarFetch(pasted.request(), (entry,), pasted.notes)
