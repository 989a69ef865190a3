"""Where the program adds the layer that is being made, for refusals and warnings.

`add_middleware` keeps a class and its arguments; the layer is made later, when the app is first called, so the stack of calls
does not lead to that line. It is searched for in the source of the loaded modules, only when there is something to report.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Final

_PACKAGE: Final = str(Path(__file__).parents[1])
_MODULE: Final = __name__.rpartition(".")[0]
_BUILDS: Final = "build_middleware_stack"
_ADDS: Final = ("add_middleware", "Middleware")
_LONGEST_SOURCE: Final = 2_000_000
_LIBRARIES: Final = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@dataclass(frozen=True, slots=True)
class CallSite:
    """A line of the program."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def call_site(layer: type | None = None) -> CallSite | None:
    """The call that adds the layer whose constructor is running (one of class `layer`), or that makes it; None if it is not
    found, or several calls match. Never raises: what a program's modules hold may be anything."""
    try:
        return _find(layer)
    except Exception:
        return None


def _find(layer: type | None) -> CallSite | None:
    frame = inspect.currentframe()
    outside = None
    while frame is not None:
        if frame.f_code.co_name == _BUILDS and not _is_ours(frame):
            return outside or (None if layer is None else _added(frame, layer))
        if _is_constructor(frame):
            layer = type(frame.f_locals["self"])
        elif outside is None and not _is_ours(frame):
            outside = CallSite(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return outside


def built_for_lifespan() -> bool:
    """Whether the stack of layers is being built because a server starts the app, and not for a request, directly by the
    framework (no constructor of a subclass waits for the layer)."""
    frame = inspect.currentframe()
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None or frame.f_code.co_name != _BUILDS:
        return False
    frame = frame.f_back
    while frame is not None:
        scope = frame.f_locals.get("scope")
        if isinstance(scope, Mapping) and "type" in scope:
            return bool(scope["type"] == "lifespan")
        frame = frame.f_back
    return False


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_PACKAGE)


def _is_constructor(frame: FrameType) -> bool:
    """Whether this is the constructor of the layer, or of a subclass."""
    bases = type(frame.f_locals.get("self")).__mro__
    return frame.f_code.co_name == "__init__" and any(base.__module__.startswith(f"{_MODULE}.") for base in bases)


def _added(frame: FrameType, layer: type) -> CallSite | None:
    """The call that added a layer of this class to the app that builds its stack in `frame`."""
    given, app = (frame.f_locals.get(name) for name in ("kwargs", "self"))
    if not isinstance(given, Mapping):
        return None
    modules = [(module, file) for module in tuple(sys.modules.values()) if (file := _file(module)) is not None]
    own = [(module, file) for module, file in modules if not file.startswith(_LIBRARIES)]
    others = [
        (module, file)
        for module, file in modules
        if file.startswith(_LIBRARIES) and any(value is layer for value in tuple(vars(module).values()))
    ]
    for some in (own, others):
        found = {site: likeness for module, file in some for site, likeness in _calls(module, file, layer, given, app)}
        likelihood = [site for site, likeness in found.items() if likeness == max(found.values())]
        if likelihood:
            return likelihood[0] if len(likelihood) == 1 else None
    return None


def _file(module: object) -> str | None:
    """The source of a module of the program, if it can be read without running code of the module."""
    file = vars(module).get("__file__") if isinstance(module, ModuleType) else None
    return file if isinstance(file, str) and file.endswith(".py") and not file.startswith(_PACKAGE) else None


def _calls(
    module: ModuleType, file: str, layer: type, given: Mapping[str, object], app: object
) -> Iterator[tuple[CallSite, int]]:
    """The calls in a module that may add `layer` with the keywords `given` to `app`, each with its score."""
    text = "".join(linecache.getlines(file))
    if len(text) > _LONGEST_SOURCE or not any(name in text for name in _ADDS):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _ADDS and _adds(node, module, layer) and _gives(node, given):
            spelt_out = all(word.arg is not None for word in node.keywords)
            to_app = isinstance(node.func, ast.Attribute) and _value(node.func.value, module) is app
            yield CallSite(file, node.lineno), 2 * to_app + spelt_out


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _adds(call: ast.Call, module: ModuleType, layer: type) -> bool:
    classes = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("middleware_class", "cls"))]
    return any(_value(node, module) is layer or _name(node) == layer.__name__ for node in classes)


def _value(node: ast.expr, module: ModuleType) -> object:
    """What a dotted name means in a module."""
    if isinstance(node, ast.Name):
        return vars(module).get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, module), node.attr, None)
    return None


def _gives(call: ast.Call, given: Mapping[str, object]) -> bool:
    """Whether a call may be the one with these keywords: it has no other, and where it spells a value, it is that one."""
    words = [word for word in call.keywords if word.arg not in ("middleware_class", "cls")]
    spelt = {word.arg: word.value for word in words if word.arg is not None}
    if not spelt.keys() <= given.keys() or (len(spelt) == len(words) and spelt.keys() != given.keys()):
        return False
    return all(_may_be(node, given[name]) for name, node in spelt.items())


def _may_be(node: ast.expr, value: object) -> bool:
    try:
        return bool(ast.literal_eval(node) == value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return True
