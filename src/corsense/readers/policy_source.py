"""Where a fault of a policy stands in the file that holds the policy, found in its text: nothing is imported."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from corsense.faults import Fault
from corsense.finding import Place
from corsense.policy.keywords import STARLETTE

_LARGEST = 1_000_000
"""A file with more characters is not looked into."""


def fault_place(fault: Fault, source: str, folder: Path) -> Place | None:
    """Where the value of a fault is written, in the file of the policy that `source` names (`package.module:name`, a `.toml` or
    `.json` file); None where that is not known, or is several places."""
    file = _file_of(source, folder)
    text = _text(file) if file is not None else None
    if file is None or text is None:
        return None
    shown = str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
    if file.suffix == ".py":
        return _in_program(fault, text, source.rpartition(":")[2], shown)
    return _in_document(fault, text, shown)


def _file_of(source: str, folder: Path) -> Path | None:
    if source.endswith((".toml", ".json")):
        return folder / source
    module = folder.joinpath(*source.rpartition(":")[0].split("."))
    found = (path for path in (module.with_name(f"{module.name}.py"), module / "__init__.py") if path.is_file())
    return next(found, None)


def _text(file: Path) -> str | None:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(text) <= _LARGEST else None


def _in_program(fault: Fault, text: str, name: str, file: str) -> Place | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    named = _named(tree, name.split(".")[0])
    keywords, own = list(_keywords(tree, fault)), list(_keywords(named, fault)) if named is not None else []
    for nodes in (own, keywords) if fault.slug == "unknown-keyword" else _candidates(fault, tree, own, keywords):
        if nodes:
            return _place(nodes[0], text, file) if len(nodes) == 1 else None
    return None


def _candidates(
    fault: Fault, tree: ast.Module, own: list[ast.keyword], keywords: list[ast.keyword]
) -> Iterator[Sequence[ast.expr]]:
    """Where the value may be written, the most likely first: in a keyword of the policy itself, of any, anywhere; else the
    expression that gives the keyword its value."""
    yield [literal for keyword in own for literal in _literals(keyword.value, fault)[:1]]
    yield [literal for keyword in keywords for literal in _literals(keyword.value, fault)[:1]]
    yield _literals(tree, fault) if isinstance(fault.value, str) else []
    yield [keyword.value for keyword in own if isinstance(keyword.value, ast.Name | ast.Attribute | ast.Call)]


def _named(tree: ast.Module, name: str) -> ast.AST | None:
    """The statement that gives a module its `name`."""
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if getattr(statement, "name", None) == name or any(isinstance(node, ast.Name) and node.id == name for node in targets):
            return statement
    return None


def _keywords(tree: ast.AST, fault: Fault) -> Iterator[ast.keyword]:
    names = {fault.field, *(theirs for theirs, ours in STARLETTE.items() if ours == fault.field)}
    return (node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in names)


def _literals(tree: ast.AST, fault: Fault) -> list[ast.expr]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) is type(fault.value) and node.value == fault.value
    ]


def _place(node: ast.expr | ast.keyword, text: str, file: str) -> Place:
    lines = text.encode("utf-8").split(b"\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1][:offset].decode("utf-8", "replace")) + 1

    line, start = node.lineno, column(node.lineno, node.col_offset)
    if isinstance(node, ast.keyword):
        return Place(file, line, start, line, start + len(node.arg or ""))
    end_line, end = node.end_lineno or line, node.end_col_offset or node.col_offset
    return Place(file, line, start, end_line, column(end_line, end))


def _in_document(fault: Fault, text: str, file: str) -> Place | None:
    """The only place of a value in TOML or JSON, or that of its key."""
    spellings = [json.dumps(fault.value, ensure_ascii=False), repr(fault.value)] if isinstance(fault.value, str) else []
    key = re.escape(fault.field)
    for pattern in (*(re.escape(spelling) for spelling in spellings), rf'(?m)^\s*"?({key})"?(?=\s*[=:])|"({key})"(?=\s*:)'):
        found = list(re.finditer(pattern, text))
        if len(found) == 1:
            start, end = found[0].span(found[0].lastindex or 0)
            line = text.count("\n", 0, start) + 1
            column = start - (text.rfind("\n", 0, start) + 1) + 1
            return Place(file, line, column, line, column + end - start)
        if found:
            return None
    return None
