"""`Session`: what the inspector knows: the calls since it started, each judged, and the explanation of each cause."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final

from corsense.check.app import AppCheck, Survey
from corsense.check.results import Report
from corsense.dev.changes import identity
from corsense.dev.inspector.calls import MOST_CALLS, Calls
from corsense.dev.inspector.judging import SETTLED_AFTER, Judge, JudgedCall
from corsense.dev.inspector.named_origins import is_near
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.finding import Edit, Finding

LOGGER: Final = logging.getLogger("corsense")
MOST_CAUSES: Final = 200
"""Causes that are explained in one session."""
MOST_OF_A_KIND: Final = 20
"""Causes of one name among them: a client can make up origins, paths and headers without end. Pages of this machine or network
and all others are counted apart, so that a site that the developer visits takes no room from the page that is developed."""
_MOST_WAITING = 1_000
_MOST_KEYS = 2_000
_LOOK_AGAIN = 1.0

CauseKey = tuple[str, ...]
"""What two calls have in common that are refused for one cause: its slug first."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The cause of a call, explained: `finding` is at `position` in the findings of `report`, which is a check of the app with
    the request of a call, or where the app cannot be checked, of the call as it was recorded. `number` counts the explanations
    of a session.

    `others` are the positions of further findings that keep the same call from passing. `judged` is the call that was explained,
    `check` the check of the app (None: there was none), and `survey` what was found then. `edits` are what the button of the page
    writes, none where nothing is proven, or not yet; `applied` says what became of them, None before they are written.
    """

    number: int
    report: Report
    position: int
    applied: str | None = None
    others: tuple[int, ...] = ()
    judged: JudgedCall | None = None
    check: AppCheck | None = None
    survey: Survey | None = None
    edits: tuple[Edit, ...] = ()

    @property
    def finding(self) -> Finding:
        """The cause, with its place, its evidence and its fix."""
        return self.report.findings[self.position]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that keep the call from passing, the cause first."""
        return tuple(self.report.findings[position] for position in (self.position, *self.others))

    @property
    def identities(self) -> frozenset[tuple[str, ...]]:
        """What makes another explanation the same."""
        return frozenset(map(identity_in_session, self.findings))


def identity_in_session(finding: Finding) -> tuple[str, ...]:
    """What makes two findings of a session one fault. Two crashes of one function are two, each at its line."""
    is_crash = finding.cause.slug == "unhandled-exception" and finding.place is not None
    line = (str(finding.place.line),) if is_crash and finding.place is not None else ()
    return (*identity(finding), *line)


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as the page shows it. `version` rises with each change of any call; `cause` is the number of its explanation, None
    where nothing is wrong or the explanation is not there yet. Calls with the same `key` have one explanation."""

    judged: JudgedCall
    version: int
    cause: int | None = None
    key: CauseKey | None = None


def _nothing(explanation: Explanation) -> tuple[Edit, ...]:
    """The edits where nothing can be written."""
    return ()


def _ignored(judged: JudgedCall) -> None:
    """What nobody asked to hear of."""


@dataclass(slots=True)
class Session:
    """Judges what is noted, in a thread of its own; explains each cause once, in another; and tells listeners.

    `explain` finds the cause of a call in the app (None: there is nothing to say), `key_of` says which calls have one cause,
    `announce` is called with each explanation, once; `prepare` then finds the edits that can be applied. `passed` is called once
    for a call that passes now and did not before, also before a reload.
    """

    target: str
    key_of: Callable[[JudgedCall], CauseKey | None]
    explain: Callable[[JudgedCall, int], Explanation | None]
    announce: Callable[[Explanation], None]
    passed: Callable[[JudgedCall], None] = _ignored
    prepare: Callable[[Explanation], tuple[Edit, ...]] = _nothing
    _calls: Calls = field(default_factory=Calls)
    _judged: Judge = field(init=False)
    _shown: OrderedDict[int, Shown] = field(default_factory=OrderedDict)
    _numbers: OrderedDict[CauseKey, int | None] = field(default_factory=OrderedDict)
    _explanations: dict[int, Explanation] = field(default_factory=dict)
    _failing: OrderedDict[_Signature, None] = field(default_factory=OrderedDict)
    _passed: int = 0
    _kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)
    _waiting: OrderedDict[int, float] = field(default_factory=OrderedDict)
    _version: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _noted: SimpleQueue[RecordedExchange] = field(default_factory=SimpleQueue)
    _to_explain: SimpleQueue[Callable[[], None]] = field(default_factory=SimpleQueue)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _is_running: bool = False

    def __post_init__(self) -> None:
        self._judged = Judge(self.target)

    def note(self, exchange: RecordedExchange) -> None:
        """Take an exchange to judge. Returns at once."""
        with self._lock:
            starts, self._is_running = not self._is_running, True
        if starts:
            threading.Thread(target=self._judge_all, name="corsense-judge", daemon=True).start()
            threading.Thread(target=self._explain_all, name="corsense-explain", daemon=True).start()
        if self._noted.qsize() < _MOST_WAITING:
            self._noted.put(exchange)

    def shown(self, since: int = 0) -> tuple[int, list[Shown]]:
        """The version now, and the calls that changed after version `since`, the oldest first."""
        with self._lock:
            return self._version, [shown for shown in self._shown.values() if shown.version > since]

    def call(self, number: int) -> Shown | None:
        """A call by its number; None where it is not kept."""
        with self._lock:
            return self._shown.get(number)

    def explanation(self, number: int) -> Explanation | None:
        """An explanation by its number."""
        with self._lock:
            return self._explanations.get(number)

    def explanations(self) -> list[Explanation]:
        """All explanations, the first one first."""
        with self._lock:
            return list(self._explanations.values())

    def mark(self, number: int, applied: str) -> None:
        """Keep what became of the fix of an explanation."""
        self._change(number, lambda explanation: replace(explanation, applied=applied))

    def offer(self, number: int, edits: tuple[Edit, ...]) -> None:
        """Show other edits as the fix of an explanation, or none."""
        self._change(number, lambda explanation: replace(explanation, edits=edits))

    def _change(self, number: int, change: Callable[[Explanation], Explanation]) -> None:
        """Replace an explanation, and show its calls anew."""
        with self._lock:
            if number in self._explanations:
                self._explanations[number] = change(self._explanations[number])
            for shown in list(self._shown.values()):
                if shown.cause == number:
                    self._put(shown)
        self._tell()

    def clear(self) -> None:
        """Forget the calls. Explanations stay, so that no cause is announced twice."""
        with self._lock:
            self._shown.clear()
            self._version += 1
        self._tell()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called after each change, from a thread of the session; what is returned ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                self._listeners.remove(listener)

        return end

    def _tell(self) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()

    def _put(self, shown: Shown) -> None:
        """Keep a call under a new version. The lock is held."""
        self._version += 1
        self._shown[shown.judged.call.number] = replace(shown, version=self._version)
        while len(self._shown) > MOST_CALLS:
            self._shown.popitem(last=False)

    def _judge_all(self) -> None:
        while True:
            try:
                exchange: RecordedExchange | None = self._noted.get(timeout=_LOOK_AGAIN if self._waiting else None)
            except Empty:
                exchange = None
            try:
                if exchange is not None:
                    self._judge(exchange)
                self._settle()
            except Exception:
                LOGGER.exception("CORS: the inspector could not judge a request; please report this")

    def _judge(self, exchange: RecordedExchange) -> None:
        judged = self._judged.verdict(self._calls.add(exchange))
        if judged is None:
            return
        self._waiting.pop(judged.call.number, None)
        if judged.verdict == "waiting" and judged.call.awaits_its_request and not judged.call.is_restored:
            self._waiting[judged.call.number] = time.monotonic()
            while len(self._waiting) > MOST_CALLS:
                self._waiting.popitem(last=False)
        self._take(judged)

    def _settle(self) -> None:
        """Judge the calls again whose request has not followed the preflight."""
        while self._waiting:
            number, since = next(iter(self._waiting.items()))
            if time.monotonic() - since < SETTLED_AFTER:
                return
            del self._waiting[number]
            call = self._calls.kept.get(number)
            judged = self._judged.settled(call) if call is not None else None
            if judged is not None:
                self._take(judged)

    def _take(self, judged: JudgedCall) -> None:
        """Show a verdict, and have its cause explained."""
        key = self.key_of(judged)
        with self._lock:
            number = self._numbers.get(key) if key is not None else None
            # The source may have changed since a call that was restored: it is explained once it is made again.
            is_new = not judged.call.is_restored and key is not None and key not in self._numbers and self._has_room(judged, key)
            if key is not None and is_new:
                self._numbers[key] = None
                while len(self._numbers) > _MOST_KEYS:
                    self._numbers.popitem(last=False)
            self._put(Shown(judged, 0, number, key))
            passes_now = self._passes_now(judged)
        self._tell()
        if key is not None and is_new:
            self._to_explain.put(partial(self._explain, key, judged))
        if passes_now and not judged.call.is_restored and self._passed < MOST_CAUSES:
            self._passed += 1
            self.passed(judged)

    def _has_room(self, judged: JudgedCall, key: CauseKey) -> bool:
        """Whether one more cause can be explained. The lock is held."""
        near = is_near(judged.call.page)
        alike = sum(count for (_, is_of_near), count in self._kinds.items() if is_of_near == near)
        of_kind, waiting = self._kinds[key[0], near], self._to_explain.qsize()
        return alike < MOST_CAUSES // 2 and of_kind < MOST_OF_A_KIND and waiting < _MOST_WAITING

    def _passes_now(self, judged: JudgedCall) -> bool:
        """Whether a call passes that failed when it was made before. The lock is held."""
        signatures = _signatures(judged)
        if judged.verdict == "allowed" and judged.suspect is None:
            before = len(self._failing)
            for signature in signatures:
                self._failing.pop(signature, None)
            return len(self._failing) < before
        if judged.slug is not None:
            self._failing[signatures[0]] = None
            while len(self._failing) > MOST_CALLS:
                self._failing.popitem(last=False)
        return False

    def _explain_all(self) -> None:
        while True:
            work = self._to_explain.get()
            try:
                work()
            except Exception:
                LOGGER.exception("CORS: the inspector could not explain a cause; please report this")

    def _explain(self, key: CauseKey, judged: JudgedCall) -> None:
        with self._lock:
            number = len(self._explanations) + 1
            if not self._has_room(judged, key):
                return
        try:
            explanation = self.explain(judged, number)
        except Exception:
            LOGGER.exception("CORS: the inspector could not explain a request; please report this")
            explanation = None
            if judged.position is not None:
                explanation = Explanation(number, judged.report, judged.position, judged=judged)
        if explanation is None:
            return
        with self._lock:
            known = self._known(explanation)
            is_news = not any(explanation.identities <= one.identities for one in self._explanations.values())
            if known is None:
                self._explanations[number] = explanation
                self._kinds[key[0], is_near(judged.call.page)] += 1
            number = known.number if known is not None else number
            self._numbers[key] = number
            for shown in list(self._shown.values()):
                if shown.key == key:
                    self._put(replace(shown, cause=number))
        if is_news:
            self.announce(explanation)
        if known is None:
            self._to_explain.put(partial(self._prepare, explanation))
        self._tell()

    def _prepare(self, explanation: Explanation) -> None:
        """Find what can be applied, after the explanations that wait."""
        edits = self.prepare(explanation)
        if edits:
            self.offer(explanation.number, edits)

    def _known(self, explanation: Explanation) -> Explanation | None:
        """An earlier explanation that says the same, no more and no less: its edits are those that this call needs. The lock is
        held."""
        return next((one for one in self._explanations.values() if explanation.identities == one.identities), None)


_Signature = tuple[str, str, str, str, str]


def _signatures(judged: JudgedCall) -> tuple[_Signature, ...]:
    """What makes a later call the same one, made again: page, method, route, the headers that the preflight names, credentials.
    The second one is that of a call whose preflight failed, which does not show credentials."""
    call, request = judged.call, judged.result.trace.request
    preflight = next((one.entry.request for one in call.exchanges if one.entry.request.preflight), None)
    named = (preflight.header("Access-Control-Request-Headers") or "").lower() if preflight is not None else ""
    same = (call.page, request.method, call.route or request.url.partition("?")[0], named)
    only_preflight = (*same, "not shown")
    if all(one.entry.request.preflight for one in call.exchanges):
        return (only_preflight,)
    return (*same, request.credentials), only_preflight
