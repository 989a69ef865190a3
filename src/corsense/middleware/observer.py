"""`Observer`: what a middleware records of the requests it judges, and how a candidate policy would have judged them.

A request costs one look-up here, of a cell that counts all requests like it. What the cells counted goes into a table of fixed
size, and from there into a file, in a thread of its own. Clients choose what is looked up, so the number of cells and the length
of what they hold are bounded.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakMethod, ref

from corsense._version import __version__
from corsense.middleware.refusal_log import LOGGER, Refusals
from corsense.middleware.response_headers import ALLOW_ORIGIN, Message, Scope, Send
from corsense.middleware.route_template import RouteTemplates
from corsense.middleware.telemetry import counter_if_wanted
from corsense.middleware.worker_file import WorkerFile
from corsense.observe.lines import written
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
from corsense.observe.rollout import rollout_reaches
from corsense.observe.table import ObservationTable
from corsense.observe.verdict import verdict_on
from corsense.origin import MAX_ORIGIN
from corsense.policy.decision import Reason

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy
    from corsense.observe.folder import ObservationFolder

MOST_CELLS: Final = 4096
_LONGEST_ASKED: Final = 2 * MAX_HEADERS_LENGTH
_CORS_MODES: Final = frozenset({None, b"cors", b"websocket"})
_NEEDS_NO_PREFLIGHT: Final = frozenset({b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain", b""})
_TYPE_LENGTH: Final = 33
_SAFELISTED: Final = frozenset({"GET", "HEAD", "POST"})
_READING: Final = frozenset({"GET", "HEAD"})


class _Cell:
    """Counts the requests of one tuple; None: requests that no tuple can hold. `flushed` of `count` are in the table."""

    __slots__ = ("count", "differs", "flushed", "request")

    def __init__(self, request: RequestTuple | None) -> None:
        self.request = request
        self.count = 0
        self.flushed = 0
        # What only a resolver could decide is unknown, so it does not count as a difference.
        self.differs = request is not None and request.candidate not in (None, request.live, Reason.ORIGIN_UNRESOLVED)


class Observer:
    """Records requests, and judges them by `candidate` as well, which applies to a share `rollout` of origins.

    `default` are the rules of paths and routes without a policy of their own, the only ones that a candidate stands in for.
    """

    def __init__(self, folder: ObservationFolder | None, *, telemetry: bool | None) -> None:
        self.default: CompiledPolicy | None = None
        self.candidate: CompiledPolicy | None = None
        self.rollout = 0.0
        self._telemetry = telemetry
        self._count: Callable[[str, str, str], None] | None = None
        self._is_ready = False
        self._refusals = Refusals()
        self._templates = RouteTemplates()
        self._by_route = self._templates.by_route.get
        self._cells: dict[tuple[object, ...], _Cell] = {}
        self._recorder = None if folder is None else _Recorder(self, folder)

    # Which policy.

    def configure(self, default: CompiledPolicy | None, candidate: CompiledPolicy | None, rollout: float) -> None:
        """Judge by these from now on. What was counted stays counted, with the verdicts that were given."""
        self.drain()
        before = None if self.candidate is None else self.candidate.policy
        if before != (None if candidate is None else candidate.policy):
            # The decisions of another candidate have not been logged yet, and are counted from now on.
            self._refusals, self._is_ready = Refusals(), False
        self.default, self.candidate, self.rollout = default, candidate, rollout

    def rules_for(self, rules: CompiledPolicy, origin: bytes | None) -> CompiledPolicy:
        """The rules that answer a request that `rules` would: those of the candidate where the rollout reaches its origin."""
        candidate = self.candidate
        if candidate is None or not self.rollout or rules is not self.default or origin is None:
            return rules
        return candidate if rollout_reaches(origin, self.rollout) else rules

    @property
    def depends_on_origin(self) -> bool:
        """Whether the policy depends on the origin, so that caches must tell origins apart."""
        return self.candidate is not None and 0 < self.rollout < 1

    # What was seen.

    def answered(
        self, rules: CompiledPolicy, origin: bytes, admitted: bool, credentials: int, scope: Scope, status: int, app: Any
    ) -> None:
        """Note a request that is not a preflight, whose page may read the answer when its origin is `admitted`. `credentials` are
        the flags of `CredentialsSent.of`."""
        method, content_type = scope["method"], b""
        if method not in _READING:
            # Browsers send `Origin` with reading requests only where CORS applies; with others, forms and own pages do as well.
            sent = dict(scope["headers"])
            if sent.get(b"sec-fetch-mode") not in _CORS_MODES or sent.get(b"sec-fetch-site") == b"same-origin":
                return
            content_type = sent.get(b"content-type", b"")[:_TYPE_LENGTH]
            if len(method) > MAX_METHOD:
                method = ""  # no tuple can hold it
        route = self._by_route(id(scope.get("route"))) or self._templates.find(scope, app)
        key = (origin, method, route, rules, admitted, status // 100, credentials, content_type)
        cell = self._cells.get(key)
        if cell is None:
            if _is_own(origin, scope):
                return
            cell = self._new_cell(key, self._tuple_of(key))
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)

    def preflight(
        self,
        rules: CompiledPolicy,
        origin: bytes,
        method: bytes,
        lines: list[bytes],
        private_network: bytes | None,
        scope: Scope,
        admitted: bool,
        status: int,
        app: Any,
    ) -> None:
        """Note a preflight that was answered with `status`."""
        asked = b",".join(lines)
        if len(asked) > _LONGEST_ASKED or len(method) > MAX_METHOD:
            method, asked = b"", b""
        template = self._templates.find(scope, app, method.decode("latin-1"))
        key = (origin, method, template, rules, admitted, status // 100, asked, private_network is None)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._new_cell(key, self._preflight_tuple(rules, origin, method, lines if asked else [], key))
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)

    def handshake(self, rules: CompiledPolicy, origin: bytes, admitted: bool, scope: Scope, status: int, app: Any) -> None:
        """Note the handshake of a WebSocket."""
        template = self._templates.find(scope, app)
        credentials = _credentials(scope)
        key = (origin, "", template, rules, admitted, status // 100, credentials, b"")
        cell = self._cells.get(key)
        if cell is None:
            cell = self._new_cell(key, self._judged(rules, admitted, key, RequestKind.WEBSOCKET, "GET", ()))
        cell.count += 1
        if cell.differs:
            self._note_difference(cell)

    def sender(self, rules: CompiledPolicy, scope: Scope, send: Send, app: Any) -> Send:
        """A `send` that notes the answer of a layer whose subclass makes it; its headers tell whether the origin is admitted."""
        origin = next((value[: MAX_ORIGIN + 1] for name, value in scope["headers"] if name == b"origin"), None)
        if origin is None:
            return send
        page = origin

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                admitted = any(bytes(name).lower() == ALLOW_ORIGIN for name, _ in message.get("headers", ()))
                self._note_answer(rules, page, admitted, scope, message["status"], app)
            await send(message)

        return noting

    def _note_answer(self, rules: CompiledPolicy, origin: bytes, admitted: bool, scope: Scope, status: int, app: Any) -> None:
        sent = [(name, value) for name, value in scope["headers"] if name.startswith(b"access-control-request-")]
        asked = dict(sent)
        method = asked.get(b"access-control-request-method")
        if scope["method"] != "OPTIONS" or method is None:
            self.answered(rules, origin, admitted, _credentials(scope), scope, status, app)
            return
        lines = [value for name, value in sent if name == b"access-control-request-headers"]
        network = asked.get(b"access-control-request-private-network")
        self.preflight(rules, origin, method, lines, network, scope, admitted, status, app)

    # How it becomes a tuple.

    def _new_cell(self, key: tuple[object, ...], request: RequestTuple | None) -> _Cell:
        if not self._is_ready:
            self._begin()
        if len(self._cells) >= MOST_CELLS:
            self.drain()
        cell = self._cells[key] = _Cell(request)
        return cell

    def _tuple_of(self, key: tuple[Any, ...]) -> RequestTuple | None:
        method, rules, admitted, credentials, content_type = key[1], key[3], key[4], key[6], key[7]
        essence = content_type.partition(b";")[0].strip(b" \t").lower()
        is_simple = method in _SAFELISTED and credentials < AUTHORIZATION and essence in _NEEDS_NO_PREFLIGHT
        return self._judged(rules, admitted, key, RequestKind.SIMPLE if is_simple else RequestKind.ACTUAL, method, ())

    def _preflight_tuple(
        self, rules: CompiledPolicy, origin: bytes, method: bytes, lines: list[bytes], key: tuple[Any, ...]
    ) -> RequestTuple | None:
        admitted, without_private_network = key[4], key[7]
        if admitted and rules.unnamed(lines, rules.with_credentials(origin)) is None:
            return None  # a list that the policy refuses unread
        names = [name.decode("latin-1") for name in b",".join(lines).split(b",")]
        names += [] if without_private_network else [PRIVATE_NETWORK]
        key = (*key[:6], 0, b"")
        return self._judged(rules, admitted, key, RequestKind.PREFLIGHT, method.decode("latin-1"), names)

    def _judged(
        self, rules: CompiledPolicy, admitted: bool, key: tuple[Any, ...], kind: RequestKind, method: str, names: Any
    ) -> RequestTuple | None:
        """The tuple with both verdicts."""
        origin, template, status, credentials = key[0], key[2], key[5], key[6]
        if len(origin) > MAX_ORIGIN:
            return None
        sent = CredentialsSent.of(credentials)
        page = origin.decode("latin-1")
        plain = RequestTuple.make(page, kind, method, names, template, sent, status)
        if plain is None:
            return None
        live, candidate = self._verdicts(plain, rules, admitted)
        return RequestTuple(page, kind, plain.method, plain.headers, template, sent, status, live, candidate)

    def _verdicts(self, request: RequestTuple, rules: CompiledPolicy, admitted: bool) -> tuple[str, str | None]:
        """What the live policy says, and what the candidate does; None without one. `rules` are those that answered."""
        given = verdict_on(request, rules.policy, admitted=admitted)
        candidate = self.candidate
        if candidate is None:
            return given, None
        if rules is candidate and self.default is not None:
            return verdict_on(request, self.default.policy), given
        return given, verdict_on(request, candidate.policy) if rules is self.default else given

    # What happens to it.

    def restart(self) -> None:
        """In the child of a fork: start over."""
        self._cells, self._is_ready = {}, False

    def drain(self) -> None:
        """Forget the cells; what they counted goes into the table."""
        cells, self._cells = self._cells, {}
        if self._recorder is not None:
            self._recorder.take(cells.values())

    def pending(self) -> list[_Cell]:
        """The cells, for another thread."""
        while True:
            try:
                return list(self._cells.values())
            except RuntimeError:  # the dictionary grew meanwhile
                continue

    def names(self, origin: str) -> bool:
        """Whether the live policy or the candidate names this very origin."""
        sent = origin.encode("latin-1", "replace")
        return any(rules is not None and sent in rules.policy.origin_set.exact for rules in (self.default, self.candidate))

    def close(self) -> None:
        """Write what was seen and give up the file, at shutdown. A later request continues after the end of the file."""
        self.drain()
        if self._recorder is not None:
            self._recorder.close()
        self._is_ready = False

    def _begin(self) -> None:
        self._is_ready = True
        if self.candidate is not None:
            self._count = counter_if_wanted(self._telemetry)
        if self._recorder is not None:
            self._recorder.start()

    def _note_difference(self, cell: _Cell) -> None:
        """Count a request that the two policies disagree about, and log it, once by origin, reason and route."""
        request = cell.request
        assert request is not None
        refuses = request.candidate != ALLOWED
        reason = (request.candidate if refuses else request.live) or ""
        if self._count is not None:
            self._count(request.kind.value, "candidate-refuses" if refuses else "candidate-allows", reason)
        if self._refusals.is_new((request.origin, reason, request.route)):
            LOGGER.warning("CORS: %s", _difference(request, refuses, reason))


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


def _credentials(scope: Scope) -> int:
    names = {name for name, _ in scope["headers"]}
    return COOKIES * (b"cookie" in names) + AUTHORIZATION * (b"authorization" in names)


class _Recorder:
    """Keeps the table, and writes it into the worker's file: from a thread of its own, and at shutdown."""

    def __init__(self, observer: Observer, folder: ObservationFolder) -> None:
        self._observer = ref(observer)
        self._interval = folder.interval
        self._file = WorkerFile(Path(folder.path).absolute())
        self._begin()
        after_fork, at_exit = WeakMethod(self._after_fork), WeakMethod(self.write)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _call(after_fork))
        atexit.register(lambda: _call(at_exit))

    def _begin(self) -> None:
        self._table = ObservationTable(self._names)
        # Held for moments: the event loop may have to wait for it. The other one is held while the disk works.
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._forgotten_on: date | None = None
        self._is_changed = False

    def _names(self, origin: str) -> bool:
        observer = self._observer()
        return observer is not None and observer.names(origin)

    def start(self) -> None:
        """Start the thread that writes."""
        if self._thread is None:
            arguments = (ref(self), self._stopped, self._interval)
            self._thread = threading.Thread(target=_write_regularly, args=arguments, name="corsense-observations", daemon=True)
            self._thread.start()

    def take(self, cells: Iterable[_Cell]) -> None:
        """Put into the table what these cells have counted since they were last asked."""
        today = datetime.now(UTC).date()
        with self._lock:
            for cell in cells:
                count = cell.count
                more, cell.flushed = count - cell.flushed, count
                if more:
                    self._table.add(cell.request, more, today)
                    self._is_changed = True
            if self._forgotten_on != today:
                self._table.forget(today)
                self._forgotten_on = today

    def write(self) -> None:
        """Write the table if it has changed."""
        observer = self._observer()
        if observer is not None:
            self.take(observer.pending())
        with self._writing:
            if not self._is_changed:
                return
            if not self._file.is_claimed:
                left = self._file.claim()
                with self._lock:
                    self._table.merge(left.requests)
                    self._table.unkept += left.unkept
            with self._lock:
                observed, unkept, self._is_changed = tuple(self._table), self._table.unkept, False
            if not self._file.write(written(observed, unkept, __version__)):
                self._is_changed = True

    def close(self) -> None:
        """Write, end the thread, and release the file for the next process."""
        self.write()
        if not self._is_changed:
            self._stopped.set()
            self._file.close()
            self._begin()

    def _after_fork(self) -> None:
        """In the child: the parent writes what was counted so far, and keeps its file."""
        self._file.close()
        self._begin()
        observer = self._observer()
        if observer is not None:
            observer.restart()

    def __del__(self) -> None:
        self._stopped.set()
        self._file.close()


def _call(method: WeakMethod[Callable[[], None]]) -> None:
    found = method()
    if found is not None:
        found()


def _write_regularly(recorder: ref[_Recorder], stopped: threading.Event, interval: float) -> None:
    while not stopped.wait(interval):
        owner = recorder()
        if owner is None:
            return
        try:
            owner.write()
        except Exception:
            LOGGER.exception("CORS: observations could not be written; the next try is in %g s.", interval)
        del owner
