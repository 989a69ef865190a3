"""Origins that only a function of the user's can tell: asked with a time limit, remembered for a while, refused in doubt."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from corsense.origin import Origin

if TYPE_CHECKING:
    from corsense.policy import ResolverSettings

LOGGER: Final = logging.getLogger("corsense")
MOST_AT_ONCE: Final = 100
"""How many origins are asked about at the same time; beyond that the answer is no."""


class Resolving:
    """Asks a resolver. Fails closed: an error, no answer in time, an answer that is not `True`, too many questions at once, an
    `Origin` that no browser sends: all are a no.

    Failures are not remembered, so that the next request asks again. The same question is asked once at a time. A function that
    is not asynchronous runs in a thread.
    """

    def __init__(self, settings: ResolverSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._answers: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()
        self._asking: dict[bytes, asyncio.Future[bool]] = {}
        self._warned_at = float("-inf")

    async def admits(self, origin: bytes) -> bool:
        """Whether the resolver says `True` to this origin. Never raises."""
        known = self._answers.get(origin)
        if known is not None and self._clock() < known[0]:
            return known[1]
        asking = self._asking.get(origin)
        if asking is not None:
            return await asyncio.shield(asking)
        text = origin.decode("latin-1")
        if len(self._asking) >= MOST_AT_ONCE or Origin.parse(text) is None:
            return False
        # In a task of its own: the first asker may go away while others wait for the same answer.
        asking = asyncio.ensure_future(self._ask(origin, text))
        self._asking[origin] = asking
        asking.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(asking)

    async def _ask(self, origin: bytes, text: str) -> bool:
        try:
            async with asyncio.timeout(self._settings.timeout):
                answer = await self._call(text)
        except Exception as error:
            self._complain(error)
            return False
        admitted = answer is True
        self._answers.pop(origin, None)
        if self._settings.ttl > 0:
            self._answers[origin] = (self._clock() + self._settings.ttl, admitted)
        while len(self._answers) > self._settings.cache_size:
            self._answers.popitem(last=False)
        return admitted

    async def _call(self, text: str) -> object:
        resolver = self._settings.resolve
        if inspect.iscoroutinefunction(resolver) or inspect.iscoroutinefunction(getattr(resolver, "__call__", None)):  # noqa: B004
            return await resolver(text)  # type: ignore[misc]
        answer = await asyncio.to_thread(resolver, text)
        return await answer if inspect.isawaitable(answer) else answer

    def _complain(self, error: Exception) -> None:
        """Once a minute: an endpoint that is down would fill the log."""
        if self._clock() - self._warned_at < 60:
            return
        self._warned_at = self._clock()
        if isinstance(error, TimeoutError):
            LOGGER.error("CORS: origin_resolver gave no answer within %g s: the origin is refused.", self._settings.timeout)
        else:
            LOGGER.error("CORS: origin_resolver failed: the origin is refused.", exc_info=error)
