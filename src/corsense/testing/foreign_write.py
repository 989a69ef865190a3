"""Whether pages of untrusted origins get a write through: each unsafe route, by each means that needs no permission."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from corsense._redaction import redact_text
from corsense.errors import InputError
from corsense.fetch import Allowed, Browser, FetchRequest, WireRequest, WireResponse
from corsense.origin import OriginPattern
from corsense.origin.untrusted import UNTRUSTED
from corsense.testing.arguments import ignored_kinds
from corsense.testing.exchange_plan import Call, ExchangePlan, watch
from corsense.testing.foreign_access import unlogged
from corsense.testing.operations import PageOperation, page_operations
from corsense.testing.target import AssertionTarget, InProcess
from corsense.testing.untrusted_pages import (
    UntrustedPage,
    base_origin,
    fetch_html,
    fetch_metadata,
    is_local,
    lookalike_pages,
    post_pages,
    rebound_host,
    rebound_page,
    socket_pages,
)
from corsense.transports.asgi import AsgiExchange
from corsense.warnings import UntriedWarning

KINDS = (
    "form", "form in a sandbox", "form by Origin alone", "multipart form", "text", "JSON without a type", "other port",
    "beacon of a sandbox", "fetch with a preflight", "look-alike", "websocket", "rebound name",
)  # fmt: skip
"""How a page sends what it may not, in the order it is tried."""

Outcome = Literal["runs", "refused", "not tried"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_NOBODY = frozenset({401, 403, 407, 421})
_HANDSHAKE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "Y29yc2Vuc2UgdHJpZXMgaQ=="),
)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ForeignWrite:
    """A write of an untrusted page that got through. `kind` is one of `KINDS`, `request` is `POST /users`, `origin` that of the
    page, `page` its HTML, `status` what was answered (101: the WebSocket opened)."""

    kind: str
    request: str
    origin: str
    page: str
    status: int


@dataclass(frozen=True, slots=True)
class WriteCell:
    """Whether an untrusted page gets a write through to an operation; `why` it was not tried."""

    method: str
    route: str
    outcome: Outcome
    why: str | None = field(default=None, compare=False)


class Found(NamedTuple):
    """What a search found: what got through, and the outcome for each operation that writes."""

    writes: tuple[ForeignWrite, ...]
    cells: tuple[WriteCell, ...]


@dataclass(slots=True)
class _Tried:
    status: int
    reached: bool
    looks: bool


def outcomes(
    resolved: AssertionTarget, operations: Sequence[PageOperation], trusted: Iterable[str], run_unsafe: bool
) -> ExchangePlan[tuple[WriteCell, ...]]:
    """The outcome of each operation that writes, for `cors_matrix`: without look-alikes, and `not tried` where nothing can be
    sent without running an endpoint."""
    writing = [operation for operation in operations if operation.method not in _SAFE]
    run_unsafe = run_unsafe and not _stands_in(resolved)  # a stand-in says as much
    if not run_unsafe and not _stands_in(resolved):
        why = "it would run the endpoint; pass run_unsafe=True"
        return tuple(WriteCell(operation.method, operation.route, "not tried", why) for operation in writing)
    look = _Search(resolved, tuple(trusted), frozenset({"look-alike"}), run_unsafe)
    cells = []
    with unlogged(), _standing_in(run_unsafe):
        for operation in writing:
            cells.append((yield from look.operation(operation))[1])
    return tuple(cells)


def search(
    resolved: AssertionTarget,
    trusted: Iterable[str],
    requests: Iterable[str] | None,
    ignore: Iterable[str],
    run_unsafe: bool,
) -> ExchangePlan[Found]:
    """Every write that gets through, and the outcome of each operation: see `corsense.testing.assert_no_foreign_write`."""
    own = tuple(trusted)
    ignored = ignored_kinds(ignore, KINDS)
    named = None if requests is None else tuple(requests)
    sockets = _sockets(resolved, named)
    operations = yield from _operations(resolved, named, bool(sockets))
    if not run_unsafe and (operations or sockets) and not _stands_in(resolved):
        raise InputError(
            "writes run the endpoints of a server, and of an app that is neither FastAPI nor Starlette: "
            "pass run_unsafe=True if they may run"
        )
    with unlogged(), _standing_in(run_unsafe):
        look = _Search(resolved, own, ignored, run_unsafe)
        found = []
        for operation in operations:
            found.append((yield from look.operation(operation)))
        for path in sockets:
            found.append((yield from look.socket(path)))
    return Found(tuple(write for writes, _ in found for write in writes), tuple(cell for _, cell in found))


def _mounted(resolved: AssertionTarget) -> Iterator[PageOperation]:
    """A write to each mounted app that is neither FastAPI nor Starlette, and so has no routes that can be known."""
    from corsense.testing.inspection import describe

    if _stands_in(resolved):
        for route in describe(resolved.app).routes:
            if route.kind == "mount" and route.opaque:
                yield PageOperation("POST", f"{route.path}/*", route.example_path)


def _standing_in(run_unsafe: bool) -> Any:
    if run_unsafe:
        return nullcontext()
    from corsense.testing.stand_in import standing_in

    return standing_in()


def _stands_in(resolved: AssertionTarget) -> bool:
    from corsense.testing.inspection import is_described

    return isinstance(resolved, InProcess) and is_described(resolved.app)


def _operations(
    resolved: AssertionTarget, named: tuple[str, ...] | None, sockets: bool
) -> ExchangePlan[tuple[PageOperation, ...]]:
    """The operations that write."""
    wanted = None if named is None else tuple(text for text in named if not text.startswith("WEBSOCKET "))
    if wanted == () or (wanted is None and sockets and not _has_http_routes(resolved)):
        return ()
    found = yield from page_operations(resolved, wanted)
    writing = tuple(operation for operation in found if operation.method not in _SAFE)
    return writing if named is not None else (*writing, *_mounted(resolved))


def _has_http_routes(resolved: AssertionTarget) -> bool:
    from corsense.testing.inspection import describe

    return any(route.kind == "http" and not route.builtin for route in describe(resolved.app).routes)


def _sockets(resolved: AssertionTarget, named: tuple[str, ...] | None) -> list[str]:
    """The paths of WebSockets: those named (`WEBSOCKET /ws`), else all routes that are one."""
    if named is not None:
        return [text.removeprefix("WEBSOCKET ").strip() for text in named if text.startswith("WEBSOCKET ")]
    if not _stands_in(resolved):
        return []
    from corsense.testing.inspection import describe

    return [route.example_path for route in describe(resolved.app).routes if route.kind == "websocket"]


@dataclass(slots=True)
class _Search:
    resolved: AssertionTarget
    trusted: tuple[str, ...]
    ignored: frozenset[str]
    run_unsafe: bool
    lookalikes_tried: bool = False

    def operation(self, operation: PageOperation) -> ExchangePlan[tuple[list[ForeignWrite], WriteCell]]:
        """What gets through to one operation."""
        found: list[ForeignWrite] = []
        proper = yield from self._own(operation)
        if proper.status == 0 and self.resolved.app is None:
            raise InputError(f"no answer for {operation} from {self.resolved.base}: start the server first")
        unclear: set[str] = set()
        for page in self._pages(operation):
            if page.kind == "look-alike" and any(write.kind == "form" for write in found):
                continue  # any page is let in
            tried = yield from self._send(operation, page)
            if self._got_through(tried, proper):
                found.append(ForeignWrite(page.kind, str(operation), page.origin, page.html, tried.status))
            elif (why := self._unclear(tried, proper)) is not None:
                unclear.add(why)
        found += yield from self._preflighted(operation)
        why = sorted(unclear)[0] if unclear else None
        outcome: Outcome = "runs" if found else "refused" if why is None else "not tried"
        return found, WriteCell(operation.method, operation.route, outcome, None if found else why)

    def socket(self, path: str) -> ExchangePlan[tuple[list[ForeignWrite], WriteCell]]:
        """What gets through to a WebSocket: its endpoint runs until it accepts, which is no write."""
        found: list[ForeignWrite] = []
        why: str | None = None
        own = yield from self._shake_hands(path, base_origin(self.resolved), None)
        for page in socket_pages(self.resolved, path):
            if page.kind in self.ignored or self.trusts(page.origin):
                continue
            tried = yield from self._shake_hands(path, page.origin, page)
            if tried.status == 101:
                found.append(ForeignWrite(page.kind, f"WEBSOCKET {path}", page.origin, page.html, tried.status))
            elif own.status != 101 and tried.status == own.status:
                why = _same_for_all(own.status)
        outcome: Outcome = "runs" if found else "refused" if why is None else "not tried"
        return found, WriteCell("WEBSOCKET", path, outcome, None if found else why)

    def trusts(self, origin: str) -> bool:
        """Whether an origin is among the trusted ones, or matches a pattern of theirs."""
        return origin in self.trusted or any(OriginPattern.parse(entry).matches(origin) for entry in self.trusted if "*" in entry)

    def _pages(self, operation: PageOperation) -> Iterator[UntrustedPage]:
        pages = [*post_pages(self.resolved, operation)] if operation.method == "POST" else []
        if operation.method == "POST" and not self.lookalikes_tried:
            self.lookalikes_tried = True
            pages += lookalike_pages(self.resolved, operation, self.trusted)
        if is_local(self.resolved.base):
            pages.append(rebound_page(self.resolved, operation))
        for page in pages:
            if page.kind not in self.ignored and (page.kind == "beacon of a sandbox" or not self.trusts(page.origin)):
                yield page

    def _own(self, operation: PageOperation) -> ExchangePlan[_Tried]:
        """The request as the page of the app's own origin makes it: the result says whether any page gets in."""
        origin = base_origin(self.resolved)
        headers = (
            *operation.headers,
            ("Origin", origin),
            *fetch_metadata("same-origin", "cors", "empty"),
            *self.resolved.headers,
        )
        body = operation.body if isinstance(operation.body, str) else ""
        return (yield from self._ask(operation.method, operation.path, headers, body))

    def _send(self, operation: PageOperation, page: UntrustedPage) -> ExchangePlan[_Tried]:
        if page.kind == "rebound name":
            return (
                yield from self._ask(operation.method, operation.path, page.headers, page.body, host=rebound_host(self.resolved))
            )
        return (yield from self._ask(operation.method, operation.path, page.headers, page.body))

    def _ask(
        self, method: str, path: str, headers: tuple[tuple[str, str], ...], body: str, *, host: str | None = None
    ) -> ExchangePlan[_Tried]:
        base = self.resolved.base
        if host is not None and self.resolved.app is not None:
            base, host = f"http://{host}", None
        lines = headers if host is None else (("Host", host), *headers)
        attempt = self._attempt()
        answer = yield Call(WireRequest(method, base + path, lines, credentials=True), body.encode(), attempt=attempt)
        reached = bool(getattr(attempt, "reached", False))
        return _Tried(_status(answer), reached, bool(getattr(attempt, "looks", False)))

    def _attempt(self) -> Any:
        if self.run_unsafe:
            return None
        from corsense.testing.stand_in import Attempt

        return Attempt()

    def _shake_hands(self, path: str, origin: str, page: UntrustedPage | None) -> ExchangePlan[_Tried]:
        host = rebound_host(self.resolved) if page is not None and page.kind == "rebound name" else None
        base = self.resolved.base
        if host is not None and self.resolved.app is not None:
            base, host = f"http://{host}", None
        extra = page.headers if page is not None else ()
        lines = (*_HANDSHAKE, ("Origin", origin), *extra)
        wire = WireRequest("GET", base + path, lines if host is None else (("Host", host), *lines), credentials=True)
        answer = yield Call(wire)
        return _Tried(_status(answer), False, False)

    def _preflighted(self, operation: PageOperation) -> ExchangePlan[list[ForeignWrite]]:
        """What CORS itself lets an untrusted page send."""
        if "fetch with a preflight" in self.ignored:
            return []
        origin = UNTRUSTED[0]
        url = self.resolved.url(operation.path, origin)
        body = operation.body if isinstance(operation.body, str) else None
        headers = tuple(line for line in operation.headers if line[0].lower() == "content-type")
        for credentials in ("include", "omit"):
            request = FetchRequest(
                url, origin, operation.method, headers, credentials, body=body, cookies=self.resolved.has_cookies
            )
            attempt = self._attempt()
            watched = yield from watch(request, Browser("standard"), attempt=attempt)
            response = watched.trace.response
            sent = any(not exchange.request.preflight for exchange in watched.trace.exchanges)
            preflighted = any(exchange.request.preflight for exchange in watched.trace.exchanges)
            ran = getattr(attempt, "reached", False) if attempt is not None else isinstance(watched.trace.outcome, Allowed)
            if preflighted and sent and ran and response is not None:
                page = fetch_html(url, operation.method, headers, body, f'credentials: "{credentials}"')
                return [ForeignWrite("fetch with a preflight", str(operation), origin, page, response.status)]
        return []

    def _got_through(self, tried: _Tried, proper: _Tried) -> bool:
        if not self.run_unsafe:
            return tried.reached and not tried.looks
        return 0 < tried.status < 400 or (tried.status >= 500 and proper.status != tried.status)

    def _unclear(self, tried: _Tried, proper: _Tried) -> str | None:
        """Why it cannot be known whether a page is refused."""
        if tried.looks and tried.reached:
            return "its own code checks the page; pass run_unsafe=True to run it"
        if tried.status == 0:
            return "the connection was closed without an answer"
        if proper.reached or (self.run_unsafe and 0 < proper.status < 400):
            return None
        if tried.status == proper.status and (tried.status in _NOBODY or tried.status >= 500 or self.run_unsafe):
            return _same_for_all(tried.status)
        return None


def _same_for_all(status: int) -> str:
    remedies = {
        401: "; pass a client that is logged in",
        403: "; pass a client that is logged in",
        421: "; pass a client whose base_url has a host that the server accepts",
    }
    return f"it answers {status} to the page of its own origin too{remedies.get(status, '')}"


def _status(answer: AsgiExchange) -> int:
    return answer.response.status if isinstance(answer.response, WireResponse) else 0


# The texts.


def warn_of_untried(cells: Iterable[WriteCell], stacklevel: int) -> None:
    """Warn of what was not tried: an assertion that passes silently would promise more."""
    for cell in cells:
        if cell.outcome == "not tried":
            message = f"whether untrusted pages can write to {cell.method} {redact_text(cell.route)} was not tried: {cell.why}."
            warnings.warn(message, UntriedWarning, stacklevel=stacklevel)


def foreign_write_text(found: Sequence[ForeignWrite], trusted: Sequence[str]) -> str:
    """The message of an assertion that wanted no write of an untrusted page to get through: each with its page."""
    lines = [f"Untrusted pages can write to this API (trusted: {', '.join(trusted) or 'no other origin'})."]
    shown: set[str] = set()
    further: list[str] = []
    for kind in dict.fromkeys(write.kind for write in found):
        group = [write for write in found if write.kind == kind]
        first = group[0]
        if shown.issuperset(write.request for write in group):
            further.append(kind)  # what it reaches has been quoted with another page
            continue
        shown.update(write.request for write in group)
        done = "opens the WebSocket" if first.status == 101 else f"gets {first.status}"
        whose = "an opaque origin" if first.origin == "null" else first.origin
        lines += ["", f"{kind}: {redact_text(first.request)} {done}, sent by this page of {whose}"]
        lines += [f"    {line}" for line in redact_text(first.page).splitlines()]
        lines += _also("the same to", [redact_text(write.request) for write in group], redact_text(first.request))
        lines += _also("the same from", [write.origin for write in group], first.origin)
    lines += ["", f"Also: {', '.join(further)}."] if further else []
    lines += ["", *_remedies(found, trusted)]
    return "\n".join(lines)


def _also(message: str, values: Sequence[str], shown: str) -> list[str]:
    others = [value for value in dict.fromkeys(values) if value != shown]
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return [f"  {message} {', '.join(others[:_SHOWN])}{more}"] if others else []


def _remedies(found: Sequence[ForeignWrite], trusted: Sequence[str]) -> Iterator[str]:
    kinds = {write.kind for write in found}
    listed = ", ".join(f'"{origin}"' for origin in trusted)
    policy = f"Policy(origins=[{listed}]), " if trusted else ""
    if kinds - {"rebound name", "fetch with a preflight"}:
        yield "cause  CORS decides who may read answers, not who may send requests."
        yield f'fix    corsense.install(app, {policy}protection="enforce")'
    if "fetch with a preflight" in kinds:
        yield "cause  The CORS policy lets an untrusted page send this request with a preflight."
        yield f"fix    Allow only {listed}." if listed else "fix    Allow no other origin."
    if "rebound name" in kinds:
        yield "cause  The server answers under any name, also under one of an attacker that is resolved to it."
        yield 'fix    CrossOriginProtection(mode="enforce", hosts=["the name that browsers use"])'
