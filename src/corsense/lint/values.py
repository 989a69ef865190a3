"""What an expression stands for, as far as its source tells: the values a reader of the program would write down.

Each value is one of several `Alternative`s. Where branches of the program decide between them, an alternative carries the
conditions it depends on, so that two values are only put together when they can occur together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from corsense.lint.evaluation import Frame
    from corsense.lint.program import Module, Scope

MOST_ALTERNATIVES = 24
"""More of them count as one unknown value."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece of a program: where a finding points."""

    module: Module = field(repr=False)
    node: ast.AST = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing can be said."""


@dataclass(frozen=True, slots=True)
class Known:
    """A constant: a string, a number, True, False or None."""

    value: object
    spot: Spot


@dataclass(frozen=True, slots=True)
class Listed:
    """A list, tuple or set; without `complete` it may have more items than these."""

    items: tuple[Value, ...]
    spot: Spot
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Nested:
    """A list that is an item of a list. `spot` is the outer list."""

    inner: Value
    spot: Spot


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable of the environment or a field of settings. It is `default` where it is not set (None: there is no default).

    `is_text` tells that whatever is set arrives as one string; `adds_slash` that its items are URLs of pydantic 2, which end in
    a slash once they are strings; `blank_free` that blanks were taken out of it.
    """

    name: str
    default: Value | None
    spot: Spot
    is_text: bool = False
    adds_slash: bool = False
    blank_free: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A text taken apart at `separator` (None: at blanks). `strips` tells whether blanks around the parts are removed,
    `trims_slash` whether slashes at their ends are, and `filtered` whether parts may be left out."""

    text: Value
    separator: str | None
    spot: Spot
    strips: bool = False
    trims_slash: bool = False
    filtered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dict with string keys; without `complete` it may have more of them."""

    entries: Mapping[str, Alternatives]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function or lambda of the program."""

    module: Module = field(repr=False)
    scope: Scope = field(repr=False)
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the program."""

    module: Module = field(repr=False)
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Instance:
    """An object made by calling a class of the program. `frame` is where the call stands; None where no call is in sight."""

    made_of: ClassValue
    call: ast.Call = field(repr=False)
    frame: Frame | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What `ArgumentParser().parse_args()` gives: an attribute for each `add_argument` of the module that calls it."""

    module: Module = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the program."""

    module: Module = field(repr=False)


@dataclass(frozen=True, slots=True)
class External:
    """A name of another package, such as `starlette.middleware.cors.CORSMiddleware`; `called` for what calling it gives."""

    name: str
    called: bool = False


Value: TypeAlias = (
    Unknown
    | Known
    | Listed
    | Nested
    | Setting
    | Split
    | Table
    | FunctionValue
    | ClassValue
    | Instance
    | CommandLine
    | ModuleValue
    | External
)

Path: TypeAlias = frozenset[tuple[str, bool]]
"""Conditions and how they came out."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A value, and the conditions under which it is the one."""

    value: Value
    path: Path = frozenset()


Alternatives: TypeAlias = tuple[Alternative, ...]

UNKNOWN: Alternatives = (Alternative(Unknown()),)


def only(value: Value) -> Alternatives:
    """A value without alternatives."""
    return (Alternative(value),)


def compatible(one: Path, other: Path) -> bool:
    """Whether no condition comes out both ways."""
    return not any((condition, not outcome) in other for condition, outcome in one)


def under(alternatives: Iterable[Alternative], path: Path) -> Alternatives:
    """The alternatives that can occur on a path, tied to it."""
    return tuple(replace(each, path=each.path | path) for each in alternatives if compatible(each.path, path))


def bounded(alternatives: Iterable[Alternative]) -> Alternatives:
    """The alternatives, or that nothing is known when they are too many."""
    found = tuple(dict.fromkeys(alternatives))
    return found if 0 < len(found) <= MOST_ALTERNATIVES else UNKNOWN


def combined(*parts: Alternatives) -> Iterator[tuple[tuple[Value, ...], Path]]:
    """Every way in which one alternative of each part can occur together."""

    def extended(
        values: tuple[Value, ...], path: Path, rest: tuple[Alternatives, ...]
    ) -> Iterator[tuple[tuple[Value, ...], Path]]:
        if not rest:
            yield values, path
            return
        for each in rest[0]:
            if compatible(each.path, path):
                yield from extended((*values, each.value), path | each.path, rest[1:])

    return extended((), frozenset(), parts)


@dataclass(frozen=True, slots=True)
class Entry:
    """A string in a list. `setting` names the variable whose default it comes from."""

    text: str
    spot: Spot
    setting: Setting | None = None


def entries(value: Value, setting: Setting | None = None) -> tuple[Entry, ...]:
    """The strings that are known to be in a list."""
    match value:
        case Setting(default=default) if default is not None:
            return entries(default, value)
        case Listed(items=items):
            return tuple(entry for item in items for entry in _entry(item, setting) or entries(item, setting))
        case Split(text=text, separator=separator):
            return tuple(
                replace(whole, text=part) for whole in _entry(text, setting) for part in _parts(whole.text, separator, value)
            )
        case _:
            return ()


def _entry(item: Value, setting: Setting | None) -> tuple[Entry, ...]:
    match item:
        case Known(value=str(text), spot=spot):
            return (Entry(text, spot, setting),)
        case Setting(default=Known(value=str(text), spot=spot)):
            return (Entry(text, spot, item),)
        case _:
            return ()


def _parts(text: str, separator: str | None, split: Split) -> Iterator[str]:
    for part in text.split(separator):
        if split.filtered and not part.strip():
            continue
        stripped = part.strip() if split.strips else part
        yield stripped.rstrip("/") if split.trims_slash else stripped


def is_complete(value: Value) -> bool:
    """Whether a list holds nothing but its known strings."""
    match value:
        case Setting(default=default):
            return default is not None and is_complete(default)
        case Listed(items=items, complete=complete):
            return complete and all(len(_entry(item, None)) == 1 for item in items)
        case Split(text=text):
            return len(_entry(text, None)) == 1
        case _:
            return False


def text_of(value: Value) -> Entry | None:
    """The string that a value is, that of a setting's default included; None for what is not a string or not known."""
    found = _entry(value, None)
    return found[0] if found else None


def item(value: Value, outer: Spot) -> Value:
    """A value as an item of a list: a list inside one is not part of it."""
    match value:
        case Listed() | Split() | Setting(default=Listed() | Split()):
            return Nested(value, outer)
        case _:
            return value


def taken_out(value: Value) -> Value:
    """An item of a list as the value that it is."""
    return value.inner if isinstance(value, Nested) else value


def truth(value: Value) -> bool | None:
    """What a value is in a condition; None when it is not known. A setting is what its default is."""
    match value:
        case Split(separator=str(), filtered=False):
            return True  # `"".split(",")` is `[""]`
        case Known(value=constant):
            return bool(constant)
        case Listed(items=items, complete=complete):
            return True if items else (False if complete else None)
        case Setting(default=Known(value=bool(flag))):
            return flag
        case _:
            return None
