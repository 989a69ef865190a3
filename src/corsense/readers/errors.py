"""`InputError`: what the user handed over cannot be used."""

from __future__ import annotations

_LONGEST_QUOTE = 60


class InputError(ValueError):
    """What the user handed over cannot be used. The message is one sentence that names the value and what to do instead."""


def quoted(value: object) -> str:
    """`value` as a sentence can quote it: on one line, unambiguous, cut when it is long."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    return repr(text)
