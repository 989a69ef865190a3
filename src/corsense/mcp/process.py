"""One call of a tool, in a process of its own: the server stays free, and a call can be ended whatever it is doing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE
from typing import Any

import anyio
from anyio.abc import Process

from corsense.errors import InputError

Progress = Callable[[int, int, str], Awaitable[None]]
"""Is called with how many are done of how many, and of what."""

_LONGEST_RESULT = 64_000_000
"""Bytes of a result that are read at most."""
_GRACE = 3.0
"""Seconds that a process gets to end the app that it runs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returns: the JSON document, and the text of it for people."""

    document: dict[str, Any]
    text: str


async def call_in_process(command: Sequence[str], call: dict[str, Any], seconds: float, progress: Progress) -> Answer:
    """Run `command`, write it `call` as a line of JSON, and read its answer. When this is cancelled, or takes longer than
    `seconds`, the process and the app that it runs are ended.

    Raises:
        InputError: the call could not do its work; the sentence says why.
    """
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    process = await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, start_new_session=True)
    try:
        with anyio.fail_after(seconds):
            assert process.stdin is not None
            # The pipe stays open: the process ends when it closes, which also happens when this program is killed.
            await process.stdin.send(json.dumps(call).encode() + b"\n")
            return await _answer(process, progress)
    except TimeoutError:
        raise InputError(
            f"the call took longer than {seconds:g} s and was ended; name fewer requests or paths, or start corsense mcp with a "
            "larger --time-limit."
        ) from None
    except anyio.BrokenResourceError:
        raise InputError(_ENDED) from None
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


_ENDED = "the process of the call ended without an answer; check the app with `corsense check` in a terminal."


async def _answer(process: Process, progress: Progress) -> Answer:
    async for line in _lines(process):
        message = json.loads(line)
        if "progress" in message:
            await progress(*message["progress"])
        elif "error" in message:
            raise InputError(message["error"])
        else:
            return Answer(message["document"], message["text"])
    raise InputError(_ENDED)


async def _lines(process: Process) -> AsyncIterator[bytes]:
    assert process.stdout is not None
    parts: list[bytes] = []
    size = 0
    async for chunk in process.stdout:
        size += len(chunk)
        if size > _LONGEST_RESULT:
            raise InputError("the result is larger than 64 MB; name the requests or paths that matter.")
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield b"".join((*parts, piece))
            parts.clear()
        if rest:
            parts.append(rest)


def _signal(process: Process, number: signal.Signals) -> None:
    # `process.terminate()` would collect the exit status, which the event loop waits for.
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)


async def _end(process: Process) -> None:
    """Let the process end the app that it runs, then see that it is gone."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with anyio.move_on_after(_GRACE):
            await process.wait()
    if process.returncode is None:
        _signal(process, signal.SIGKILL)
        await process.wait()
    await process.aclose()
