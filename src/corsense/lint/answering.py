"""Whether a layer answers by itself, without asking what is inside of it: such an answer leaves without CORS headers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.layers import Layer
from corsense.lint.program import FunctionNode, Module
from corsense.lint.settings import lineage
from corsense.lint.signatures import returns_of
from corsense.lint.values import ClassValue, External, FunctionValue, entries

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
    """How a layer answers by itself, as the end of a sentence; None where it does not, or nobody can tell."""
    code = layer.made_of.node if isinstance(layer.made_of, ClassValue | FunctionValue) else None
    if code is not None and "access-control-allow-origin" in ast.unparse(code).lower():
        return None  # it sends CORS headers of its own
    match layer.made_of:
        case External(name=name):
            return _of_other_package(evaluator, layer, name.rpartition(".")[2])
        case FunctionValue(module=module, node=ast.FunctionDef() | ast.AsyncFunctionDef() as function):
            return _at(own_return(module, function), "answers by itself")
        case ClassValue():
            return _of_class(evaluator, layer.made_of)
        case _:
            return None


def _of_other_package(evaluator: Evaluator, layer: Layer, name: str) -> str | None:
    if name == "BaseHTTPMiddleware" and isinstance(layer.node, ast.Call):
        given = next((word.value for word in layer.node.keywords if word.arg == "dispatch"), None)
        for each in evaluator.evaluate(given, evaluator.frame_of(layer.module, layer.node)) if given is not None else ():
            if isinstance(each.value, FunctionValue) and not isinstance(each.value.node, ast.Lambda):
                return _at(own_return(each.value.module, each.value.node), "answers by itself")
        return None
    if name == "TrustedHostMiddleware" and _trusts_all(evaluator, layer):
        return None
    if name in _KNOWN:
        return _KNOWN[name]
    return "answers by itself, by its name" if _BY_NAME.search(name) and not _PASSIVE.search(name) else None


def _trusts_all(evaluator: Evaluator, layer: Layer) -> bool:
    """Whether a `TrustedHostMiddleware` knows every host: it never answers then."""
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
                    return _at(own_return(found.module, method), "answers by itself")
                if method.name == "__call__":
                    return _at(_own_send(evaluator, found), "answers by itself")
    for base in (base for found in lineage(evaluator, owner) for base in found.node.bases):
        last = ast.unparse(base).rpartition(".")[2]
        if last in _KNOWN:
            return _KNOWN[last]
    return None


def _at(node: ast.AST | None, sentence: str) -> str | None:
    return None if node is None else f"{sentence} (line {getattr(node, 'lineno', 0)})"


def own_return(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.Return | None:
    """The first answer of a `dispatch` function that is made without what is inside: it does not come from `call_next`."""
    arguments = [argument.arg for argument in function.args.args]
    call_next = arguments[-1] if arguments else "call_next"
    passed_on = _come_from(function, call_next)
    for statement in sorted(returns_of(function), key=lambda node: node.lineno):
        if statement.value is not None and not _mentions(statement.value, passed_on) and not _is_none(statement.value):
            return statement
    return None


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


def _is_response(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].lower().endswith("response")
