"""What a value that is given as the regular expression of origins, but is not a string, was meant to be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/?")
_EXAMPLE: Final = r"r'https://[a-z0-9-]+\.example\.com'"


@dataclass(frozen=True, slots=True)
class Listed:
    """The texts of such a list: plain `origins`, which belong in the list of origins, and `expressions`, which are the rest."""

    origins: tuple[str, ...]
    expressions: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Listed:
        """The texts, each where it belongs."""
        origins = tuple(text for text in texts if names_an_origin(text))
        return cls(origins, tuple(text for text in texts if text not in origins))

    def remedy(self, origins: str, regex: str) -> str:
        """What to write, with the keywords that the caller has for the list of origins and for the expression."""
        if self.origins and self.expressions:
            return f"Write the plain origins in {origins}, and one expression as {regex}."
        if self.origins:
            return f"Write the list as {origins}: these are plain origins."
        if len(self.expressions) == 1:
            return f"Write the expression without the list around it: {regex}=r'{self.expressions[0]}'."
        if self.expressions:
            return f"Join the expressions with |, as one string, in {regex}."
        return f"Write one string, such as {regex}={_EXAMPLE}, or leave {regex} out."


def names_an_origin(text: str) -> bool:
    """Whether a text is a plain origin, without anything that only an expression needs."""
    return _ORIGIN.fullmatch(text) is not None
