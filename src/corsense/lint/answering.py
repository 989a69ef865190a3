"""Whether a layer answers by itself, without calling what is inside it: such an answer has no CORS headers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.layers import Layer
from corsense.lint.program import FunctionNode, Module
from corsense.lint.settings import lineage, method_of
from corsense.lint.signatures import returns_of
from corsense.lint.values import ClassValue, External, FunctionValue, Instance, entries

_DEEPEST = 2
"""Through how many methods a `dispatch` is followed to what they raise."""

_KNOWN = {
    "TrustedHostMiddleware": "answers 400 to hosts that it does not know",
    "HTTPSRedirectMiddleware": "redirects http to https",
    "AuthenticationMiddleware": "answers where authentication fails",
    "SlowAPIMiddleware": "answers 429 beyond its limit",
    "SlowAPIASGIMiddleware": "answers 429 beyond its limit",
}
_PASSIVE = re.compile(
    r"GZip|Brotli|Zstd|Session|ProxyHeaders|Prometheus|Metric|Correlation|RequestI[dD]|Sentry|Telemetry|Tracing|Trace|Logg|"
    r"Timing|Context|Profil|Elastic|Datadog|NewRelic|SecurityHeader|SecureHeader|CacheControlHeader|Version"
)
_BY_NAME = re.compile(
    r"Auth|JWT|Jwt|Token|Login|Limit|Throttl|CSRF|Csrf|Firewall|Guard|Block|Maintenance|API_?Key|Api_?Key|Permission|IPFilter|"
    r"[Ww]hitelist|[Aa]llowlist|[Bb]lacklist|[Dd]enylist"
)


def own_answer(evaluator: Evaluator, layer: Layer) -> str | None:
    """How a layer answers by itself, as the end of a sentence; None where it does not, or that is unknown."""
    if writes_cors_headers(layer):
        return None
    match layer.made_of:
        case External(name=name):
            return _of_other_package(evaluator, layer, name.rpartition(".")[2])
        case FunctionValue() as function:
            return _of_function(evaluator, function)
        case Instance(made_of=owner):
            called = method_of(evaluator, owner, "__call__")
            return _of_function(evaluator, called) if called is not None else None
        case ClassValue():
            return _of_class(evaluator, layer.made_of)
        case _:
            return None


def writes_cors_headers(layer: Layer) -> bool:
    """Whether the code of a layer sends CORS headers of its own."""
    match layer.made_of:
        case ClassValue() | FunctionValue() as code:
            return code.module.names_in(code.node, "access-control-allow-origin")
        case Instance(made_of=ClassValue() as code):
            return code.module.names_in(code.node, "access-control-allow-origin")
        case _:
            return False


def _of_other_package(evaluator: Evaluator, layer: Layer, name: str) -> str | None:
    if name == "BaseHTTPMiddleware" and isinstance(layer.node, ast.Call):
        given = next((word.value for word in layer.node.keywords if word.arg == "dispatch"), None)
        for each in evaluator.evaluate(given, evaluator.frame_of(layer.module, layer.node)) if given is not None else ():
            if isinstance(each.value, FunctionValue):
                return _of_function(evaluator, each.value)
        return None
    if name == "TrustedHostMiddleware" and _trusts_all(evaluator, layer):
        return None
    if name in _KNOWN:
        return _KNOWN[name]
    return "answers by itself, judging by its name" if _BY_NAME.search(name) and not _PASSIVE.search(name) else None


def _trusts_all(evaluator: Evaluator, layer: Layer) -> bool:
    """Whether a `TrustedHostMiddleware` allows every host, so it never answers by itself."""
    words = layer.node.keywords if isinstance(layer.node, ast.Call) else []
    given = next((word.value for word in words if word.arg == "allowed_hosts"), None)
    if given is None:
        return True
    hosts = evaluator.evaluate(given, evaluator.frame_of(layer.module, layer.node))
    return all(any(entry.text == "*" for entry in entries(each.value)) for each in hosts)


def _of_class(evaluator: Evaluator, owner: ClassValue) -> str | None:
    for found in lineage(evaluator, owner):
        for method in found.node.body:
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                if method.name == "dispatch":
                    scope = found.module.scope_within(found.node)
                    return _of_function(evaluator, FunctionValue(found.module, scope, method), owner)
                if method.name == "__call__":
                    return _at(found.module, _own_send(evaluator, found), "answers by itself")
    for base in (base for found in lineage(evaluator, owner) for base in found.node.bases):
        last = ast.unparse(base).rpartition(".")[2]
        if last in _KNOWN:
            return _KNOWN[last]
    return None


def _of_function(evaluator: Evaluator, function: FunctionValue, owner: ClassValue | None = None) -> str | None:
    """How a `dispatch` function answers by itself."""
    if isinstance(function.node, ast.Lambda):
        return None
    returned = own_return(function.module, function.node)
    if returned is not None:
        return _at(function.module, returned, "answers by itself")
    module, raised = _own_raise(evaluator, function, owner, 0)
    return _at(module, raised, "raises HTTPException where no handler of the app sees it")


def _at(module: Module, node: ast.AST | None, sentence: str) -> str | None:
    return None if node is None else f"{sentence} ({module.path}:{getattr(node, 'lineno', 0)})"


def own_return(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt | None:
    """The first answer of a `dispatch` function that is made without what is inside: it does not come from `call_next`."""
    arguments = [argument.arg for argument in function.args.args]
    call_next = arguments[-1] if arguments else "call_next"
    passed_on = _come_from(function, call_next)
    for statement in sorted(returns_of(function), key=lambda node: node.lineno):
        if statement.value is None or _is_none(statement.value):
            continue
        if not _mentions(statement.value, passed_on):
            return statement
        if isinstance(statement.value, ast.Name):
            made = _made_instead(module, function, statement.value.id, passed_on)
            if made is not None:
                return made
    return None


def _made_instead(
    module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, passed_on: set[str]
) -> ast.stmt | None:
    """Where a name gets an answer of the layer's own in place of what is inside: in an `except` or in a branch."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name and _makes_response(module, value):
                if not _mentions(value, passed_on) and _is_instead(module, function, node, passed_on):
                    return node
    return None


def _is_instead(module: Module, function: ast.AST, statement: ast.stmt, passed_on: set[str]) -> bool:
    """Whether a statement stands in a branch or an `except` that does not ask what is inside after it."""
    inner: ast.AST = statement
    outer = module.parents[inner]
    while outer is not function and outer is not inner:
        if isinstance(outer, ast.If | ast.ExceptHandler):
            block = outer.orelse if isinstance(outer, ast.If) and inner in outer.orelse else outer.body
            position = block.index(inner) if isinstance(inner, ast.stmt) and inner in block else 0
            return not any(
                _mentions(later, passed_on - {"response"}) and _calls(later, passed_on) for later in block[position + 1 :]
            )
        inner, outer = outer, module.parents[outer]
    return False


def _calls(node: ast.AST, names: set[str]) -> bool:
    return any(
        isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id in names for found in ast.walk(node)
    )


def _own_raise(
    evaluator: Evaluator, function: FunctionValue, owner: ClassValue | None, depth: int
) -> tuple[Module, ast.AST | None]:
    """Where a function raises `HTTPException` and nothing in it catches that: itself, or in a method that it calls."""
    module = function.module
    assert not isinstance(function.node, ast.Lambda)
    for node in _own_nodes(function.node):
        match node:
            case ast.Raise(exc=ast.Call(func=raised)) if ast.unparse(raised).endswith("HTTPException"):
                if not _is_caught(module, function.node, node):
                    return module, node
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)) if owner is not None and depth < _DEEPEST:
                method = method_of(evaluator, owner, name)
                if method is not None and method.node is not function.node and not _is_caught(module, function.node, node):
                    found = _own_raise(evaluator, method, owner, depth + 1)
                    if found[1] is not None:
                        return found
    return module, None


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function in the order of the source, those of functions inside it left out."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop(0)
        yield node
        if not isinstance(node, FunctionNode | ast.ClassDef):
            waiting = [*ast.iter_child_nodes(node), *waiting]


def _is_caught(module: Module, function: ast.AST, node: ast.AST) -> bool:
    """Whether what a node raises is caught in the function: by an `except` for it, or for everything."""
    inner, outer = node, module.parents[node]
    while inner is not function and outer is not inner:
        if isinstance(outer, ast.Try | ast.TryStar) and inner in outer.body:
            caught = [ast.unparse(handler.type) if handler.type is not None else "Exception" for handler in outer.handlers]
            if any("HTTPException" in name or "Exception" in name.replace("(", " ").replace(",", " ").split() for name in caught):
                return True
        inner, outer = outer, module.parents[outer]
    return False


def _come_from(function: ast.FunctionDef | ast.AsyncFunctionDef, call_next: str) -> set[str]:
    """The names in a function whose values come from calling `call_next`, itself included."""
    names = {call_next}
    while True:
        more = {name for name, value in _assignments(function) if _mentions(value, names)} - names
        if not more:
            return names
        names |= more


def _assignments(function: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for name in _names(targets):
                    yield name, value
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                for name in _names([target]):
                    yield name, value
            case ast.NamedExpr(target=target, value=value):
                yield target.id, value
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                for name in _names([target]):
                    yield name, value
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if node is not function:
                yield name, node


def _names(targets: Iterable[ast.expr]) -> Iterator[str]:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                yield node.id
                break


def _mentions(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(found, ast.Name) and found.id in names for found in ast.walk(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _own_send(evaluator: Evaluator, owner: ClassValue) -> ast.AST | None:
    """Where an ASGI class sends an answer of its own, itself or by a function that it hands `send`."""
    found = _sends(owner.node)
    if found is not None:
        return found
    for call in ast.walk(owner.node):
        match call:
            case ast.Call(func=ast.Name() as name) if any(isinstance(a, ast.Name) and a.id == "send" for a in call.args):
                for each in evaluator.evaluate(name, evaluator.frame_of(owner.module, call)):
                    if isinstance(each.value, FunctionValue) and _sends(each.value.node) is not None:
                        return call
    return None


def _sends(code: ast.AST) -> ast.AST | None:
    """Where code calls a response as an app, or starts one with `http.response.start`."""
    responses = {
        name
        for node in ast.walk(code)
        for name, value in (_assignments(node) if isinstance(node, FunctionNode) else ())
        if _is_response(value)
    }
    for node in ast.walk(code):
        match node:
            case ast.Call(func=ast.Call() as made, args=[_, _, _]) if _is_response(made):
                return node
            case ast.Call(func=ast.Name(id=name), args=[_, _, _]) if name in responses:
                return node
            case ast.Call(args=[ast.Dict(values=values)]) if any(
                isinstance(value, ast.Constant) and value.value == "http.response.start" for value in values
            ):
                return node
    return None


def _makes_response(module: Module, value: ast.expr) -> bool:
    """Whether an expression makes a response, or names one that the module keeps."""
    if isinstance(value, ast.Name):
        kept = module.scope.bindings.get(value.id, ())
        return any(isinstance(node, ast.Assign | ast.AnnAssign) and node.value and _is_response(node.value) for node in kept)
    return _is_response(value)


def _is_response(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].lower().endswith("response")
