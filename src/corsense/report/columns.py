"""How many columns of a terminal a text takes. Source: Unicode Standard Annex #11, *East Asian Width*."""

from __future__ import annotations

import unicodedata

TAB = 4
"""Columns of a tab in source that is shown."""


def printed_width(text: str) -> int:
    """The columns that `text` takes: none for what combines with the character before it, two for what is wide."""
    return len(text) if text.isascii() else sum(map(_width, text))


def split_at(text: str, columns: int) -> int:
    """How many characters of `text` fit into so many columns."""
    if text.isascii():
        return min(len(text), columns)
    taken = 0
    for index, character in enumerate(text):
        taken += _width(character)
        if taken > columns:
            return index
    return len(text)


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
