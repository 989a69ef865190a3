"""The event loop that a request runs in, asyncio's or trio's: to start work beside the request, and to wait for it."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

Work = Callable[[], Coroutine[Any, Any, None]]


class Waiter(Protocol):
    """Waits once, in its own loop; `wake` may be called from any thread."""

    async def wait(self, seconds: float) -> None:
        """Return when `wake` is called, after `seconds` at the latest."""

    def wake(self) -> None:
        """End the wait; nothing when its loop has ended."""


class EventLoop(Protocol):
    """One running loop."""

    def spawn(self, work: Work) -> None:
        """Run `work` beside the request, which may end first. `work` must not raise. To be called in the loop itself."""

    def spawn_from_thread(self, work: Work) -> None:
        """The same from another thread. Raises `RuntimeError` when the loop has ended."""

    def waiter(self) -> Waiter:
        """A new `Waiter` of this loop."""

    async def within(self, seconds: float, answer: Awaitable[object]) -> object:
        """The result of `answer`. Raises `TimeoutError` when it takes longer; what `answer` raises."""


def current_loop() -> EventLoop:
    """The loop that runs the caller. Raises `RuntimeError` outside of one."""
    trio = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError, AttributeError):
            trio.lowlevel.current_task()
            return _TrioLoop(trio)
    return _AsyncioLoop(asyncio.get_running_loop())


# A loop keeps only weak references to its tasks.
_TASKS: set[asyncio.Task[None]] = set()


class _AsyncioLoop:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def spawn(self, work: Work) -> None:
        task = self._loop.create_task(work())
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)

    def spawn_from_thread(self, work: Work) -> None:
        self._loop.call_soon_threadsafe(self.spawn, work)

    def waiter(self) -> Waiter:
        return _AsyncioWaiter(self._loop)

    async def within(self, seconds: float, answer: Awaitable[object]) -> object:
        async with asyncio.timeout(seconds):
            return await answer


class _AsyncioWaiter:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._woken: asyncio.Future[None] = loop.create_future()

    async def wait(self, seconds: float) -> None:
        alarm = self._loop.call_later(seconds, self._end)
        try:
            await self._woken
        finally:
            alarm.cancel()

    def wake(self) -> None:
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self._woken.done():
            self._woken.set_result(None)


class _TrioLoop:
    def __init__(self, trio: Any) -> None:
        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()

    def spawn(self, work: Work) -> None:
        self._trio.lowlevel.spawn_system_task(work, context=contextvars.copy_context())

    def spawn_from_thread(self, work: Work) -> None:
        try:
            self._token.run_sync_soon(self.spawn, work)
        except self._trio.RunFinishedError as error:
            raise RuntimeError("the event loop has ended") from error

    def waiter(self) -> Waiter:
        return _TrioWaiter(self._trio, self._token)

    async def within(self, seconds: float, answer: Awaitable[object]) -> object:
        with self._trio.move_on_after(seconds):
            return await answer
        raise TimeoutError


class _TrioWaiter:
    def __init__(self, trio: Any, token: Any) -> None:
        self._trio = trio
        self._token = token
        self._woken = trio.Event()

    async def wait(self, seconds: float) -> None:
        with self._trio.move_on_after(seconds):
            await self._woken.wait()

    def wake(self) -> None:
        with suppress(self._trio.RunFinishedError):
            self._token.run_sync_soon(self._woken.set)
