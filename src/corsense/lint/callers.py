"""The calls of the functions that configure apps: what they hand over is what a CORS layer is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module, Scope
from corsense.lint.values import FunctionValue

_Call = tuple[Module, ast.Call]
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_DEEPEST = 4
"""Through how many names of a function an argument is followed to its parameters."""
_REEXPORTING = 4
"""How many of the packages around a module may hand its functions on."""


@dataclass(eq=False)
class Callers:
    """The calls of the functions that configure apps, by the function. `names` are those functions' names, each with the names of
    the modules that a caller imports it from."""

    evaluator: Evaluator | None = None
    modules: list[Module] = field(default_factory=list)
    names: dict[str, set[str]] = field(default_factory=dict)
    _places: dict[str, set[Path]] = field(default_factory=dict, repr=False)
    _calls: dict[str, list[_Call]] | None = None
    _found: dict[ast.AST, list[_Call]] = field(default_factory=dict)
    _configuring: dict[ast.Call, _Function | None] = field(default_factory=dict, repr=False)
    _sought: dict[str, re.Pattern[bytes]] = field(default_factory=dict, repr=False)
    """The names that were learnt last, and how each is called or imported under another name."""

    def get(self, function: ast.AST, default: list[_Call]) -> list[_Call]:
        """The calls of a function that are in sight."""
        name = getattr(function, "name", None)
        if name not in self.names or self.evaluator is None:
            return default
        if function not in self._found:
            self._found[function] = []  # during the search, it has no callers
            self._found[function] = list(self._search(function, name, self.evaluator))
        return self._found[function] or default

    def _search(self, function: ast.AST, name: str, evaluator: Evaluator) -> Iterator[_Call]:
        if self._calls is None:
            self._calls = {}
            for module in self.modules:
                if not any(known in module.text for known in self.names):
                    continue
                for called, calls in module.calls_by_origin.items():
                    self._calls.setdefault(called, []).extend((module, call) for call in calls)
        for module, call in self._calls.get(name, ()):
            for each in evaluator.evaluate(call.func, evaluator.frame_of(module, call)):
                if isinstance(each.value, FunctionValue) and each.value.node is function:
                    if evaluator.program.is_test(module.path) and not evaluator.program.is_test(each.value.module.path):
                        continue  # what a test passes is not a fact of the program
                    yield module, call

    def learn(self) -> bool:
        """Note the functions that configure apps in all modules, and those that hand them on; whether there are new ones."""
        found = {(function.name, module) for module in self.modules for function in self._functions_that_configure(module)}
        new: set[str] = set()
        for name, module in found:
            homes = self.names.setdefault(name, set())
            near = {module.path.stem, module.home.parent.name}
            if module.path.stem == "__init__":
                near = {module.home.parent.name, module.home.parent.parent.name}
            if not near <= homes:
                new.add(name)
            homes |= near
            around = module.home.parents[:_REEXPORTING]
            self._places.setdefault(name, set()).update((module.home, *(folder / "__init__.py" for folder in around)))
        if new:
            self._sought = {name: re.compile(re.escape(name.encode()) + rb"\b(?=\s*\(|\s+as\s)") for name in sorted(new)}
        return bool(new)

    def _functions_that_configure(self, module: Module) -> Iterator[_Function]:
        """The functions of a module that are handed an app, or values for its CORS layer, and those that hand them on."""
        known = self.names
        if "CORSMiddleware" not in module.text and not any(name in module.text for name in known):
            return
        for called, calls in module.calls_by_origin.items():
            if called == "add_middleware" or called.endswith("Middleware") or called in known:
                for call in calls:
                    if call not in self._configuring:
                        self._configuring[call] = _configures(module, call)
                    function = self._configuring[call]
                    if function is not None:
                        yield function

    def may_call(self, path: Path, content: bytes) -> bool:
        """Whether a file's bytes call one of the functions that were learnt last, name a module that it comes from, and import
        it: from where it is, from a package around it, or through one other module."""
        if self.evaluator is None:
            return False
        called = [name for name, pattern in self._sought.items() if name.encode() in content and _is_called(pattern, content)]
        named = [name for name in called if any(home.encode() in content for home in self.names[name])]
        if not named:
            return False
        places = set().union(*(self._places[name] for name in named))
        program = self.evaluator.program
        imported = program.named_by(path)
        return not places.isdisjoint(imported) or any(not places.isdisjoint(program.named_by(each)) for each in imported)


def _is_called(pattern: re.Pattern[bytes], content: bytes) -> bool:
    """Whether a name stands where it is not defined and no part of a longer one. An expression that begins with the name is
    searched for ten times as fast as one that says so itself."""
    for match in pattern.finditer(content):
        before = content[max(0, match.start() - 4) : match.start()]
        if before != b"def " and not before[-1:].isalnum() and before[-1:] != b"_":
            return True
    return False


def _configures(module: Module, call: ast.Call) -> _Function | None:
    """The function around a call that hands its parameters to it; None where there is none."""
    scope = module.scope_of(call)
    match scope.node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() as function if not function.name.startswith("__"):
            return function if _uses_parameters(call, scope, function) else None
        case _:
            return None


def _uses_parameters(call: ast.Call, scope: Scope, function: _Function) -> bool:
    """Whether a call takes anything from the parameters of the function around it, or from the object that has it as a method."""
    parameters = {argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
    parameters |= {each.arg for each in (function.args.vararg, function.args.kwarg) if each is not None}
    edge: set[str] = _names(call)
    seen: set[str] = set()
    for _ in range(_DEEPEST):
        if edge & parameters:
            return True
        seen |= edge
        bound = [node for name in edge for node in scope.bindings.get(name, ())]
        edge = {name for node in bound for name in _names(node)} - seen
    return bool(edge & parameters)


def _names(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}
