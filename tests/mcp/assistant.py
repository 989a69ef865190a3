"""A client of `corsense mcp`, as an assistant runs it: the official SDK over standard input and output, no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.cli.commands import COMMAND

pytest.importorskip("mcp")

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client


@dataclass(frozen=True)
class Answer:
    """What a tool returned."""

    is_error: bool
    text: str
    document: dict[str, Any]

    @property
    def faults(self) -> list[str]:
        """The slugs of the errors and warnings."""
        return [finding["slug"] for finding in self.document["findings"] if finding["severity"] != "info"]


@dataclass(frozen=True)
class Assistant:
    """Calls tools, one after the other. `progress` collects what the last call reported."""

    portal: BlockingPortal
    client: Client
    progress: list[tuple[float, float | None]] = field(default_factory=list)

    def call(self, name: str, /, **arguments: object) -> Answer:
        answer: Answer = self.portal.call(self.calling, name, arguments)
        return answer

    async def calling(self, name: str, arguments: dict[str, Any]) -> Answer:
        self.progress.clear()

        async def report(progress: float, total: float | None, message: str | None) -> None:
            self.progress.append((progress, total))

        result = await self.client.call_tool(name, arguments, progress_callback=report)
        (content,) = result.content
        assert content.type == "text"
        return Answer(result.is_error, content.text, result.structured_content or {})


@contextmanager
def assistant(folder: Path, *options: str, environment: dict[str, str] | None = None) -> Iterator[Assistant]:
    """A client of `corsense mcp` in `folder`."""
    server = StdioServerParameters(command=str(COMMAND), args=["mcp", *options], cwd=folder, env=environment)
    with start_blocking_portal() as portal:
        connected: AbstractAsyncContextManager[Client] = Client(stdio_client(server))
        with portal.wrap_async_context_manager(connected) as client:
            yield Assistant(portal, client)
