"""What is wrong with a command line, as one sentence; and the names of values that `--help` shows.

typer changes the classes behind its errors and parameters from version to version, so that only attributes are looked at that all
of them have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from corsense.errors import nearest, quoted

_CHOICE = re.compile(r"'(?P<value>[^']*)' is not one of (?P<choices>.*?)\.?$", re.DOTALL)
_TYPE = re.compile(r"^(  \S+)( <[^>\n]*>)( *)", re.MULTILINE)
"""What help says about the type of an argument, behind its name."""
_NUMBERS = {int: "NUMBER", float: "NUMBER"}


def is_usage_error(error: Exception) -> bool:
    """Whether typer raised this because of what was typed."""
    return hasattr(error, "format_message")


def sentence_of(error: Any, arguments: Sequence[str]) -> str:
    """What is wrong with the command line, and what to write instead. `arguments` is the command line."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "corsense"
    shown = path.removeprefix("corsense ")
    command = context.command if context is not None else None
    lists = f"`{path} --help` lists what it takes."
    message = str(error.format_message()).strip()
    choice = _CHOICE.search(message)
    if hasattr(error, "possibilities"):
        near = nearest(error.option_name, _options_of(command))
        return f"{shown} has no option {error.option_name}; {f'did you mean {near}?' if near else lists}"
    if message.startswith("No such command"):
        return _no_command(message.partition("'")[2].partition("'")[0], path, command)
    if choice is not None:
        choices = re.findall(r"'([^']*)'", choice["choices"])
        near = nearest(choice["value"], choices)
        taken = f"{_name_of(error)} must be one of {', '.join(choices)}, not {quoted(choice['value'])}"
        return f"{taken}; did you mean {near}?" if near is not None else f"{taken}."
    if message.startswith("Missing argument"):
        return f"{shown} needs {_name_of(error)}; {lists}"
    surplus = re.search(r"unexpected extra argument.*\((.*)\)$", message)
    if surplus is not None:
        return f"{shown} takes no further argument {quoted(surplus[1])}; {lists}"
    if getattr(error, "param", None) is not None:
        value = _value_of(error.param, arguments)
        given = f" {quoted(value)}" if value is not None else ""
        return f"{_name_of(error)}{given} cannot be used: {_lower(error.message.removeprefix('Value error, ').rstrip('.'))}."
    return f"{_lower(message.rstrip('.'))}; {lists}"


def _no_command(name: str, path: str, command: Any) -> str:
    near = nearest(name, getattr(command, "commands", ()))
    missing = f"there is no command {quoted(name)}" + (f" of {path.removeprefix('corsense ')}" if path != "corsense" else "")
    if near is not None:
        return f"{missing}; did you mean {near}?"
    if path == "corsense" and (":" in name or name.endswith((".py", ".har")) or Path(name).exists()):
        return f"{quoted(name)} is not a command; did you mean `corsense check {name}`?"
    return f"{missing}; `{path} --help` lists them."


def _options_of(command: Any) -> Iterator[str]:
    yield "--help"
    for parameter in getattr(command, "params", ()):
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))


def _name_of(error: Any) -> str:
    parameter = error.param
    named = [name for name in parameter.opts if name.startswith("-")]
    return max(named, key=len) if named else str(parameter.metavar or parameter.name.upper())


def _value_of(parameter: Any, arguments: Sequence[str]) -> str | None:
    """What was typed for an option."""
    for name, following in zip(arguments, [*arguments[1:], None], strict=True):
        option, equals, value = name.partition("=")
        if option in parameter.opts:
            return value if equals else following
    return None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def name_values(app: typer.Typer, command: Any) -> None:
    """Give every option and argument that does not name its value a name that people know: TEXT, PATH, NUMBER, or the choices."""
    for group in app.registered_groups:
        if group.typer_instance is not None and group.name is not None:
            name_values(group.typer_instance, command.commands[group.name])
    for registered in app.registered_commands:
        callback = registered.callback
        if callback is not None:
            _name_values_of(callback, command.commands[registered.name or callback.__name__])


def _name_values_of(callback: Callable[..., Any], command: Any) -> None:
    kinds = get_type_hints(callback)
    helped = command.get_help
    command.get_help = lambda context: _TYPE.sub(_without_type, helped(context))
    for parameter in command.params:
        kind = _single(kinds.get(parameter.name, str))
        if parameter.metavar is None and kind is not bool:
            is_option = any(name.startswith("-") for name in parameter.opts)
            parameter.metavar = _named_kind(kind, "TEXT" if is_option else parameter.name.upper())


def _without_type(found: re.Match[str]) -> str:
    """The name of an argument without its type, and what follows where it was."""
    return found[1] + (" " * len(found[2]) + found[3] if found[3] else "")


def _single(kind: Any) -> Any:
    """The type of one value: without `Annotated`, `| None` and `list`."""
    if get_origin(kind) is Annotated:
        return _single(get_args(kind)[0])
    inner = [each for each in get_args(kind) if each is not type(None)]
    return _single(inner[0]) if inner else kind


def _named_kind(kind: Any, otherwise: str) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(each.value) for each in kind)
    return "PATH" if kind is Path else _NUMBERS.get(kind, otherwise)
