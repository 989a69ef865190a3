"""`NormalizedText`: a text reduced to what survives copying, its letters and digits.

Line breaks in the middle of words, curly or straight quotes, HTML entities and tags, Markdown, bullets and blanks all vanish,
so a sentence is found whatever a terminal, a mail program or a forum did to it. Every letter keeps its place in the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache

_PIECE = re.compile(
    r"""
    &(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}); |  # an entity
    </?[a-zA-Z][^<>\n]{0,300}> |                            # a tag
    \\u[0-9a-fA-F]{4} | \\[nrt] |                           # an escape, as in JSON
    \x1b\[[0-9;]{0,12}[A-Za-z] |                            # a colour
    (?P<run>[^\W_]+)
    """,
    re.VERBOSE,
)


class NormalizedText:
    """The letters of a text: `letters` is the reduced text, lower case; `source` and `index` lead from one to the other and
    back."""

    __slots__ = ("_letter_at", "_source_at", "normalized", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        runs: list[str] = []
        self._letter_at: list[int] = []
        self._source_at: list[int] = []
        length = 0
        for found in _PIECE.finditer(text):
            run = found["run"]
            if run is not None:
                runs.append(_lower(run))
                self._letter_at.append(length)
                self._source_at.append(found.start())
                length += len(run)
        self.normalized = "".join(runs)

    def source(self, letter: int) -> int:
        """Where in the text the letter of that index stands; the text's length for an index past the last letter."""
        if letter >= len(self.normalized):
            return len(self.text)
        run = bisect_right(self._letter_at, letter) - 1
        return self._source_at[run] + letter - self._letter_at[run]

    def source_end(self, letter: int) -> int:
        """Where in the text the letter before that index ends; 0 for the first."""
        return self.source(letter - 1) + 1 if letter > 0 else 0

    def index(self, position: int) -> int:
        """The index of the first letter at or after a position of the text."""
        run = bisect_right(self._source_at, position) - 1
        if run < 0:
            return 0
        end = self._letter_at[run + 1] if run + 1 < len(self._letter_at) else len(self.normalized)
        return min(self._letter_at[run] + position - self._source_at[run], end)

    def starts_word(self, letter: int) -> bool:
        """Whether the letter of that index is the first of its word."""
        found = bisect_left(self._letter_at, letter)
        return found < len(self._letter_at) and self._letter_at[found] == letter

    def ends_word(self, letter: int) -> bool:
        """Whether the letter before that index is the last of its word."""
        return letter >= len(self.normalized) or self.starts_word(letter)


@lru_cache(maxsize=4096)
def reduce(literal: str) -> str:
    """The letters of a short literal."""
    return NormalizedText(literal).normalized


def _lower(run: str) -> str:
    lowered = run.lower()
    if len(lowered) == len(run):
        return lowered
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in run)
