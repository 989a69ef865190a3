"""Start-up and shutdown of an app, as a server does them. Source: ASGI, *Lifespan protocol*."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .tracebacks import LONGEST_TRACEBACK, traceback_text

if TYPE_CHECKING:
    from .exchange import AsgiApp


class Lifespan:
    """Start-up and shutdown of an app, as a server does them."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.error: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the start-up. What fails is kept in `error`; an app without lifespan is fine."""
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._started = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._started

    async def stop(self, time_limit: float = 5.0) -> None:
        """Run the shutdown, for `time_limit` seconds at most."""
        if self._task is None or self._task.done():
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=time_limit)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException:
            # An app that raises here without an answer counts as one without lifespan, as in servers.
            pass
        finally:
            if not self._started.done():
                self._started.set_result(None)

    async def _send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "lifespan.startup.failed":
            raised = sys.exc_info()[1]
            self.error = traceback_text(raised) if raised is not None else str(message.get("message", ""))[:LONGEST_TRACEBACK]
        if message["type"].startswith("lifespan.startup") and not self._started.done():
            self._started.set_result(None)
