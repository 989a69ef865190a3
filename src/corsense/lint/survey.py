"""`Survey`: what was read of a tree, for the rules that look at more than one layer."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from corsense.lint.evaluation import Evaluator
from corsense.lint.handwritten import Handwritten, handwritten
from corsense.lint.layers import Layer
from corsense.lint.program import Module
from corsense.lint.routes import routes_of, words_of
from corsense.lint.security import NAMED, headers_read
from corsense.lint.stacks import Stack, Stacks
from corsense.lint.values import FunctionValue
from corsense.lint.writes import WritingApps

_NEAR = 1
"""How many folders above a route are searched for the app that includes it."""

_IMPORTS = 2
"""Through how many imports the schemes that guard a route are followed."""


@dataclass(eq=False)
class Survey:
    """The modules that were read and the layers that they add."""

    evaluator: Evaluator
    modules: list[Module]
    layers: dict[Module, list[Layer]]
    _handwritten: dict[Module, list[Handwritten]] = field(default_factory=dict, repr=False)
    _around: dict[Module, tuple[Path, ...]] = field(default_factory=dict, repr=False)
    _headers: dict[Path, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def writing_apps(self) -> WritingApps:
        """The apps that forms reach."""
        return WritingApps(self.evaluator.program)

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks of the apps that have a CORS layer."""
        return tuple(Stacks(self.evaluator, self.layers).all())

    def handwritten(self, module: Module) -> list[Handwritten]:
        """The CORS headers that a module writes by hand."""
        if module not in self._handwritten:
            self._handwritten[module] = handwritten(self.evaluator, module)
        return self._handwritten[module]

    def program_around(self, module: Module) -> tuple[Path, ...]:
        """The files of a module, of what it imports of the program, and of what those import: seen in their bytes, not parsed."""
        if module not in self._around:
            program = self.evaluator.program
            start = module.home
            found = {start: None}
            edge = [start]
            for _ in range(_IMPORTS):
                edge = [path for origin in edge for path in program.imports_of(origin) if path not in found]
                found |= dict.fromkeys(edge)
            self._around[module] = tuple(found)
        return self._around[module]

    def may_read_headers(self, module: Module) -> bool:
        """Whether a module, or anything that is imported from there, has a security scheme, as the bytes tell."""
        program = self.evaluator.program
        waiting, seen = [module.home], {module.home}
        for path in waiting:
            if NAMED.search(program.content(path)):
                return True
            found = program.named_by(path) - seen
            waiting += sorted(found)
            seen |= found
        return False

    def headers_read(self, path: Path) -> tuple[str, ...]:
        """The headers that the security schemes of a file read."""
        if path not in self._headers:
            program = self.evaluator.program
            module = program.parsed(path) if NAMED.search(program.content(path)) else None
            self._headers[path] = tuple(headers_read(self.evaluator, module)) if module is not None else ()
        return self._headers[path]

    def answers_preflights_of(self, module: Module, route: ast.AST) -> bool:
        """Whether a CORS layer answers the preflights of a route before the route does: the app that has the layer includes the
        route, or is made in a folder around it."""
        if any(folder in self._folders_of_apps for folder in module.home.parents):
            return True
        around = module.home.parents[min(_NEAR, len(module.home.parents) - 1)]
        return any(
            found.function is route
            for stack in self.stacks
            if stack.scope.module.home.is_relative_to(around)
            for found in routes_of(self.evaluator, stack.scope, stack.name, words_of("OPTIONS"))
        )

    @cached_property
    def _folders_of_apps(self) -> set[Path]:
        return {stack.scope.module.home.parent for stack in self.stacks}

    @cached_property
    def handlers_of_all(self) -> set[ast.AST]:
        """The functions that handle all exceptions, which run outside every layer, and those that they call."""
        found = {function.node: function for module in self.modules for function in self._registered(module)}
        for function in list(found.values()):
            for node in ast.walk(function.node):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    for each in self.evaluator.evaluate(node.func, self.evaluator.frame_of(function.module, node)):
                        if isinstance(each.value, FunctionValue):
                            found.setdefault(each.value.node, each.value)
        return set(found)

    def _registered(self, module: Module) -> list[FunctionValue]:
        if "exception_handler" not in module.text:
            return []
        found = [
            FunctionValue(module, module.scope_of(function), function)
            for function in module.functions
            if any(handles_all(decorator) for decorator in function.decorator_list)
        ]
        for call in module.calls:
            if handles_all(call) and len(call.args) > 1:
                for each in self.evaluator.evaluate(call.args[1], self.evaluator.frame_of(module, call)):
                    if isinstance(each.value, FunctionValue):
                        found.append(each.value)
        return found


def handles_all(node: ast.AST) -> bool:
    """Whether a call registers a handler for every exception: `app.exception_handler(Exception)`,
    `app.add_exception_handler(500, handler)`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="exception_handler" | "add_exception_handler"), args=[given, *_]):
            return is_every_exception(given)
        case _:
            return False


def is_every_exception(given: ast.expr) -> bool:
    """Whether a handler's key stands for every exception: `Exception`, or the status 500."""
    match given:
        case ast.Name(id="Exception") | ast.Constant(value=500):
            return True
        case ast.Attribute(attr="HTTP_500_INTERNAL_SERVER_ERROR" | "HTTP_500" | "INTERNAL_SERVER_ERROR"):
            return True
        case _:
            return False
