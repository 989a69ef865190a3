"""The routes of an app as decorators write them, those of included routers among them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module, Scope
from corsense.lint.values import ModuleValue

_METHODS = ("get", "post", "put", "delete", "patch", "options", "head", "trace", "websocket")
_DEEPEST = 5

Words: TypeAlias = tuple[bytes, ...]


@dataclass(frozen=True, eq=False)
class Route:
    """An endpoint with the methods that it serves (`WEBSOCKET` for a websocket)."""

    module: Module = field(repr=False)
    function: ast.FunctionDef | ast.AsyncFunctionDef
    methods: tuple[str, ...]
    path: str | None


def routes_of(evaluator: Evaluator, scope: Scope, name: str, words: Words = (), depth: int = 0) -> Iterator[Route]:
    """The routes of the app or router called `name` in a scope; with `words`, only those in files that have one of them."""
    module = scope.module
    for function, decorator in module.decorations.get(name, ()):
        methods = _methods(decorator)
        if methods and _sees(module.scope_of(function), scope):
            yield Route(module, function, methods, _path(decorator))
    if depth < _DEEPEST:
        for call in module.method_calls(name, "include_router"):
            if call.args:
                for inner, router in _home(evaluator, module, call.args[0], words):
                    yield from routes_of(evaluator, inner, router, words, depth + 1)


def words_of(method: str) -> Words:
    """What is in every file that has a route of a method, `DELETE`."""
    name = method.lower().encode()
    return (b"." + name, method.encode(), b'"' + name + b'"', b"'" + name + b"'")


def _sees(inner: Scope, outer: Scope) -> bool:
    return inner is outer or outer.parent is None


def _methods(decorator: ast.Call) -> tuple[str, ...]:
    assert isinstance(decorator.func, ast.Attribute)
    verb = decorator.func.attr
    if verb in _METHODS:
        return (verb.upper(),)
    if verb not in ("api_route", "route"):
        return ()
    given = next((word.value for word in decorator.keywords if word.arg == "methods"), None)
    if not isinstance(given, ast.List | ast.Tuple | ast.Set):
        return ("GET",) if given is None else ()
    return tuple(item.value.upper() for item in given.elts if isinstance(item, ast.Constant) and isinstance(item.value, str))


def _path(decorator: ast.Call) -> str | None:
    first = decorator.args[0] if decorator.args else next((w.value for w in decorator.keywords if w.arg == "path"), None)
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _home(evaluator: Evaluator, module: Module, node: ast.expr, words: Words) -> Iterator[tuple[Scope, str]]:
    """Where a router that is included is made, and its name there. Files without any of the words are not parsed for it."""
    match node:
        case ast.Name(id=name):
            scope = module.scope_of(node).holder_of(name)
            for binding in scope.bindings[name] if scope is not None else ():
                if isinstance(binding, ast.ImportFrom):
                    alias = next((alias for alias in binding.names if (alias.asname or alias.name) == name), None)
                    if words and not _may_have(evaluator, module, binding.module or "", binding.level, words):
                        continue
                    found = evaluator.program.imported(module, binding.module or "", binding.level)
                    if alias is not None and found is not None:
                        yield from _where_made(evaluator, found, alias.name)
                else:
                    assert scope is not None
                    yield scope, name
        case ast.Attribute(value=holder, attr=name):
            if words and isinstance(holder, ast.Name) and not _package_may_have(evaluator, module, holder, words):
                return
            for each in evaluator.evaluate(holder, evaluator.frame_of(module, node)):
                if isinstance(each.value, ModuleValue):
                    yield from _where_made(evaluator, each.value.module, name)


def _may_have(evaluator: Evaluator, module: Module, name: str, level: int, words: Words) -> bool:
    """Whether a module that is imported has one of some words, or may get what has it from another one."""
    path = evaluator.program.file_of(module, name, level)
    if path is None or path.name == "__init__.py":
        return True
    content = evaluator.program.content(path)
    return b"include_router" in content or any(word in content for word in words)


def _package_may_have(evaluator: Evaluator, module: Module, holder: ast.Name, words: Words) -> bool:
    """The same for a module that a package is asked for: `from app.routers import users`, then `users.router`."""
    scope = module.scope_of(holder).holder_of(holder.id)
    for binding in scope.bindings[holder.id] if scope is not None else ():
        match binding:
            case ast.ImportFrom(names=names, module=package, level=level):
                for alias in names:
                    if (alias.asname or alias.name) == holder.id:
                        inner = f"{package}.{alias.name}" if package else alias.name
                        if _may_have(evaluator, module, inner, level, words):
                            return True
            case _:
                return True
    return False


def _where_made(evaluator: Evaluator, module: Module, name: str) -> Iterator[tuple[Scope, str]]:
    for binding in module.scope.bindings.get(name, ()):
        if isinstance(binding, ast.ImportFrom):
            alias = next((alias for alias in binding.names if (alias.asname or alias.name) == name), None)
            found = evaluator.program.imported(module, binding.module or "", binding.level)
            if alias is not None and found is not None and found is not module:
                yield from _where_made(evaluator, found, alias.name)
                return
    yield module.scope, name
