"""Two values side by side, exactly as they are, with the part that differs marked."""

from __future__ import annotations

from difflib import SequenceMatcher


def marked_difference(value: str, other: str) -> tuple[str, str]:
    """`value` as `repr` writes it, and a line of `^` below the characters that are not in `other` at their place.

    Where `value` only lacks something that `other` has, the mark stands where it is missing.
    """
    shown, shown_other = repr(value), repr(other)
    marks = [" "] * (len(shown) + 1)
    for kind, start, end, _, _ in SequenceMatcher(None, shown, shown_other, autojunk=False).get_opcodes():
        if kind in ("replace", "delete"):
            marks[start:end] = "^" * (end - start)
        elif kind == "insert":
            marks[start] = "^"
    return shown, "".join(marks).rstrip()
