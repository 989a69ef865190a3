"""Two values side by side, exactly as they are, with the part that differs marked."""

from __future__ import annotations

import os.path


def marked_difference(value: str, other: str) -> tuple[str, str]:
    """`value` as `repr` writes it, and a line of `^` below what lies between the beginning and the end that it shares with `other`.

    Where `value` only lacks something that `other` has, the mark stands where it is missing.
    """
    shown, shown_other = repr(value), repr(other)
    if shown == shown_other:
        return shown, ""
    head = len(os.path.commonprefix([shown, shown_other]))
    rest, rest_other = shown[head:][::-1], shown_other[head:][::-1]
    tail = len(os.path.commonprefix([rest, rest_other]))
    return shown, " " * head + "^" * max(1, len(shown) - head - tail)
