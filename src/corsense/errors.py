"""`InputError`: the user's input cannot be used; and how its sentences quote values and suggest others."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST_QUOTE = 60


class InputError(ValueError):
    """The user's input cannot be used. The message is one sentence that names the value and what to do instead."""


def quoted(value: object) -> str:
    """`value` as a sentence can quote it: on one line, unambiguous, cut when it is long."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    return repr(text)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, None when none is close. Case does not matter."""
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(name[:100].lower(), list(by_lower), 1)
    return by_lower[near[0]] if near else None
