"""What a name is bound to, where that is beyond doubt."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from corsense.fix.edits.source import Source

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds a name in its scope. `values` are assigned to it by plain assignments; `added` are added to it by `+=`;
    `complete` tells that nothing else binds it."""

    values: tuple[ast.expr, ...]
    added: tuple[ast.expr, ...]
    complete: bool

    @property
    def sole(self) -> ast.expr | None:
        """The one value the name ever has, None when that is not certain."""
        return self.values[0] if self.complete and len(self.values) == 1 and not self.added else None


def binding(source: Source, name: ast.Name) -> Binding | None:
    """The binding that a name in the program refers to; None when no scope of the program binds it."""
    found = scope_of(source, name)
    return None if found is None else _gather(source, found, name.id)


def scope_of(source: Source, name: ast.Name) -> Scope | None:
    """The scope that binds a name, found as Python finds it: functions outwards, then the module; a class body only for names
    in it."""
    node: ast.AST = name
    nearest = True
    while (parent := source.parents.get(node)) is not None:
        # Decorators, defaults and annotations belong to the scope around the definition.
        inside = isinstance(parent, _SCOPES) and _in_body(parent, node)
        if isinstance(parent, _FUNCTIONS) and inside and (declared := _declared_global(parent, name.id)) is not None:
            if declared and next(binders(source.tree, name.id), None) is not None:
                return source.tree
            return None
        if isinstance(parent, ast.ClassDef) and inside and not nearest:
            inside = False
        if isinstance(parent, _SCOPES) and inside:
            nearest = False
            if next(binders(parent, name.id), None) is not None:
                return parent
        node = parent
    return source.tree if next(binders(source.tree, name.id), None) is not None else None


def binders(scope: Scope, name: str) -> Iterator[ast.AST]:
    """The nodes of a scope, nested scopes left out, that bind `name`."""
    if isinstance(scope, _FUNCTIONS):
        arguments = scope.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        yield from (argument for argument in every if argument is not None and argument.arg == name)
    for node in _own_nodes(scope):
        if _binds(node, name):
            yield node


def loads(source: Source, name: str) -> list[ast.Name]:
    """Every place where the program reads `name`, whatever the scope."""
    return [node for node in source.nodes if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)]


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` for a name or a chain of attributes, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _gather(source: Source, scope: Scope, name: str) -> Binding:
    values: list[ast.expr] = []
    added: list[ast.expr] = []
    complete = True
    if any(isinstance(node, ast.Global | ast.Nonlocal) and name in node.names for node in source.nodes):
        complete = False
    for node in binders(scope, name):
        parent = source.parents[node]
        match parent:
            case ast.Assign(targets=targets, value=value) if node in targets:
                values.append(value)
            case ast.AnnAssign(target=target, value=None) if target is node:
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value) if target is node:
                values.append(value)
            case ast.AugAssign(target=target, op=ast.Add() | ast.BitOr(), value=value) if target is node:
                added.append(value)
            case _:
                complete = False
    return Binding(tuple(values), tuple(added), complete)


def _own_nodes(scope: Scope) -> Iterator[ast.AST]:
    body = scope.body
    pending: list[ast.AST] = list(reversed(body)) if isinstance(body, list) else [body]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _SCOPES):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=found, ctx=ast.Store() | ast.Del()):
            return found == name
        case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) | ast.ClassDef(name=found):
            return found == name
        case ast.ExceptHandler(name=found) | ast.MatchAs(name=found) | ast.MatchStar(name=found) | ast.MatchMapping(rest=found):
            return found == name
        case ast.alias(name=imported, asname=asname):
            return name == (asname or imported.partition(".")[0])
    return False


def _in_body(scope: ast.AST, node: ast.AST) -> bool:
    body = getattr(scope, "body", None)
    return node in body if isinstance(body, list) else node is body


def _declared_global(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> bool | None:
    """True for `global name` in a function, False for `nonlocal name`, None without a declaration."""
    for node in _own_nodes(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return isinstance(node, ast.Global)
    return None
