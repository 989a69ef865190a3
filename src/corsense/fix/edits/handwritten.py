"""CORS written by hand in an `@app.middleware("http")` function: taken out whole, or line by line, or given its `Vary`."""

from __future__ import annotations

import ast

from corsense.fix.edits.calls import siblings
from corsense.fix.edits.handlers import is_cors_name, is_quiet, only_responds
from corsense.fix.edits.names import binders, dotted, loads
from corsense.fix.edits.rows import cut, head, is_alone
from corsense.fix.edits.source import Source, Splice, edit

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SETTING = frozenset({"append", "setdefault", "add_vary_header"})


@edit
def remove_manual_cors(source: Source, line: int) -> list[Splice] | None:
    """Takes what sets `Access-Control-*` headers out of the `@app.middleware("http")` function at `line`: the whole function
    where it does nothing else, else its statements, and conditions that hold nothing else. None where one of them does more
    than that, and where the program mentions the function elsewhere."""
    function = _function(source, line)
    if function is None:
        return None
    found = [node for node in _statements(function) if _is_cors(node)]
    if not found or not all(is_alone(source, node) for node in found):
        return None
    if _is_nothing_else(function) and not loads(source, function.name) and len(siblings(source, function)) > 1:
        return [cut(source, function)[0]] if is_alone(source, function) else None
    if not _only_plain(function) or _answers_preflights(function):
        return None
    outer = list(dict.fromkeys(_widened(source, node) for node in found))
    outer += _orphans(source, function, outer)
    emptied = [node for node in outer if set(siblings(source, node)) <= set(outer)]
    if emptied:
        return None
    return [cut(source, node)[0] for node in outer]


@edit
def vary_by_origin(source: Source, line: int) -> list[Splice] | None:
    """Lets the `@app.middleware("http")` function at `line` add `Vary: Origin` to the response whose
    `Access-Control-Allow-Origin` it sets, whatever origin asks (Fetch, section 3.3.5). None unless the function returns one
    response, by name, in its last statement."""
    function = _function(source, line)
    if function is None or not function.body:
        return None
    last = function.body[-1]
    if not isinstance(last, ast.Return) or not isinstance(last.value, ast.Name) or not is_alone(source, last):
        return None
    name = last.value.id
    setters = [node for node in _statements(function) if _is_cors(node) and _response(node) == name]
    if not setters or any(_adds_vary(node) for node in ast.walk(function)):
        return None
    start = source.row_start(head(source, last))
    text = f"{source.indentation(start)}{name}.headers.add_vary_header({source.quote}Origin{source.quote})"
    return [Splice(start, start, text + source.newline_at(start))]


def _function(source: Source, line: int) -> Function | None:
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_middleware(node):
            first = source.line_at(head(source, node))
            if first <= line <= max(node.lineno, node.body[0].lineno - 1):
                return node
    return None


def _is_middleware(function: Function) -> bool:
    match function.decorator_list:
        case [ast.Call(func=ast.Attribute(attr="middleware"), args=[ast.Constant(value="http")], keywords=[])]:
            return len(function.args.args) == 2
    return False


def _statements(function: Function) -> list[ast.stmt]:
    return [node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function]


def _is_cors(node: ast.AST) -> bool:
    """Whether a statement sets a CORS header on a response, and does nothing besides."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="headers"), slice=key)], value=value):
            return _is_cors_header(key, value)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Attribute(attr="headers"), attr=attr), args=[key, value])):
            return attr in _SETTING and _is_cors_header(key, value)
    return False


def _is_cors_header(key: ast.expr, value: ast.expr) -> bool:
    if not is_cors_name(key) or not is_quiet(value):
        return False
    varies = isinstance(key, ast.Constant) and str(key.value).lower() == "vary"
    return not varies or (isinstance(value, ast.Constant) and str(value.value).lower() == "origin")


def _response(node: ast.stmt) -> str | None:
    """The name of the response that a statement of `_is_cors` sets a header on."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(value=ast.Name(id=name)))]):
            return name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id=name))))):
            return name
    return None


def _adds_vary(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr="add_vary_header"):
            return True
        case ast.Constant(value=str(value)):
            return value.lower() == "vary"
    return False


def _only_plain(function: Function) -> bool:
    """Whether every mention of a CORS header in the function is one of the statements that can be taken out."""
    mentioned = [node for node in ast.walk(function) if isinstance(node, ast.Constant) and is_cors_name(node)]
    taken = [node for statement in _statements(function) if _is_cors(statement) for node in ast.walk(statement)]
    return all(node in taken for node in mentioned if str(node.value).lower().startswith("access-control-"))


def _answers_preflights(function: Function) -> bool:
    """Whether the function looks at OPTIONS: without the headers, what it answers would keep preflights from the CORS layer."""
    return any(isinstance(node, ast.Constant) and node.value == "OPTIONS" for node in ast.walk(function))


def _is_nothing_else(function: Function) -> bool:
    """Whether the function hands the request on, or answers OPTIONS, sets CORS headers, and that is all."""
    names = [argument.arg for argument in function.args.args]
    responses: set[str] = set()
    return all(_is_plumbing(node, names, responses) for node in function.body)


def _is_plumbing(node: ast.stmt, names: list[str], responses: set[str]) -> bool:
    if _is_cors(node):
        return True
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_handed_on(value, names, responses):
            responses.add(name)
            return True
        case ast.Assign(targets=[ast.Name()], value=value):
            return is_quiet(value)
        case ast.Return(value=ast.expr() as value):
            return _is_handed_on(value, names, responses)
        case ast.If(test=test, body=body, orelse=orelse) if is_quiet(test):
            return all(_is_plumbing(inner, names, responses) for inner in (*body, *orelse))
    return False


def _is_handed_on(value: ast.expr, names: list[str], responses: set[str]) -> bool:
    match value:
        case ast.Name(id=name):
            return name in responses
        case ast.Await(value=ast.Call(func=ast.Name(id=name), args=[ast.Name()], keywords=[])):
            return name == names[1]
        case ast.IfExp(test=test, body=body, orelse=orelse) if is_quiet(test):
            return _is_handed_on(body, names, responses) and _is_handed_on(orelse, names, responses)
        case ast.Call(func=function):
            return (dotted(function) or "").endswith("Response") and only_responds(value)
    return False


def _widened(source: Source, node: ast.stmt) -> ast.stmt:
    """The widest `if` around a statement that holds nothing but CORS headers, else the statement."""
    parent = source.parents[node]
    while isinstance(parent, ast.If) and _is_only_cors(parent):
        node, parent = parent, source.parents[parent]
    return node


def _is_only_cors(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return is_quiet(node.test) and all(_is_only_cors(each) for each in (*node.body, *node.orelse))
    return _is_cors(node)


def _orphans(source: Source, function: Function, taken: list[ast.stmt]) -> list[ast.stmt]:
    """Assignments to names that only the statements taken out have read."""
    gone = {node for statement in taken for node in ast.walk(statement)}
    found: list[ast.stmt] = []
    for node in function.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if is_quiet(value):
                reads = [load for load in ast.walk(function) if isinstance(load, ast.Name) and load.id == name]
                read = [load for load in reads if isinstance(load.ctx, ast.Load)]
                alone = len(list(binders(function, name))) == 1 and is_alone(source, node)
                if alone and read and all(load in gone for load in read):
                    found.append(node)
    return found
