"""Command lines that are read without the library for it: words, and options written out, each with its value behind it.

Importing that library takes longer than many a check. Whatever is less plain, help and mistakes included, is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import EnumType
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

_WORK = {
    "check": ("corsense.cli.checking", "check_target"),
    "explain": ("corsense.cli.explaining", "explain_text"),
    "lint": ("corsense.cli.linting", "lint_tree"),
}
"""Commands, and the function that does the work of each: its positional parameters are the command's arguments, its keyword-only
ones the options of the same names."""


def plain_work(arguments: Sequence[str]) -> Callable[[], int | None] | None:
    """The work that a command line asks for; None where it is not plain."""
    home = _WORK.get(arguments[0]) if arguments else None
    if home is None:
        return None
    function: Callable[..., None] = getattr(import_module(home[0]), home[1])
    found = plain_values(function, arguments[1:])
    return None if found is None else partial(function, **found)


def plain_values(function: Callable[..., object], arguments: Sequence[str]) -> dict[str, Any] | None:
    """The parameters of `function` that the words behind the command give, by name; None where these are not plain."""
    code: Any = function.__code__
    words = list(code.co_varnames[: code.co_argcount])
    options = {f"--{name.replace('_', '-')}": name for name in code.co_varnames[len(words) :][: code.co_kwonlyargcount]}
    found: dict[str, Any] = {}
    left = iter(arguments)
    for argument in left:
        name = options.get(argument) if argument.startswith("-") else words.pop(0) if words else None
        if name is None or not _add(found, function, name, argument, left):
            return None
    return found


def _add(found: dict[str, Any], function: Callable[..., object], name: str, argument: str, left: Any) -> bool:
    """Add the value of a parameter; False where it is not plain."""
    kind = function.__annotations__[name].removesuffix(" | None")
    is_many = kind == "list[str]"
    if name in found and not is_many:
        return False
    if kind == "bool":
        found[name] = True
        return True
    value = next(left, "-") if argument.startswith("-") else argument
    read = str if kind == "str" or is_many else function.__globals__.get(kind)
    if value.startswith("-") or not (read in (str, Path) or isinstance(read, EnumType)):
        return False
    try:
        found[name] = [*found.get(name, ()), value] if is_many else read(value)
    except ValueError:
        return False
    return True
