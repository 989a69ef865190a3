"""Two values side by side, exactly as they are, with the part that differs marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile


def marked_difference(value: str, other: str) -> tuple[str, str]:
    """`value` as `repr` writes it, and a line of `^` below what lies between the beginning and the end that it shares with
    `other`.

    Where `value` only lacks something that `other` has, the mark stands where it is missing.
    """
    shown, shown_other = repr(value), repr(other)
    if shown == shown_other:
        return shown, ""
    head = shared_head(shown, shown_other)
    tail = shared_head(shown[head:][::-1], shown_other[head:][::-1])
    return shown, " " * head + "^" * max(1, len(shown) - head - tail)


def shared_head(one: Sequence[object], other: Sequence[object]) -> int:
    """How many characters two texts, or lines two lists of them, have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
