"""Where things are written: spans of source, as Python keeps them and as editors count them."""

from __future__ import annotations

import ast
import linecache
import os
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any, Optional

from .frames import is_own_code

Span = tuple[str, int, Optional[int], Optional[int], Optional[int]]
"""File, line, end line, column and end column, as Python keeps them: columns count bytes, from 0."""

Place = list[Any]
"""File, line, column, end line and end column, as an editor counts them: columns of characters, from 1."""


def calling_span(built: object = None, names: tuple[str, ...] = ()) -> Span | None:
    """The span of the call in the user's code that led here; None when no frame is the user's.

    Frames of a user's class that is constructing `built` are skipped. `names` are the names of the callee, for Python before
    3.11, which keeps only the line.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if is_own_code(code.co_filename) and not (built is not None and code.co_name == "__init__" and _builds(frame, built)):
            return _span_of(frame, (*names, *_class_names(built)))
        frame = frame.f_back
    return None


def _builds(frame: FrameType, built: object) -> bool:
    code = frame.f_code
    return bool(code.co_argcount) and frame.f_locals.get(code.co_varnames[0]) is built


def _class_names(built: object) -> tuple[str, ...]:
    return tuple(base.__name__ for base in type(built).__mro__) if built is not None else ()


def _span_of(frame: FrameType, names: tuple[str, ...]) -> Span:
    """The span of the expression that a frame is evaluating."""
    code = frame.f_code
    line = frame.f_lineno or code.co_firstlineno
    if sys.version_info >= (3, 11):
        found = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
        if found[0] is not None and found[2] is not None:
            return (code.co_filename, found[0], found[1], found[2], found[3])
    return _call_span(code.co_filename, line, names) or (code.co_filename, line, None, None, None)


def _call_span(file: str, line: int, names: Iterable[str]) -> Span | None:
    """The call of one of these names that Python reports at a line: its first line, or the last line of the callee."""
    calls = [node for node in _calls(file) if line in (node.lineno, node.func.end_lineno)]
    calls += [node for node, defined in _decorators(file) if line == defined]
    wanted = set(names)
    named = [node for node in calls if _name(node.func) in wanted] or calls
    if not named:
        return None
    node = named[0]
    return (file, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)


def _calls(file: str) -> Iterator[ast.Call]:
    tree = source_tree(file)
    return (node for node in (ast.walk(tree) if tree is not None else ()) if isinstance(node, ast.Call))


def _decorators(file: str) -> Iterator[tuple[ast.Call, int]]:
    """Decorators that are calls, with the line of what they decorate, which older Pythons report."""
    tree = source_tree(file)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from ((item, node.lineno) for item in node.decorator_list if isinstance(item, ast.Call))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


@lru_cache(maxsize=64)
def source_tree(file: str) -> ast.Module | None:
    """The syntax tree of a file; None when it cannot be read or parsed."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def code_of(function: Any) -> CodeType | None:
    """The code of a function, method, partial or decorated function; None for what is not written in Python."""
    for _ in range(50):
        if hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif hasattr(function, "func") and callable(function.func):
            function = function.func
        elif hasattr(function, "__func__"):
            function = function.__func__
        else:
            break
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def definition_span(thing: Any) -> Span | None:
    """Where a function or class of the user is defined, decorators included; None when it is not the user's."""
    code = code_of(thing)
    if code is not None:
        return (code.co_filename, code.co_firstlineno, None, None, None) if is_own_code(code.co_filename) else None
    owner = thing if isinstance(thing, type) else type(thing)
    file = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if not file or not is_own_code(file):
        return None
    return (file, _class_line(owner, file), None, None, None)


def _class_line(owner: type, file: str) -> int:
    line = owner.__dict__.get("__firstlineno__")
    if isinstance(line, int):
        return line
    import re

    pattern = re.compile(rf"\s*class\s+{re.escape(owner.__name__)}\b")
    return next((number for number, text in enumerate(linecache.getlines(file), 1) if pattern.match(text)), 1)


def calls_in(code: CodeType, name: str) -> Iterator[Span]:
    """The spans at which a function mentions the attribute `name`, nested functions included."""
    if name in code.co_names:
        import dis

        line = code.co_firstlineno
        for instruction in dis.get_instructions(code):
            started = instruction.starts_line
            if isinstance(started, int) and not isinstance(started, bool):
                line = started
            if instruction.argval == name:
                yield _instruction_span(code, instruction, line, name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from calls_in(constant, name)


def _instruction_span(code: CodeType, instruction: Any, line: int, name: str) -> Span:
    at = getattr(instruction, "positions", None)
    if at is not None and at.lineno is not None and at.col_offset is not None:
        return (code.co_filename, at.lineno, at.end_lineno, at.col_offset, at.end_col_offset)
    found = _call_span(code.co_filename, line, (name,))
    return found if found is not None else (code.co_filename, line, None, None, None)


def variable_at(span: Span) -> str | None:
    """The name to which the expression at a place is assigned: `app`, `self.app`."""
    file, line, _, column, _ = span
    tree = source_tree(file)
    for node in ast.walk(tree) if tree is not None else ():
        value = getattr(node, "value", None)
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) or value is None:
            continue
        if value.lineno == line and (column is None or value.col_offset == column):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return ast.unparse(target)
    return None


def wrapping_span(module: Any, name: str) -> Span | None:
    """The last call of the class `name` in a module that assigns an app: `app = Wrapper(app)`."""
    file = getattr(module, "__file__", None)
    if not file or not is_own_code(file):
        return None
    found: Span | None = None
    for node in _calls(file):
        if _name(node.func) == name:
            found = (file, node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
    return found


def relative(file: str, base: str) -> str:
    """A path as it is shown: relative to `base` where it lies below, else absolute."""
    path = os.path.abspath(file)
    prefix = base.rstrip(os.sep) + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else path


class Places:
    """Turns spans into places of files relative to `base`."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._files: dict[str, str] = {}

    def place(self, span: Span | None) -> Place | None:
        """A span of Python's as an editor counts."""
        if span is None:
            return None
        file, line, end, column, end_column = span
        if file not in self._files:
            self._files[file] = relative(file, self._base)
        if column is None or end_column is None or end is None:
            return [self._files[file], line, None, None, None]
        return [self._files[file], line, _column(file, line, column), end, _column(file, end, end_column)]


def _column(file: str, line: int, offset: int) -> int:
    """Column of a character, from 1, for an offset in bytes."""
    text = linecache.getline(file, line)
    if text.isascii():
        return offset + 1
    return len(text.encode()[:offset].decode(errors="replace")) + 1
