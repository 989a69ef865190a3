"""`Observer`: what a middleware records of the requests it judges, and how a candidate policy would have judged them.

A request costs one look-up here, of a cell that counts all requests like it; the rest happens when the first such request is
seen, or in the recorder's thread. Clients choose what is looked up, so the number of cells and the length of what they hold are
bounded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import ref

from corsense.middleware.observed_page import Cell, ObservedPage
from corsense.middleware.preflight import Preflight
from corsense.middleware.recorder import Recorder
from corsense.middleware.refusal_log import LOGGER, Refusals
from corsense.middleware.response_headers import AsgiApp, Scope
from corsense.middleware.route_template import RouteTemplates
from corsense.middleware.telemetry import counter_if_wanted
from corsense.observe.request_tuple import (
    ALLOWED,
    AUTHORIZATION,
    COOKIES,
    MAX_HEADERS_LENGTH,
    MAX_METHOD,
    PRIVATE_NETWORK,
    CredentialsSent,
    RequestKind,
    RequestTuple,
)
from corsense.observe.verdict import verdict_on
from corsense.origin import MAX_ORIGIN

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy, QuickAnswer
    from corsense.middleware.refusal_log import RefusalLog
    from corsense.observe.folder import ObservationFolder

MOST_CELLS: Final = 4096
_LONGEST_ASKED: Final = 2 * MAX_HEADERS_LENGTH
_CORS_MODES: Final = frozenset({b"cors", b"websocket"})
_TELLING: Final = frozenset({b"origin", b"cookie", b"authorization", b"content-type", b"sec-fetch-mode", b"sec-fetch-site"})
_NEEDS_NO_PREFLIGHT: Final = frozenset({b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain", b""})
_TYPE_LENGTH: Final = 33
_SAFELISTED: Final = frozenset({"GET", "HEAD", "POST"})


Sent = int | tuple[int, bytes] | None
"""What a request sent, as far as its tuple depends on it: the flags of `CredentialsSent.of`, with methods other than `GET` also
the `Content-Type`; None for what no script of another origin sent."""


class Layer(Protocol):
    """What has the app whose routes are named."""

    app: AsgiApp


class Observer:
    """Records the requests that `layer` judges, with two verdicts: that of the live policy, and that of the candidate that is
    tried beside it."""

    def __init__(self, layer: Layer, watch: RefusalLog, folder: ObservationFolder | None, *, telemetry: bool | None) -> None:
        self._layer = ref(layer)
        self._watch = watch
        self._live: CompiledPolicy | None = None
        self._telemetry = telemetry
        self._count: Callable[[str, str, str], None] | None = None
        self._is_ready = False
        self._refusals = Refusals()
        self._templates = RouteTemplates()
        self._by_route = self._templates.by_route.get
        self._forget()
        self._recorder = None if folder is None else Recorder(self, folder)

    def _forget(self) -> None:
        self.pages: dict[tuple[object, ...], ObservedPage] = {}
        # A request may still hold a cell that was drained under it, even more than once.
        self._drained: deque[Cell] = deque(maxlen=MOST_CELLS)
        self._size = self._known = 0

    def configure(self, live: CompiledPolicy | None) -> None:
        """From now on, paths and routes without a policy of their own are judged by `live` and its candidate. What was counted
        stays counted, with the verdicts that were given."""
        self.drain()
        before = None if self._live is None or self._live.candidate is None else self._live.candidate.policy
        if before != (None if live is None or live.candidate is None else live.candidate.policy):
            # The decisions of another candidate have not been logged yet, and are counted from now on.
            self._refusals, self._is_ready = Refusals(), False
        self._live = live

    # What was seen.

    def page(self, rules: CompiledPolicy, origin: bytes) -> ObservedPage | None:
        """The pages of an origin, whose requests `rules` or their candidate answer. None where a function has to be asked about
        the origin: ask it, and see `decided_page`."""
        page = self.pages.get((rules, origin))
        if page is None:
            applied = rules.for_origin(origin)
            if applied.asks:
                return None
            is_refused = applied.always is None and not applied.admits(origin)
            page = self._keep((rules, origin), ObservedPage(applied, origin, is_refused=is_refused))
        return page

    def decided_page(self, rules: CompiledPolicy, origin: bytes, *, is_refused: bool) -> ObservedPage:
        """The same where it is known which policy answers, and whether it refuses the origin."""
        key = (rules, origin, is_refused)
        return self.pages.get(key) or self._keep(key, ObservedPage(rules, origin, is_refused=is_refused))

    def sent_by(self, scope: Scope) -> tuple[bytes | None, Sent]:
        """The origin of the page that sent a request, and the rest that the tuple of the request depends on; None where no script
        of another origin sent it: browsers send `Origin` with a `GET` only where CORS applies, but with other methods also for
        forms and for pages of the server's own origin."""
        origin: bytes | None = None
        content_type = b""
        credentials = 0
        is_of_script = True
        for name, value in scope["headers"]:
            if name in _TELLING:
                if name == b"origin":
                    origin = origin or value[: MAX_ORIGIN + 1]
                elif name == b"sec-fetch-mode":
                    is_of_script &= value in _CORS_MODES
                elif name == b"content-type":
                    content_type = value[:_TYPE_LENGTH]
                elif name == b"sec-fetch-site":
                    is_of_script &= value != b"same-origin"
                else:
                    credentials |= COOKIES if name == b"cookie" else AUTHORIZATION
        if not is_of_script:
            return origin, None
        return origin, credentials if scope["method"] == "GET" else (credentials, content_type)

    def answered(self, page: ObservedPage, sent: Sent, scope: Scope, status: int) -> None:
        """Note a request that is not a preflight when its answer begins."""
        known = (id(scope.get("route")), scope["method"], status, sent)
        cell = page.known.get(known)
        if cell is None:
            cell = self._cell(page, sent, scope, status)
            if cell is None:
                return
            if cell.route is not None:
                self._keep_known(page, known, cell)
        cell.count += 1
        if not cell.is_silent:
            if cell.differs:
                self._note_difference(cell)
            is_logged = not page.is_refused or self._log_refusal(page, scope)
            cell.is_silent = is_logged and not cell.differs

    def _cell(self, page: ObservedPage, sent: Sent, scope: Scope, status: int) -> Cell | None:
        """The cell that counts a request; None where no script of another origin sent it."""
        if sent is None:
            if page.is_refused:
                self._log_refusal(page, scope)
            return None
        route = scope.get("route")
        template = self._by_route(id(route))
        path = self._route(scope) if template is None else template
        method = scope["method"]
        # No tuple can hold a longer method.
        key = (path, method if len(method) <= MAX_METHOD else "", status, sent)
        cell = None if page.is_drained else page.cells.get(key)
        if cell is None:
            if _is_own(page.origin, scope):
                return None
            cell = self._new_cell(page, key, self._tuple_of(page, key))
        # The route is kept, so that its `id` stays its own.
        cell.route = route if self._by_route(id(route)) == path else None
        return cell

    def known_answer(self, page: ObservedPage, key: tuple[object, ...]) -> QuickAnswer | None:
        """The answer to a preflight like one before, which is hereby noted. `key` is what answer and tuple depend on, the page
        aside. None: answer the preflight, and call `preflight` with the same key."""
        cell = page.known.get(key)
        if cell is None:
            return None
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)
        return cell.answer

    def preflight(
        self,
        page: ObservedPage,
        preflight: Preflight,
        scope: Scope,
        status: int,
        known: tuple[object, ...] | None = None,
        answer: QuickAnswer | None = None,
    ) -> None:
        """Note a preflight that was answered with `status`. An `answer` that lists alone decided is kept under `known`."""
        method, lines = preflight.method, preflight.lines
        asked = b",".join(lines)
        if len(asked) > _LONGEST_ASKED or len(method) > MAX_METHOD:
            method, asked, lines = b"", b"", []
        route = self._route(scope, method.decode("latin-1"))
        key = (route, method, status, asked, preflight.private_network is None)
        cell = None if page.is_drained else page.cells.get(key)
        if cell is None:
            cell = self._new_cell(page, key, self._preflight_tuple(page, key, lines))
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)
        if known is not None and answer is not None:
            cell.answer = answer
            self._keep_known(page, known, cell)

    def handshake(self, page: ObservedPage, credentials: int, scope: Scope, status: int) -> None:
        """Note the handshake of a WebSocket; its status is 101 where the app accepts it."""
        key = (self._route(scope), "", status, credentials)
        cell = None if page.is_drained else page.cells.get(key)
        if cell is None:
            cell = self._new_cell(page, key, self._judged(page, key, RequestKind.WEBSOCKET, "GET", credentials))
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)

    def _log_refusal(self, page: ObservedPage, scope: Scope) -> bool:
        """Log that an origin was refused. False while the log pauses."""
        route = scope.get("route")
        path = "" if route is None else getattr(route, "path", "")
        self._watch.refused(page.rules, page.origin, path, scope)
        return (page.origin, path) in self._watch.seen

    def _route(self, scope: Scope, method: str = "") -> str:
        layer, walks = self._layer(), self._templates.walks
        found = self._templates.find(scope, None if layer is None else layer.app, method)
        if self._templates.walks != walks:
            self._forget_known()
        return found

    # How it becomes a tuple.

    def _keep(self, key: tuple[object, ...], page: ObservedPage) -> ObservedPage:
        self._make_room()
        # Another thread may have made one meanwhile.
        return self.pages.setdefault(key, page)

    def _new_cell(self, page: ObservedPage, key: tuple[object, ...], request: RequestTuple | None) -> Cell:
        if not self._is_ready:
            self._begin()
        self._make_room()
        if page.is_drained:
            # It was drained while the app served the request, or just now.
            page = self.decided_page(page.rules, page.origin, is_refused=page.is_refused)
        cell = page.cells.setdefault(key, Cell(request))
        if page.is_drained:
            self._drained.append(cell)
        return cell

    def _make_room(self) -> None:
        self._size += 1
        if self._size > MOST_CELLS:
            self.drain()

    def _keep_known(self, page: ObservedPage, key: tuple[object, ...], cell: Cell) -> None:
        self._known += 1
        if self._known > MOST_CELLS:
            self._forget_known()
        if not page.is_drained:
            page.known[key] = cell

    def _forget_known(self) -> None:
        self._known = 0
        for page in tuple(self.pages.values()):
            page.known.clear()

    def _tuple_of(self, page: ObservedPage, key: tuple[Any, ...]) -> RequestTuple | None:
        method, sent = key[1], key[3]
        credentials, content_type = (sent, b"") if isinstance(sent, int) else sent
        essence = content_type.partition(b";")[0].strip(b" \t").lower()
        is_simple = method in _SAFELISTED and credentials < AUTHORIZATION and essence in _NEEDS_NO_PREFLIGHT
        return self._judged(page, key, RequestKind.SIMPLE if is_simple else RequestKind.ACTUAL, method, credentials)

    def _preflight_tuple(self, page: ObservedPage, key: tuple[Any, ...], lines: list[bytes]) -> RequestTuple | None:
        method, without_private_network = key[1], key[4]
        rules = page.rules
        if not page.is_refused and rules.unnamed(lines, rules.with_credentials(page.origin)) is None:
            return None  # a list that the policy refuses unread
        names = [name.decode("latin-1") for name in b",".join(lines).split(b",")]
        names += [] if without_private_network else [PRIVATE_NETWORK]
        return self._judged(page, key, RequestKind.PREFLIGHT, method.decode("latin-1"), 0, names)

    def _judged(
        self,
        page: ObservedPage,
        key: tuple[Any, ...],
        kind: RequestKind,
        method: str,
        credentials: int,
        names: Iterable[str] = (),
    ) -> RequestTuple | None:
        """The tuple with both verdicts."""
        if len(page.origin) > MAX_ORIGIN:
            return None
        origin, status, sent = page.origin.decode("latin-1"), key[2] // 100, CredentialsSent.of(credentials)
        plain = RequestTuple.make(origin, kind, method, names, key[0], sent, status)
        if plain is None:
            return None
        live, candidate = self._verdicts(page, plain)
        return replace(plain, live=live, candidate=candidate)

    def _verdicts(self, page: ObservedPage, request: RequestTuple) -> tuple[str, str | None]:
        """What the live policy says, and what the candidate does; None where none is tried."""
        rules = page.rules
        given = verdict_on(request, rules.policy, admitted=not page.is_refused)
        if rules.live is not None:
            return verdict_on(request, rules.live.policy), given
        if rules.candidate is not None:
            return given, verdict_on(request, rules.candidate.policy)
        # A path or route keeps its own policy, whatever is tried elsewhere.
        return given, None if self._live is None or self._live.candidate is None else given

    # What happens to it.

    def restart(self) -> None:
        """In the child of a fork: start over."""
        self._forget()
        self._is_ready = False

    def drain(self) -> None:
        """Forget the pages; what their cells counted goes into the table."""
        drained, self.pages = self.pages, {}
        self._size = self._known = 0
        pages = tuple(drained.values())
        for page in pages:
            page.is_drained = True
            page.known.clear()
        cells = _cells_of(pages)
        self._drained.extend(cells)
        if self._recorder is not None:
            self._recorder.take(cells)

    def pending(self) -> list[Cell]:
        """The cells, for another thread; also drained ones, which a request of yet another thread may have reached since."""
        return [*tuple(self._drained), *_cells_of(tuple(self.pages.values()))]

    def names(self, origin: str) -> bool:
        """Whether the live policy or the candidate names this very origin."""
        sent = origin.encode("latin-1", "replace")
        rules = self._live
        return rules is not None and any(
            sent in each.policy.origin_set.exact for each in (rules, rules.candidate) if each is not None
        )

    def close(self) -> None:
        """Write what was seen and give up the file, at shutdown. A later request continues after the end of the file."""
        self.drain()
        if self._recorder is not None:
            self._recorder.close()
        self._is_ready = False

    def _begin(self) -> None:
        self._is_ready = True
        if self._live is not None and self._live.candidate is not None:
            self._count = counter_if_wanted(self._telemetry)
        if self._recorder is not None:
            self._recorder.start()

    def _note_difference(self, cell: Cell) -> None:
        """Count a request that the two policies disagree about, and log it, once by origin, reason and route."""
        request = cell.request
        assert request is not None
        refuses = request.candidate != ALLOWED
        reason = (request.candidate if refuses else request.live) or ""
        if self._count is not None:
            self._count(request.kind.value, "candidate-refuses" if refuses else "candidate-allows", reason)
        if self._refusals.is_new((request.origin, reason, request.route)):
            LOGGER.warning("CORS: %s", _difference(request, refuses, reason))


def _cells_of(pages: Iterable[ObservedPage]) -> list[Cell]:
    """The cells of pages to which another thread may add meanwhile: each dictionary is copied in one step."""
    return [cell for page in pages for cell in tuple(page.cells.values())]


def _difference(request: RequestTuple, refuses: bool, reason: str) -> str:
    route = ascii(request.route) if request.route else "no route"
    what = f"{request.kind.value} {request.method} from {request.origin!a} to {route}"
    if not refuses:
        return f"the candidate policy allows {what}, which the live policy refuses: {reason}."
    if request.live == ALLOWED:
        return f"the candidate policy would refuse {what}: {reason}."
    return f"the candidate policy refuses {what}: {reason}; the live policy refuses it too: {request.live}."


def _is_own(origin: bytes, scope: Scope) -> bool:
    """Whether a page of the server's own origin sent this, as far as is known without `Sec-Fetch-Site`."""
    sent = dict(scope["headers"])
    own = str(scope.get("scheme", "http")).encode("latin-1", "replace") + b"://" + sent.get(b"host", b"")
    return b"sec-fetch-site" not in sent and origin == own
