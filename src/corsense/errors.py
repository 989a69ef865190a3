"""`InputError`: the user's input cannot be used; and how its sentences quote values and suggest others."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_LONGEST_QUOTE = 60


class InputError(ValueError):
    """The user's input cannot be used. The message is one sentence that names the value and what to do instead."""


def quoted(value: object) -> str:
    """`value` as a sentence can quote it: on one line, unambiguous, cut when it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # a number of thousands of digits
        return f"a {type(value).__name__} too long to show"
    if len(text) > _LONGEST_QUOTE:
        text = text[: _LONGEST_QUOTE - 1] + "…"
    if not isinstance(value, str):
        return text
    # The backslashes of a path stay as they were typed.
    return f"'{text}'" if text.isprintable() and "'" not in text else repr(text)


def no_such_path(path: Path) -> InputError:
    """The error for a file or folder that does not exist, with the one that was probably meant."""
    turned = Path(str(path).replace("\\", "/"))
    if turned != path and turned.exists():
        return InputError(f"there is no file or folder {quoted(str(path))}; did you mean {quoted(str(turned))}?")
    try:
        near = nearest(path.name, os.listdir(path.parent))
    except OSError:
        near = None
    hint = f"; did you mean {quoted(str(path.with_name(near)))}?" if near is not None else "."
    return InputError(f"there is no file or folder {quoted(str(path))}{hint}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be, None when none is close. Case does not matter."""
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(name[:100].lower(), list(by_lower), 1)
    return by_lower[near[0]] if near else None
