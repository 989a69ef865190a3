"""A request as a layer sees it, and what the layer does with it.

A layer is read by trying it: the module of its format says how it answers one request (`Place.answer`), and `judge` asks for
every kind of origin that the configuration tells apart. An origin is either one that the configuration spells, or any other; of
the others, only which of the configuration's expressions match them is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, Protocol

from corsense.layers.reading.expressions import OriginMatch
from corsense.layers.reading.result import Remark

ORIGIN = "\0origin\0"
"""Stands for the value of the request's Origin header in a header's value."""
ASKED = "\0asked\0"
"""Stands for what the preflight asks for (`Access-Control-Request-Headers` or `-Method`), sent back."""

UNSENT = frozenset({"access-control-request-private-network", "upgrade", "sec-websocket-key", "sec-websocket-version"})
"""Headers that no request has to which CORS applies: browsers no longer send the first, and the others open WebSockets."""

Situation = Literal["success", "error", "own-error", "early-error"]
"""Who answers: the app with success, the app with an error, the layer with an error after it looked at the request (502, 504,
401), or before (413)."""


_PRIVATE = re.compile(r"auth|token|secret|key|passw|cookie|session|credential", re.IGNORECASE)
_COMPARISON = re.compile(r"\s(?:=|!=|==|!?~\*?|=~|matches|is|-m)\s|[=:(\"'{]")
_TEMPLATE = re.compile(r"\{\{|\$\{|\{%|<%|%%\w|\$[A-Za-z_]|<[\w-]+>|\{[\w.$-]+\}")


def shown(condition: str) -> str:
    """A condition as a message can quote it: of one about a login, only its beginning."""
    if not _PRIVATE.search(condition):
        return condition
    return f"{_COMPARISON.split(condition, maxsplit=1)[0]} …"


def is_template(value: str) -> bool:
    """Whether a value is filled in before the program reads it: a placeholder of a template or of the environment."""
    return _TEMPLATE.search(value) is not None


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a file that another one includes."""

    file: str
    line: int


Written = int | Spot | None
"""Where something is written: a line of the file of its place, or of another file."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive of nginx or Apache with its arguments, and those of its block."""

    name: str
    args: tuple[str, ...]
    file: str
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def spot(self) -> Spot:
        """Where it is written."""
        return Spot(self.file, self.line)


class Unread(Exception):
    """A part of the configuration on which the answer depends cannot be evaluated."""

    def __init__(self, message: str, line: Written) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A header that a layer adds to an answer. `is_added`: a value of the app's own stays beside it."""

    name: str
    value: str
    line: Written
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class LayerAnswer:
    """What a layer does with a request: the `status` it answers with (None: the app answers), and the lines that it adds. `line`
    is where the configuration answers. `hides` are headers of the app that it removes, `*` all of CORS."""

    status: int | None
    lines: tuple[HeaderLine, ...]
    line: Written = None
    hides: frozenset[str] = frozenset()

    def values(self, name: str) -> list[str]:
        """The values of a header, in order."""
        return [line.value for line in self.lines if line.name == name]


@dataclass(frozen=True, slots=True)
class OriginCase:
    """An origin: its `text`, or None for any that the configuration does not spell; `matching` are the expressions that match."""

    text: str | None
    matching: frozenset[OriginMatch] = frozenset()


@dataclass(slots=True)
class Mentions:
    """What of the Origin a configuration tells apart: the texts it compares with, and its expressions, with their lines; and the
    conditions that corsense cannot evaluate."""

    texts: dict[str, Written] = field(default_factory=dict)
    expressions: dict[OriginMatch, Written] = field(default_factory=dict)
    conditions: dict[str, Written] = field(default_factory=dict)


@dataclass(slots=True)
class Budget:
    """How many requests may still be tried on a configuration: many places times many origins take long."""

    left: int = 100_000


@dataclass(slots=True)
class Trial:
    """One request as a layer sees it."""

    method: str
    case: OriginCase
    situation: Situation = "success"
    is_preflight: bool = False
    assumed: dict[str, bool] = field(default_factory=dict)
    """What is assumed of conditions that corsense cannot evaluate; False where nothing is."""
    mentions: Mentions = field(default_factory=Mentions)

    @property
    def origin(self) -> str:
        return self.case.text if self.case.text is not None else ORIGIN

    def equals(self, text: str, line: Written) -> bool:
        """Whether the Origin is `text`."""
        self.mentions.texts.setdefault(text, line)
        return self.case.text == text

    def matches(self, expression: OriginMatch, line: Written) -> bool:
        """Whether an expression matches the Origin. Raises Unread when the expression cannot be read."""
        if self.case.text is not None:
            return expression.matches(self.case.text)
        self.mentions.expressions.setdefault(expression, line)
        return expression in self.case.matching

    def whether(self, condition: str, line: Written) -> bool:
        """What is assumed of a condition that has nothing to do with CORS."""
        self.mentions.conditions.setdefault(condition, line)
        return self.assumed.get(condition, False)


class Place(Protocol):
    """A place of a configuration at which requests are answered."""

    @property
    def where(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int | None: ...
    @property
    def speaks_of(self) -> str:
        """The layer, as sentences name it (`nginx`)."""

    @property
    def is_static(self) -> bool:
        """Whether files are served there, and no app."""

    @property
    def is_proxy(self) -> bool:
        """Whether it is known that requests go on to another server."""

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What is wrong there whatever the request is."""

    def answer(self, trial: Trial) -> LayerAnswer:
        """What the layer does with a request. Raises Unread."""
