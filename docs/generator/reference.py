"""Reference pages that follow from the source: command line, causes, errors, engines, schemas, Python API.

Each function returns the pages that it writes: their path below the site, and their Markdown.
"""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from corsense.causes import Cause, catalogue
from corsense.console.catalogue import catalogue as messages
from corsense.fetch.engines import ENGINES, Engine
from corsense.fetch.errors import CorsError
from corsense.fetch.trace import EngineName

BROWSERS: dict[EngineName, str] = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}

HUNDREDS = {
    "1": "No CORS layer reached",
    "2": "Origins",
    "3": "Credentials and wildcards",
    "4": "The middleware stack",
    "5": "Responses to preflights",
    "6": "Methods, headers and caches",
    "7": "Error responses",
    "8": "Redirects",
    "9": "What looks like CORS and is not",
}
"""What the codes of each hundred are about."""

CORSENSE = (sys.executable, "-m", "corsense")

PUBLIC = ("corsense", "corsense.fetch", "corsense.testing", "corsense.transports")
"""Packages whose `__all__` is documented."""


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page."""
    yield "reference/command-line.md", command_line()
    yield "reference/causes/index.md", causes()
    for entry in catalogue():
        yield f"reference/causes/{entry.code}.md", cause_page(entry)
    yield "reference/errors.md", errors()
    yield "reference/engines.md", engines()
    yield "reference/schemas.md", schemas()
    yield "reference/python.md", python()


def command_line() -> str:
    """The commands and their options, as `--help` shows them."""
    parts = ["# Command line\n", f"{_root().help}\n"]
    for words, command in _commands(_root(), ()):
        parts.append(f"## corsense {' '.join(words)}\n\n{inspect.cleandoc(command.help or '')}\n")
        context = command.context_class(command, info_name=words[-1])
        records = [parameter.get_help_record(context) for parameter in command.params if parameter.name != "help"]
        rows = [f"| `{_code(names.removesuffix(' <str>'))}` | {_cell(help)} |" for names, help in filter(None, records)]
        if rows:
            parts.append("| name | meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


@cache
def _root() -> Any:
    """The whole command, with its values named as `--help` names them."""
    from corsense.cli.commands import app
    from corsense.cli.usage import name_values

    root = typer.main.get_command(app)
    name_values(app, root)
    return root


def _commands(group: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*words, name))
        else:
            yield (*words, name), command


def causes() -> str:
    """The list of all causes."""
    parts = ["# Causes\n", "Every cause has a code and a slug. Both are stable. `corsense rule CODE` prints the same page.\n"]
    for hundred, title in HUNDREDS.items():
        rows = [
            f"| [{entry.code}]({entry.code}.md) | `{entry.slug}` | {_cell(entry.title)} | {entry.severity} |"
            for entry in catalogue()
            if entry.code.removeprefix("CORS").startswith(hundred)
        ]
        parts.append(f"## {title}\n\n| code | slug | cause | severity |\n|---|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def cause_page(entry: Cause) -> str:
    """The page of a cause."""
    first, _, rest = entry.page.partition("\n")
    text = _linked(rest.strip())
    return (
        f"---\ntitle: {json.dumps(f'{entry.code} {entry.slug}')}\ndescription: {json.dumps(entry.title)}\n---\n\n"
        f"# {first.removeprefix('# ')}\n\n`{entry.code}` `{entry.slug}`, usually of severity *{entry.severity}*. "
        f"In a terminal: `corsense rule {entry.code}`.\n\n{text}\n"
    )


def _linked(text: str) -> str:
    """Bare addresses as links, and slugs of other causes as links, outside of code blocks."""
    slugs = {entry.slug: entry.code for entry in catalogue()}
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    for number in range(0, len(parts), 2):
        linked = (
            re.sub(r"(?<![(<\[`])\bhttps://[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*", _address, parts[number])
            if "## References" in parts[number]
            else parts[number]
        )
        linked = re.sub(r"\((https://[^\s<>()]+)\)", r"(<\1>)", linked)
        parts[number] = re.sub(
            r"(?<!\[)`([a-z][a-z0-9-]+)`",
            lambda found: f"[`{found[1]}`]({slugs[found[1]]}.md)" if found[1] in slugs else found[0],
            linked,
        )
    return "".join(parts)


def _address(found: re.Match[str]) -> str:
    return f"<{found[0]}>"


def errors() -> str:
    """Every `CorsError` and what each browser prints for it."""
    parts = [
        "# Errors of browsers\n",
        "A browser that blocks a request has one of these reasons. Chromium's developer tools show its name; pages see none of "
        "them. The text is that of the console; words in braces stand for values. Some texts fit several reasons.\n",
    ]
    for error in CorsError:
        parts.append(f"## {error.value}\n")
        rows = [
            f"| {BROWSERS[message.product]} | `{_code(message.template.text)}` | {_cell(message.condition)} |"
            for message in messages()
            if message.error is error and message.product in BROWSERS
        ]
        if rows:
            parts.append("| browser | text | when |\n|---|---|---|\n" + "\n".join(rows) + "\n")
        else:
            parts.append("No current browser prints a text of its own for it.\n")
    return "\n".join(parts)


def engines() -> str:
    """Where the engines depart from the standard: a row for each field of `Engine`."""
    meaning = _field_docstrings(Path(inspect.getfile(Engine)), Engine.__name__)
    standard = ENGINES["standard"]
    rows = []
    for field in fields(Engine):
        if field.name == "name":
            continue
        values = [getattr(ENGINES[name], field.name) for name in BROWSERS]
        shown = [_value(value) if value != getattr(standard, field.name) else "as the standard" for value in values]
        rows.append(
            f"| {_cell(meaning.get(field.name, field.name))} | {_value(getattr(standard, field.name))} | {' | '.join(shown)} |"
        )
    return (
        "# Where the engines differ\n\n"
        "corsense decides as the Fetch standard says, and as Chromium, Firefox and WebKit do where they deviate. Each row is one "
        "field of `corsense.fetch.engines`, observed on real browsers. In everything else, all of them follow the standard.\n\n"
        f"| behaviour | standard | {' | '.join(BROWSERS.values())} |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(f"`{item}`" for item in sorted(value)) or "none"
    return "no limit" if value is None else f"`{value}`"


def _field_docstrings(path: Path, name: str) -> dict[str, str]:
    """The docstrings below the fields of a class."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }  # fmt: skip


def schemas() -> str:
    """The JSON Schemas that `corsense schema` prints."""
    parts = ["# JSON Schemas\n", "Documents change by addition only. Each has the version of corsense and of the schema.\n"]
    usage = subprocess.run([*CORSENSE, "schema", "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    names = re.search(r"\{([a-z|]+)\}", usage)
    for name in names[1].split("|") if names else []:
        printed = subprocess.run([*CORSENSE, "schema", name], capture_output=True, text=True, check=True, timeout=60).stdout
        parts.append(f"## {name}\n\n`corsense schema {name}` prints:\n\n```json\n{printed.strip()}\n```\n")
    return "\n".join(parts)


def python() -> str:
    """The public Python API: what each package exports, with signatures and docstrings."""
    parts = ["# Python API\n"]
    for package in PUBLIC:
        module = importlib.import_module(package)
        parts.append(f"## {package}\n\n{_docstring(module)}\n")
        for name in module.__all__:
            if not name.startswith("__"):
                parts += _documented(package, name, getattr(module, name))
    return "\n".join(parts)


def _documented(package: str, name: str, thing: Any) -> Iterator[str]:
    yield f"### {name}\n"
    if inspect.ismodule(thing):
        yield f"{_docstring(thing)}\n"
        return
    if callable(thing) and not (inspect.isclass(thing) and issubclass(thing, (enum.Enum, BaseException))):
        yield f"```python\nfrom {package} import {name}\n\n{name}{_signature(thing)}\n```\n"
    if inspect.isclass(thing) or inspect.isroutine(thing):
        yield f"{_docstring(thing)}\n"
    if not inspect.isclass(thing):
        return
    if issubclass(thing, enum.Enum):
        yield "Members: " + ", ".join(f"`{member.name}`" for member in thing) + ".\n"
    inherited = {name for base in thing.__mro__[1:] for name in vars(base)}
    for method, value in vars(thing).items():
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if method.startswith("_") or method in inherited or not inspect.isroutine(function) or not function.__doc__:
            continue
        yield f"#### {name}.{method}\n"
        if not isinstance(value, property):
            yield f"```python\n{method}{_signature(function)}\n```\n"
        yield f"{_docstring(function)}\n"


class _Annotation(str):
    """A string whose `repr` has no quotes, as an annotation is written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(function: Any) -> str:
    """A signature as it is written, on several lines when it is long."""
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [parameter for name, parameter in found.parameters.items() if name not in ("self", "cls")]
    kept = [parameter.replace(annotation=_written(parameter.annotation)) for parameter in parameters]
    returned = found.replace(parameters=(), return_annotation=_written(found.return_annotation))
    line = str(returned.replace(parameters=kept))
    if len(line) <= 90:
        return line
    parts = []
    keyword_only = False
    for parameter in kept:
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            parts.append("*")
        keyword_only = keyword_only or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        parts.append(str(parameter))
    return "(\n" + "".join(f"    {part},\n" for part in parts) + f"){str(returned).removeprefix('()')}"


def _written(annotation: Any) -> Any:
    return _Annotation(annotation) if isinstance(annotation, str) else annotation


def _docstring(thing: Any) -> str:
    """A docstring, with code that is indented as a fenced block."""
    text = inspect.getdoc(thing) or ""
    return re.sub(
        r"(?<=\n\n)((?: {4}.*\n|\n)+?)(?=\S|\Z)",
        lambda found: f"```python\n{textwrap.dedent(found[1]).strip()}\n```\n\n",
        text + "\n",
    ).strip()


def _cell(text: str) -> str:
    """Text for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _code(text: str) -> str:
    """Text for code in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")
