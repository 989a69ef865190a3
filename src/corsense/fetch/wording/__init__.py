"""What browsers print for a fetch, and what a printed message means.

`console` writes the lines of one engine's console for a `Trace`. `parse` reads any pasted text and returns the messages in it.
Both use the same templates: what prints a sentence also recognises it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense.fetch.trace import EngineName, Trace

if TYPE_CHECKING:
    from corsense.fetch.wording.parse import Message

__all__ = ["console", "parse"]


def console(trace: Trace, engine: EngineName) -> list[str]:
    """The lines that the console of `engine` shows for this fetch, verbatim and in order (`standard` speaks as Chromium).

    For another engine than the one that ran, the recorded answers are judged again by that engine; where it would have needed
    an answer that was not recorded, the trace's own outcome is told in its words.
    """
    from corsense.fetch.wording import chromium, firefox, webkit
    from corsense.fetch.wording.replay import judged_by
    from corsense.fetch.wording.story import Story

    told = trace if engine in (trace.engine, "standard") else judged_by(engine, trace) or trace
    if trace.request.initiator == "websocket":
        from corsense.fetch.wording import websocket

        return websocket.lines(told, engine)
    lines = {"firefox": firefox.lines, "webkit": webkit.lines}.get(engine, chromium.lines)
    return lines(Story(told))


def parse(text: str) -> list[Message]:
    """Every message in `text`, in the order in which they stand there. See `corsense.fetch.wording.parse`."""
    from corsense.fetch.wording.parse import parse as read

    return read(text)
