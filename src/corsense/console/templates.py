"""`Template`: one sentence of a console, with named fields. The same template prints the sentence and reads it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_STATUS = re.compile(r"[1-9]\d\d|\(null\)")
_FIELD = re.compile(r"\{([a-z_]+)\}")

FREE_FIELDS = frozenset(
    {"value", "token", "detail", "reason", "directive", "policy", "schemes", "family", "mime_type", "what", "status_text"}
)
"""Fields that may hold anything but a line break. The others hold an address, a name or a number: no blanks."""

SPACED_FIELDS = FREE_FIELDS | {"initiator", "resource_kind", "network_error"}
"""Fields whose values may contain blanks."""


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with fields: `Template("Method {method} is not allowed")`.

    A field is a lower-case name in braces; braces around anything else stand for themselves, so that JSON can be a template.
    """

    text: str

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, in order; a name may come twice."""
        return _parts(self.text)[1]

    @property
    def pieces(self) -> tuple[str, ...]:
        """The literal text around the fields: one more than there are fields, the first and the last may be empty."""
        return _parts(self.text)[0]

    def format(self, **values: str) -> str:
        """The sentence. Raises KeyError when a field has no value."""
        pieces, fields = _parts(self.text)
        if not fields:
            return pieces[0]
        woven = [pieces[0]]
        for name, piece in zip(fields, pieces[1:], strict=True):
            woven += (values[name], piece)
        return "".join(woven)

    def fill(self, **values: str) -> Template:
        """A template with some fields replaced by text (which may have fields of its own)."""
        return Template(_FIELD.sub(lambda found: values.get(found[1], found[0]), self.text))

    def read(self, line: str) -> dict[str, str] | None:
        """The values with which `format` gives exactly `line`; None when there are none.

        Where a value could end early or late, a free text ends as late as it can and an address, a name or a number as early.
        """
        pieces, fields = _parts(self.text)
        if not line.startswith(pieces[0]) or not line.endswith(pieces[-1]):
            return None
        if not fields:
            return {} if line == pieces[0] else None
        values: dict[str, str] = {}
        position = len(pieces[0])
        last = len(line) - len(pieces[-1])
        for index, (name, piece) in enumerate(zip(fields, pieces[1:], strict=True), start=1):
            if index == len(fields):
                end = last
            elif name in FREE_FIELDS:
                end = line.rfind(piece, position, last)
            else:
                end = line.find(piece, position, last)
            if (
                end < position
                or not _fits(name, line[position:end])
                or values.get(name, line[position:end]) != line[position:end]
            ):
                return None
            values[name] = line[position:end]
            position = end + len(piece)
        return values


def _fits(name: str, value: str) -> bool:
    if name in SPACED_FIELDS:
        return "\n" not in value and (name in FREE_FIELDS or len(value) <= 60)
    if name == "status":
        return _STATUS.fullmatch(value) is not None
    return not any(char.isspace() or char in '"<>' for char in value)


@cache
def _parts(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    split = _FIELD.split(text)
    return tuple(split[::2]), tuple(split[1::2])
