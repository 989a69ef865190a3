"""The server: its tools, and how a call becomes a process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import anyio
import anyio.to_thread
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server

from corsense import __version__
from corsense.errors import InputError
from corsense.mcp.boundary import Boundary
from corsense.mcp.process import call_in_process
from corsense.mcp.tools import INSTRUCTIONS, TOOLS, Tool, find_tool

_MOST_AT_ONCE = 4
"""Calls that run at the same time; more wait."""
_LONGEST_TEXT = 30_000
"""Characters of the text of an answer; the document has all of it."""


@dataclass(frozen=True, slots=True)
class ToolServer:
    """The tools of `corsense mcp`.

    - `command`: the program that does the work of one call (see `call_in_process`).
    - `boundary`: what the calls may touch.
    - `seconds`: how long one call may take.
    """

    command: Sequence[str]
    boundary: Boundary
    seconds: float
    _slots: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_MOST_AT_ONCE), repr=False)

    async def serve(self) -> None:
        """Serve standard input and output until the client closes them."""
        async with stdio_server() as (reading, writing):
            server = self._server()
            await server.run(reading, writing, server.create_initialization_options())

    def _server(self) -> Server[Any]:
        return Server(
            "corsense",
            version=__version__,
            title="corsense: CORS for FastAPI and Starlette",
            instructions=INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )

    async def _list(self, context: Any, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=await anyio.to_thread.run_sync(_described, self.boundary))

    async def _call(self, context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            arguments = find_tool(params.name).read(params.arguments or {})
            call = {"tool": params.name, "arguments": arguments.model_dump(), "boundary": asdict(self.boundary)}

            async with self._slots:
                answer = await call_in_process(self.command, call, self.seconds, _Progress(context.session))
        except InputError as error:
            return types.CallToolResult(content=[types.TextContent(type="text", text=str(error))], is_error=True)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=_shortened(answer.text))], structured_content=answer.document
        )


@dataclass(slots=True)
class _Progress:
    """Reports progress that never falls: a call that repairs tries its requests several times."""

    session: ServerSession
    before: int = 0
    done: int = 0

    async def __call__(self, done: int, total: int, what: str) -> None:
        if self.before + done < self.done:
            self.before = self.done
        self.done = self.before + done
        await self.session.report_progress(self.done, self.before + total, what)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    return text[: text.rfind("\n", 0, _LONGEST_TEXT)] + "\n... The text is cut here; the structured content has all of it."


def _described(boundary: Boundary) -> list[types.Tool]:
    return [_description(name, tool, boundary) for name, tool in TOOLS.items()]


def _description(name: str, tool: Tool, boundary: Boundary) -> types.Tool:
    from corsense.report.schemas import document_schema  # the documents take time to import, and are needed once

    # What endpoints do is not known.
    changes = tool.writes or (boundary.runs_endpoints and "run_endpoints" in tool.arguments.model_fields)
    return types.Tool(
        name=name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        output_schema=document_schema(tool.document),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=not changes,
            destructive_hint=changes,
            idempotent_hint=not (boundary.runs_endpoints and changes),
            open_world_hint=False,
        ),
    )


def serve(boundary: Boundary, seconds: float) -> None:
    """Serve the tools on standard input and output, until the client closes them."""
    server = ToolServer((sys.executable, "-P", "-m", "corsense.cli.tool_call"), boundary, seconds)
    anyio.run(server.serve)
