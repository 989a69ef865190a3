"""Removal of CORS written by hand, where a CORS layer does the same: OPTIONS handlers, headers set on responses."""

from __future__ import annotations

import ast

from corsense.fix.edits.calls import siblings
from corsense.fix.edits.names import binding, dotted, loads
from corsense.fix.edits.rows import cut, head, is_alone
from corsense.fix.edits.source import Source, Splice, edit

_RESPONSES = frozenset({"Response", "JSONResponse", "PlainTextResponse", "ORJSONResponse", "HTMLResponse"})
_READING = ("get", "join", "lower", "strip")
_CORS = "access-control-"


@edit
def remove_manual_options(source: Source, handler_line: int) -> list[Splice] | None:
    """Removes the OPTIONS handler at `handler_line` (its decorator, or its head), with the comments right above it. None
    unless a single decorator routes OPTIONS and nothing else to it, all it does is to answer with fixed content and CORS
    headers, and nothing else in the program mentions it."""
    handler = _handler(source, handler_line)
    if handler is None or len(siblings(source, handler)) < 2 or not is_alone(source, handler):
        return None
    if not _routes_options_only(handler) or _is_mentioned(source, handler):
        return None
    responses = {argument.arg for argument in handler.args.args}
    if not all(_only_answers(source, statement, responses) for statement in handler.body):
        return None
    return [cut(source, handler)[0]]


@edit
def remove_manual_header(source: Source, line: int) -> list[Splice] | None:
    """Removes the statement at `line` that sets an `Access-Control-*` header on a response:
    `response.headers["Access-Control-..."] = x`. Leaves `pass` where it is all there is. None for a statement that does
    more."""
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or 0) and _sets_cors_header(node):
            if not is_quiet(node.value) or not is_alone(source, node):
                return None
            if len(siblings(source, node)) == 1:
                return [Splice(source.start(node), source.end(node), "pass")]
            return [cut(source, node)[0]]
    return None


Handler = ast.FunctionDef | ast.AsyncFunctionDef


def _handler(source: Source, line: int) -> Handler | None:
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            first = source.line_at(head(source, node))
            if first <= line <= max(node.lineno, node.body[0].lineno - 1):
                return node
    return None


def _routes_options_only(handler: Handler) -> bool:
    match handler.decorator_list:
        case [ast.Call(func=ast.Attribute(attr="options"), keywords=keywords)]:
            return not any(keyword.arg in (None, "name", "dependencies", "callbacks") for keyword in keywords)
        case [ast.Call(func=ast.Attribute(attr="api_route" | "route"), keywords=keywords)]:
            given = {keyword.arg: keyword.value for keyword in keywords}
            match given.get("methods"):
                case ast.List(elts=[ast.Constant(value="OPTIONS")]) | ast.Tuple(elts=[ast.Constant(value="OPTIONS")]):
                    return not {None, "name", "dependencies", "callbacks"} & given.keys()
    return False


def _is_mentioned(source: Source, handler: Handler) -> bool:
    name = handler.name
    strings = (node.value for node in source.nodes if isinstance(node, ast.Constant))
    return bool(loads(source, name)) or any(value == name for value in strings)


def _only_answers(source: Source, statement: ast.stmt, responses: set[str]) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=value):
            return value is None or _is_answer(source, value, responses)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value) if _is_answer(source, value, responses):
            responses.add(name)
            return True
        case ast.Assign() if _sets_cors_header(statement):
            return is_quiet(statement.value)
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr="status_code")], value=value):
            return name in responses and is_quiet(value)
    return False


def _is_answer(source: Source, node: ast.expr, responses: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in responses
        case ast.Call(func=function, args=args, keywords=keywords) if (dotted(function) or "").rpartition(".")[2] in _RESPONSES:
            given = {keyword.arg: keyword.value for keyword in keywords}
            headers = given.pop("headers", None)
            others = [*args[:2], *given.values()]
            fixed = len(args) <= 2 and given.keys() <= {"content", "status_code", "media_type"}
            return fixed and all(is_quiet(value) for value in others) and (headers is None or _has_cors_headers(source, headers))
    return is_quiet(node)


def _has_cors_headers(source: Source, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        bound = binding(source, node)
        sole = None if bound is None else bound.sole
        return isinstance(sole, ast.Dict) and _has_cors_headers(source, sole)
    if not isinstance(node, ast.Dict):
        return False
    return all(is_cors_name(key) and is_quiet(value) for key, value in zip(node.keys, node.values, strict=True))


def _sets_cors_header(statement: ast.Assign) -> bool:
    match statement.targets:
        case [ast.Subscript(value=ast.Attribute(attr="headers"), slice=key)]:
            return is_cors_name(key)
    return False


def only_responds(call: ast.Call) -> bool:
    """Whether making a response has no effect besides: no background task, and arguments that only read."""
    return all(keyword.arg in ("content", "status_code", "media_type", "headers") for keyword in call.keywords) and all(
        is_quiet(value) for value in (*call.args, *(keyword.value for keyword in call.keywords))
    )


def is_cors_name(node: ast.expr | None) -> bool:
    """Whether a literal names a header of CORS, or `Vary`."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower().startswith((_CORS, "vary"))


def is_quiet(node: ast.expr) -> bool:
    """Whether evaluating an expression does nothing besides: reads, literals, and lookups in headers."""
    for part in ast.walk(node):
        if isinstance(part, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            return False
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Attribute) and part.func.attr in _READING):
            return False
    return True
