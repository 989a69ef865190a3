"""`Session`: what the inspector knows: the calls since it started, each judged, and the explanation of each cause."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Final

from corsense.check.results import Report
from corsense.dev.inspector.calls import MOST_CALLS, Calls
from corsense.dev.inspector.judging import JudgedCall, judge
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.finding import Finding

LOGGER: Final = logging.getLogger("corsense")
MOST_CAUSES: Final = 200
"""Causes that are explained in one session."""
_MOST_WAITING = 1_000

CauseKey = tuple[str, ...]
"""What two calls have in common that are refused for one cause: its slug first."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A cause, explained: `finding` is at `position` in the findings of `report`, which is a check of the app with the request
    of a call, or where the app cannot be checked, of the call as it was recorded. `number` counts the causes of a session.
    `applied` says what became of its fix: None before it is asked for."""

    number: int
    report: Report
    position: int
    applied: str | None = None

    @property
    def finding(self) -> Finding:
        """The cause, with its place, its evidence and its fix."""
        return self.report.findings[self.position]


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as the page shows it. `version` rises with each change of any call; `cause` is the number of its explanation, None
    where nothing is wrong or the explanation is not there yet."""

    judged: JudgedCall
    version: int
    cause: int | None = None


@dataclass(slots=True)
class Session:
    """Judges what is noted, in a thread of its own; explains each cause once, in another; and tells listeners.

    `explain` finds the cause of a call in the app (None: it could not), `key_of` says which calls have one cause, `announce` is
    called with each explanation, once.
    """

    target: str
    key_of: Callable[[JudgedCall], CauseKey | None]
    explain: Callable[[JudgedCall, int], Explanation]
    announce: Callable[[Explanation], None]
    _calls: Calls = field(default_factory=Calls)
    _shown: OrderedDict[int, Shown] = field(default_factory=OrderedDict)
    _explained: dict[CauseKey, Explanation | None] = field(default_factory=dict)
    _version: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _noted: SimpleQueue[RecordedExchange] = field(default_factory=SimpleQueue)
    _to_explain: SimpleQueue[tuple[CauseKey, JudgedCall]] = field(default_factory=SimpleQueue)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _is_running: bool = False

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
            return next((one for one in self._explained.values() if one is not None and one.number == number), None)

    def explanations(self) -> list[Explanation]:
        """All explanations, the first one first."""
        with self._lock:
            return [one for one in self._explained.values() if one is not None]

    def mark(self, number: int, applied: str) -> None:
        """Keep what became of the fix of an explanation."""
        with self._lock:
            for key, one in self._explained.items():
                if one is not None and one.number == number:
                    self._explained[key] = replace(one, applied=applied)
            for shown in self._shown.values():
                if shown.cause == number:
                    self._put(replace(shown, version=0))
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
            exchange = self._noted.get()
            try:
                self._judge(exchange)
            except Exception:
                LOGGER.exception("CORS: the inspector could not judge a request; please report this")

    def _judge(self, exchange: RecordedExchange) -> None:
        judged = judge(self._calls.add(exchange), self.target)
        if judged is None:
            return
        key = self.key_of(judged)
        with self._lock:
            known = self._explained.get(key) if key is not None else None
            # The source may have changed since a call that was restored: it is explained once it is made again.
            is_new = not judged.call.is_restored and key is not None and key not in self._explained
            is_new = is_new and len(self._explained) < MOST_CAUSES
            if key is not None and is_new:
                self._explained[key] = None
            self._put(Shown(judged, 0, known.number if known is not None else None))
        self._tell()
        if key is not None and is_new:
            self._to_explain.put((key, judged))

    def _explain_all(self) -> None:
        while True:
            key, judged = self._to_explain.get()
            try:
                self._explain(key, judged)
            except Exception:
                LOGGER.exception("CORS: the inspector could not announce a cause; please report this")

    def _explain(self, key: CauseKey, judged: JudgedCall) -> None:
        number = len(self.explanations()) + 1
        try:
            explanation = self.explain(judged, number)
        except Exception:
            LOGGER.exception("CORS: the inspector could not explain a request; please report this")
            explanation = Explanation(number, judged.report, judged.position or 0)
        with self._lock:
            self._explained[key] = explanation
            for shown in list(self._shown.values()):
                if self.key_of(shown.judged) == key:
                    self._put(replace(shown, cause=number))
        self.announce(explanation)
        self._tell()
