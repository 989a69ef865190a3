"""What browsers print for a fetch, and what a printed message means.

`console` writes the lines of one engine's console for a `Trace`. `corsense.console.parse.parse` reads any pasted text and returns
the messages in it. Both use the same templates: what prints a sentence also recognises it.
"""

from __future__ import annotations

from corsense.fetch.trace import EngineName, Trace

__all__ = ["console"]


def console(trace: Trace, engine: EngineName) -> list[str]:
    """The lines that the console of `engine` shows for this fetch, verbatim and in order (`standard` speaks as Chromium).

    For another engine than the one that ran, the recorded answers are judged again by that engine; where it would have needed
    an answer that was not recorded, the trace's own outcome is printed in its words.
    """
    from corsense.console import chromium, firefox, webkit
    from corsense.console.context import Context
    from corsense.console.replay import judged_by

    reported = trace if engine in (trace.engine, "standard") else judged_by(engine, trace) or trace
    if trace.request.initiator == "websocket":
        from corsense.console import websocket

        return websocket.lines(reported, engine)
    lines = {"firefox": firefox.lines, "webkit": webkit.lines}.get(engine, chromium.lines)
    return lines(Context(reported))
