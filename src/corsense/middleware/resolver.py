"""Origins that only a function of the user's can decide: called with a time limit, cached for a while, refused in doubt."""

from __future__ import annotations

import contextvars
import inspect
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from corsense.middleware.event_loop import EventLoop, Waiter, current_loop
from corsense.middleware.worker_threads import WorkerThreads
from corsense.policy.resolver import is_admission, is_asked_about

if TYPE_CHECKING:
    from corsense.policy import Resolver, ResolverSettings

LOGGER: Final = logging.getLogger("corsense")
MOST_AT_ONCE: Final = 100
"""How many origins are asked about at the same time; more are refused."""
MOST_THREADS: Final = 16
"""In how many threads a function that is not asynchronous runs at the same time."""
COMPLAINT_SECONDS: Final = 60
"""How often a failure is logged at most: an endpoint that is down would fill the log."""


class OriginResolver:
    """Asks a resolver. Fails closed: an error or a cancellation inside it, no answer in time, a late one, an answer that is not
    `True`, too many questions at once, an `Origin` that no browser sends: all are a refusal.

    Failures are not remembered, so that the next request asks again. The same question is asked once at a time, also by several
    event loops. A coroutine function runs in the loop that asked first, under asyncio and trio; any other function runs in one
    of `MOST_THREADS` threads that belong to this resolver alone, so that one which hangs takes no thread from the app.
    """

    def __init__(self, settings: ResolverSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()
        self._questions: dict[bytes, _Question] = {}
        self._running = 0
        self._threads = _threads_of(settings.resolve)
        self._complained_at = float("-inf")

    async def admits(self, origin: bytes) -> bool:
        """Whether the resolver says `True` to this origin. Raises nothing but the cancellation of the caller."""
        known = self._answers.get(origin)
        if known is not None and self._clock() < known[0]:
            return known[1]
        text = origin.decode("latin-1")
        if not is_asked_about(text):
            return False
        loop = current_loop()
        waiter = loop.waiter()
        question, is_new = self._join(origin, waiter)
        if question is None:
            return False
        try:
            if is_new:
                self._start(question, text, loop)
            await waiter.wait(max(0.0, question.deadline - self._clock()))
        finally:
            with self._lock:
                question.waiters.discard(waiter)
        if not question.answered:
            self._complain(TimeoutError())
        return question.admitted

    def _join(self, origin: bytes, waiter: Waiter) -> tuple[_Question | None, bool]:
        """The question about an origin, and whether it is yet to be asked; None beyond `MOST_AT_ONCE`."""
        with self._lock:
            now = self._clock()
            question = self._questions.get(origin)
            # One whose time is up may never end; its answer no longer counts.
            is_new = question is None or question.answered or now >= question.deadline
            if is_new:
                if self._running >= MOST_AT_ONCE:
                    return None, False
                self._running += 1
                question = self._questions[origin] = _Question(origin, now + self._settings.timeout)
            assert question is not None
            question.waiters.add(waiter)
            return question, is_new

    def _start(self, question: _Question, text: str, loop: EventLoop) -> None:
        resolve = self._settings.resolve
        if inspect.iscoroutinefunction(resolve) or inspect.iscoroutinefunction(getattr(resolve, "__call__", None)):  # noqa: B004
            loop.spawn(lambda: self._await(question, lambda: resolve(text), loop))
            return
        context = contextvars.copy_context()
        try:
            self._threads.submit(lambda: context.run(self._call, question, lambda: resolve(text), loop))
        except RuntimeError as error:
            self._complain(error)
            self._answer(question, None)

    def _call(self, question: _Question, resolve: Callable[[], object], loop: EventLoop) -> None:
        """Ask a function, in a thread."""
        admitted: bool | None = None
        try:
            if self._clock() < question.deadline:
                answer = resolve()
                if inspect.isawaitable(answer):
                    loop.spawn_from_thread(lambda: self._await(question, lambda: answer, loop))
                    return
                admitted = self._read(answer)
        except BaseException as error:  # in a thread, SystemExit and the like end only the question
            self._complain(error)
        self._answer(question, admitted)

    async def _await(self, question: _Question, resolve: Callable[[], object], loop: EventLoop) -> None:
        """Ask a coroutine function, beside the request: the first request may end while others wait for the same answer."""
        admitted: bool | None = None
        try:
            answer = resolve()
            if isinstance(answer, Awaitable):
                answer = await loop.within(max(0.0, question.deadline - self._clock()), answer)
            admitted = self._read(answer)
        except KeyboardInterrupt:
            raise
        # CancelledError, GeneratorExit: of something inside the resolver, or because the loop ends.
        except BaseException as error:
            self._complain(error)
        finally:
            self._answer(question, admitted)

    def _read(self, answer: object) -> bool:
        if not is_admission(answer) and answer:
            self._complain(TypeError(f"it returned a value of type {type(answer).__name__}, and only True allows an origin"))
        return is_admission(answer)

    def _answer(self, question: _Question, admitted: bool | None) -> None:
        """End a question; None when the resolver failed. From any thread."""
        with self._lock:
            self._running -= 1
            if self._questions.get(question.origin) is question:
                del self._questions[question.origin]
            late = self._clock() > question.deadline
            if admitted is not None and not late:
                question.admitted = admitted
                self._remember(question.origin, admitted)
            question.answered = not late
            waiters = tuple(question.waiters)
        for waiter in waiters:
            waiter.wake()

    def _remember(self, origin: bytes, admitted: bool) -> None:
        self._answers.pop(origin, None)
        if self._settings.ttl > 0:
            self._answers[origin] = (self._clock() + self._settings.ttl, admitted)
        while len(self._answers) > self._settings.cache_size:
            self._answers.popitem(last=False)

    def _complain(self, error: BaseException) -> None:
        if self._clock() - self._complained_at < COMPLAINT_SECONDS:
            return
        self._complained_at = self._clock()
        if isinstance(error, TimeoutError):
            LOGGER.error("CORS: origin_resolver gave no answer within %g s: the origin is refused.", self._settings.timeout)
        else:
            LOGGER.error("CORS: origin_resolver failed: the origin is refused.", exc_info=error)


# A policy that replaces another asks the same function in the same threads, and one that hangs fills them once.
_THREADS: WeakValueDictionary[Resolver, WorkerThreads] = WeakValueDictionary()


def _threads_of(resolve: Resolver) -> WorkerThreads:
    try:
        threads = _THREADS.get(resolve) or WorkerThreads(MOST_THREADS)
        _THREADS[resolve] = threads
    except TypeError:  # a callable object that has no hash
        threads = WorkerThreads(MOST_THREADS)
    return threads


class _Question:
    """One origin that a resolver is asked about. It has until `deadline`, by the clock of its `OriginResolver`."""

    __slots__ = ("admitted", "answered", "deadline", "origin", "waiters")

    def __init__(self, origin: bytes, deadline: float) -> None:
        self.origin = origin
        self.deadline = deadline
        self.waiters: set[Waiter] = set()
        self.answered = False
        self.admitted = False
