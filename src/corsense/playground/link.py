"""What a link to an answer holds: the question, without the secrets of recordings, copied calls and console text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corsense._redaction import Redactor
from corsense.fetch import FetchRequest
from corsense.playground.question import Question

LONGEST = 60_000
"""Characters of a question that a link holds at most; it is compressed, and longer addresses are cut on their way."""
MOST_FETCHES = 50


@dataclass(frozen=True, slots=True)
class Link:
    """`state` is the question that the link holds; None, with the reason in `why_not`, where none can."""

    state: dict[str, Any] | None = None
    why_not: str | None = None


def link_to(asked: Question, *, recording: Path | None = None, request: FetchRequest | None = None) -> Link:
    """What a link to the answer of a question holds."""
    known = Redactor()
    state: dict[str, Any] = {"kind": asked.kind}
    if asked.kind == "recording" and recording is not None:
        state["text"] = masked_recording(recording)
    elif asked.kind == "request" and request is not None:
        from corsense.report.snippets import fetch_snippet

        state["text"] = fetch_snippet(request)
        state["origin"] = request.origin
    elif asked.kind == "console":
        state["text"] = known.text(asked.text)
    else:
        state["text"] = asked.text
    if asked.files:
        state["files"] = [list(pair) for pair in asked.files]
    if asked.origin:
        state["origin"] = asked.origin
    for name in ("response", "preflight"):
        if lines := getattr(asked, name):
            state[name] = _masked_lines(lines, known)
    size = sum(len(text) for text in (state["text"], *(text for pair in asked.files for text in pair), asked.response))
    if size > LONGEST:
        return Link(None, "This is too long for a link.")
    return Link(state)


def _masked_lines(text: str, known: Redactor) -> str:
    """Header lines without secrets. A line that is no header is left out: nothing tells what it holds."""
    kept = []
    for line in text.splitlines():
        line = line.strip().removeprefix("<").strip()
        name, colon, value = line.partition(":")
        if line.upper().startswith("HTTP/") or not line:
            kept.append(line)
        elif colon and name:
            kept.append(": ".join(known.headers([(name.strip(), value.strip())])[0]))
    return "\n".join(kept)


def masked_recording(path: Path) -> str:
    """A HAR file with what the judgement needs of a recording, and nothing else: the first calls of pages to other origins, each
    value of a header, a URL or a body that may be secret replaced."""
    from corsense.report.masked_recording import har_log, masked_entry
    from corsense.transports.har import read_har

    known = Redactor()
    entries = [entry for fetch in read_har(path)[:MOST_FETCHES] for entry in fetch.entries]
    document = har_log(masked_entry(entry, known) for entry in entries)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
