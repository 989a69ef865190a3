"""Characters that control a terminal: output of a server or an app must not send them there."""

from __future__ import annotations

import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters except tab and line feed, and those that change the writing direction."""


def harmless(text: str) -> str:
    """`text` with control characters spelled out, so that a server's answer cannot write to the terminal."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
