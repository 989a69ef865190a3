"""CORS headers that the program writes by hand, by function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import FunctionNode, Module, Scope, position
from corsense.lint.signatures import default_of
from corsense.lint.values import Known, Path, Value

_PREFIX = "access-control-allow-"
_SETTERS = ("append", "setdefault", "__setitem__", "add", "set", "add_header")
_FRAMEWORKS = ("fastapi", "starlette")
_MAKERS = frozenset({"starlette", "fastapi", "litestar", "corsense", "asgi_cors"})


@dataclass(frozen=True, eq=False)
class Written:
    """A header written by hand: its name in lower case, the expression of its value, and whether a line is added to those
    that are there."""

    node: ast.AST
    name: str
    value: ast.expr
    appended: bool = False


@dataclass(frozen=True, eq=False)
class Handwritten:
    """All the CORS headers that one function (or the module) writes, in the order of the source."""

    module: Module = field(repr=False)
    scope: Scope = field(repr=False)
    headers: tuple[Written, ...]

    def value_of(self, name: str) -> Written | None:
        """The first header of that name."""
        return next((header for header in self.headers if header.name == name), None)


def handwritten(evaluator: Evaluator, module: Module) -> list[Handwritten]:
    """The CORS headers of a module that has to do with FastAPI or Starlette."""
    if _PREFIX not in module.lowered or not concerns_framework(module) or _is_the_layer_itself(module):
        return []
    by_scope: dict[Scope, list[Written]] = {}
    for written in _written(module):
        if written.name.startswith(_PREFIX):
            by_scope.setdefault(module.scope_of(written.node), []).append(written)
    return [Handwritten(module, scope, tuple(found)) for scope, found in by_scope.items()]


def _is_the_layer_itself(module: Module) -> bool:
    """Whether a module is where a framework makes its CORS layer, which has to write the headers."""
    return bool(_MAKERS & set(module.path.parts)) and any(
        isinstance(node, ast.ClassDef) and node.name == "CORSMiddleware" for node in module.tree.body
    )


def concerns_framework(module: Module) -> bool:
    """Whether a module imports FastAPI or Starlette, is imported by one that does, or is written against ASGI itself."""
    for node in module.imports:
        match node:
            case ast.Import(names=names) if any(alias.name.partition(".")[0] in _FRAMEWORKS for alias in names):
                return True
            case ast.ImportFrom(module=str(name), level=0) if name.partition(".")[0] in _FRAMEWORKS:
                return True
    return module.is_used_by_app or "http.response.start" in module.text


def _written(module: Module) -> Iterator[Written]:
    """The headers whose name is written where they are set, those beside a CORS header in a dict included."""
    for node in _holders(module):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=holder, slice=key)], value=value) if _is_headers(holder):
                name = _name(key)
                if name is not None:
                    yield Written(node, name, value)
            case ast.Call(func=ast.Attribute(value=holder, attr=method), args=[key, value]) if method in _SETTERS and _is_headers(
                holder
            ):
                name = _name(key)
                if name is not None:
                    yield Written(node, name, value, appended=method in ("append", "add"))
            case ast.Dict(keys=keys, values=values):
                names = [(_name(entry) if entry is not None else None) or "" for entry in keys]
                if any(name.startswith(_PREFIX) for name in names) and _reaches_an_answer(module, node):
                    for name, value in zip(names, values, strict=True):
                        yield Written(node, name, value)
            case ast.Tuple(elts=[key, value]) if isinstance(key, ast.Constant) and isinstance(key.value, bytes):
                name = _name(key)
                if name is not None and isinstance(module.parents.get(node), ast.List | ast.Call):
                    yield Written(node, name, value, appended=isinstance(module.parents.get(node), ast.Call))


def _holders(module: Module) -> Iterator[ast.AST]:
    """What may set a CORS header, by the places of their names: assignments, calls, dicts and pairs."""
    found: dict[ast.AST, None] = {}
    names = [node for node in module.constants if isinstance(node.value, str | bytes) and len(node.value) > len(_PREFIX)]
    for constant in sorted(names, key=position):
        if (_name(constant) or "").startswith(_PREFIX):
            holder = module.parents[constant]
            found[module.parents[holder] if isinstance(holder, ast.Subscript) else holder] = None
    yield from found


def _name(key: ast.expr) -> str | None:
    match key:
        case ast.Constant(value=str(name)):
            return name.lower()
        case ast.Constant(value=bytes(name)):
            return name.decode("latin-1").lower()
        case _:
            return None


def _is_headers(node: ast.expr) -> bool:
    """`response.headers`, `headers`, `MutableHeaders(...)`; not those of a request."""
    written = ast.unparse(node).lower()
    return "header" in written and "request" not in written


def _reaches_an_answer(module: Module, node: ast.Dict) -> bool:
    """Whether a dict is handed to a response: as its headers, in an update of them, or by way of a name."""
    parent = module.parents.get(node)
    match parent:
        case ast.keyword(arg="headers"):
            call = module.parents[parent]
            return isinstance(call, ast.Call) and _makes_an_answer(call)
        case ast.Call(func=ast.Attribute(value=holder, attr="update")):
            return _is_headers(holder)
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return _name_reaches_an_answer(module, name) or _is_copied(module, name)
        case ast.Return() | ast.Call(func=ast.Name(id="dict")):
            return True
        case _:
            return False


def _name_reaches_an_answer(module: Module, name: str) -> bool:
    for call in module.calls:
        for word in call.keywords:
            hands_over = word.arg == "headers" and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(word.value))
            if hands_over and _makes_an_answer(call):
                return True
        match call:
            case ast.Call(func=ast.Attribute(value=holder, attr="update"), args=[ast.Name(id=given)]) if given == name:
                if _is_headers(holder):
                    return True
    return any(
        isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == name for node in module.nodes
    )


def _is_copied(module: Module, name: str) -> bool:
    """Whether the entries of a dict are written to headers one by one, in a loop over its items."""
    for node in module.nodes:
        match node:
            case ast.For(iter=ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="items")), body=body) if found == name:
                for inner in (each for statement in body for each in ast.walk(statement)):
                    if isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store) and _is_headers(inner.value):
                        return True
    return False


def _makes_an_answer(call: ast.Call) -> bool:
    last = ast.unparse(call.func).rpartition(".")[2]
    return last.endswith(("Response", "HTTPException", "Headers"))


def text_value(evaluator: Evaluator, module: Module, node: ast.expr) -> set[str]:
    """The strings that a header's value is known to be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bytes):
        return {node.value.decode("latin-1")}
    found: set[str] = set()
    values: list[Value] = [each.value for each in evaluator.evaluate(node, evaluator.frame_of(module, node))]
    for value in values:
        if isinstance(value, Known) and isinstance(value.value, str):
            found.add(value.value)
    return found


def values_with_origin(evaluator: Evaluator, found: Handwritten, header: Written) -> set[str]:
    """The strings that a header's value is known to be where a request has an origin: `*` in `origin or "*"` reaches no page."""
    from corsense.lint.conditions import path_of

    if isinstance(header.value, ast.Constant):
        absent = _has_no_origin(found, path_of(found.module, header.node))
        return set() if absent else text_value(evaluator, found.module, header.value)
    strings: set[str] = set()
    for each in evaluator.evaluate(header.value, evaluator.frame_of(found.module, header.value)):
        if isinstance(each.value, Known) and isinstance(each.value.value, str) and not _has_no_origin(found, each.path):
            strings.add(each.value.value)
    return strings


def _has_no_origin(found: Handwritten, path: Path) -> bool:
    """Whether a path is taken only by requests without an origin."""
    names = names_of_origin(found.scope)
    for text, outcome in path:
        if not outcome and (text in names or text.removesuffix(" is not None") in names or _reads_only_origin(text)):
            return True
        if outcome and any(text in (f"{name} is None", f"{name} == '*'") for name in names):
            return True
    return False


def _reads_only_origin(text: str) -> bool:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, ast.Call | ast.Subscript) and reads_origin(node)


def reads_origin(node: ast.AST) -> bool:
    """Whether an expression reads the Origin header of a request."""
    for found in ast.walk(node):
        match found:
            case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[ast.Constant(value=name), *_]):
                if _is_origin(name) and "header" in ast.unparse(holder).lower():
                    return True
            case ast.Subscript(value=holder, slice=ast.Constant(value=name)):
                if _is_origin(name) and "header" in ast.unparse(holder).lower():
                    return True
    return False


def _is_origin(name: object) -> bool:
    return isinstance(name, str | bytes) and name.lower() in ("origin", b"origin")


def names_of_origin(scope: Scope) -> set[str]:
    """The names in a function that hold the Origin header."""
    node = scope.node
    if not isinstance(node, FunctionNode):
        return set()
    found: set[str] = set()
    for statement in ast.walk(node):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.NamedExpr(target=ast.Name(id=name), value=value):
                if reads_origin(value):
                    found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if reads_origin(value):
                found.add(name)
    for argument in (*node.args.args, *node.args.kwonlyargs):
        default = default_of(node, argument.arg)
        given = f"{ast.unparse(argument.annotation) if argument.annotation else ''} {ast.unparse(default) if default else ''}"
        if argument.arg == "origin" and "Header(" in given:
            found.add("origin")
    return found
