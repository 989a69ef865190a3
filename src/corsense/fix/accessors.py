"""A settings class that splits a string of origins itself: the property or method to read in place of the string."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from corsense.fix.edits.calls import cors_call
from corsense.fix.edits.source import read

_Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_PROPERTIES = frozenset({"property", "cached_property", "computed_field"})
_LARGEST_FILE = 400_000
"""Bytes of a module that is read for the class: settings are small."""
_MOST_FOLDERS = 6
"""Folders above a file in which an absolute import is looked for."""


def splitting_accessors(text: str, file: str, call_line: int, held: str = "", keyword: str = "allow_origins") -> list[str]:
    """The attributes that split the string given as `keyword` at the call: `cors_origins` for `settings.CORS_ORIGINS` where the
    class of `settings` has a property `cors_origins` that splits `self.CORS_ORIGINS`; `cors_origins()` for a method. `file` is
    the path of `text`; the class is looked for there, and in the module that the object is imported from. `held` is what the
    string holds: JSON needs to be read as JSON, and white space to be taken off. Empty where the argument is no attribute of a
    name, or no such class is found."""
    source = read(text)
    call = None if source is None else cors_call(source, call_line)
    value = None if call is None else call.arguments.get(keyword)
    if source is None or not isinstance(value, ast.Attribute) or not isinstance(value.value, ast.Name):
        return []
    trees = [source.tree, *_imported(source.tree, value.value.id, Path(file))]
    classes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    found = (name for each in classes for name in _accessors(each, value.attr, _needed(held)))
    return list(dict.fromkeys(found))


def _needed(held: str) -> frozenset[str]:
    """The names of the functions that it takes to make a list of origins of a string."""
    if held.lstrip().startswith("["):
        return frozenset({"loads"})
    return frozenset({"split", "strip"} if any(character.isspace() for character in held) else {"split"})


def _accessors(found: ast.ClassDef, attribute: str, needed: frozenset[str]) -> Iterator[str]:
    for method in found.body:
        if not isinstance(method, ast.FunctionDef) or not _splits(method, attribute, needed):
            continue
        decorators = {_last_name(each) for each in method.decorator_list}
        if decorators and decorators <= _PROPERTIES:
            yield method.name
        elif not decorators and _takes_self_only(method):
            yield f"{method.name}()"


def _splits(method: _Method, attribute: str, needed: frozenset[str]) -> bool:
    """Whether a method reads `self.<attribute>` and calls what is `needed` to make a list of it."""
    nodes = list(ast.walk(method))
    reads = any(
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        for node in nodes
    )
    return reads and needed <= {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _takes_self_only(method: _Method) -> bool:
    given = method.args
    return len(given.args) == 1 and not (given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg)


def _last_name(node: ast.expr) -> str:
    called = node.func if isinstance(node, ast.Call) else node
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _imported(tree: ast.Module, name: str, file: Path) -> Iterator[ast.Module]:
    """The module that `name` is imported from, parsed."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or name not in {each.asname or each.name for each in node.names}:
            continue
        module = _module_file(node, file.resolve())
        if module is not None:
            with suppress(OSError, SyntaxError, ValueError, RecursionError):
                yield ast.parse(module.read_bytes())


def _module_file(node: ast.ImportFrom, file: Path) -> Path | None:
    parts = node.module.split(".") if node.module else []
    folders = [file.parents[node.level - 1]] if 0 < node.level <= len(file.parents) else list(file.parents)[:_MOST_FOLDERS]
    for folder in folders:
        stem = folder.joinpath(*parts)
        for path in (stem.with_suffix(".py") if parts else stem / "__init__.py", stem / "__init__.py"):
            if path.is_file() and path.stat().st_size <= _LARGEST_FILE:
                return path
    return None
