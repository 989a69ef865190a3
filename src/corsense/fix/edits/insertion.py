"""A CORS layer where there is none: the import, and the `add_middleware` call that makes it the outermost layer."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from corsense.fix.edits.arguments import DEFAULT_METHODS, SAFELISTED_HEADERS, display
from corsense.fix.edits.calls import cors_calls, siblings, statement_of
from corsense.fix.edits.names import dotted
from corsense.fix.edits.order import is_layer
from corsense.fix.edits.rows import head, is_alone, paste_after
from corsense.fix.edits.source import Source, Splice, edit

_CLASS = "CORSMiddleware"
_HOMES = ("fastapi.middleware.cors", "starlette.middleware.cors")
_CONSTRUCTORS = ("FastAPI", "Starlette")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Module)


@edit
def insert_cors_middleware(
    source: Source,
    app_line: int,
    app_name: str | None = None,
    *,
    origins: Sequence[str],
    methods: Sequence[str] = (),
    headers: Sequence[str] = (),
    credentials: bool = False,
    expose: Sequence[str] = (),
) -> list[Splice] | None:
    """Adds `CORSMiddleware` to the app constructed at `app_line`, behind every layer that the same code adds so that it is the
    outermost, and its import. The policy allows what is requested and nothing more: what Starlette allows anyway (GET, safelisted
    headers) is left to its defaults. `app_name` chooses among several names given to one app. None where the app has a CORS
    layer, where it is not bound to a name, without origins, and for `*` with credentials."""
    if not origins or (credentials and "*" in origins):
        return None
    app = constructed_app(source, app_line, app_name)
    if app is None or has_cors(source, app):
        return None
    keywords = _policy(source, origins, methods, headers, credentials, expose)
    imported = _import(source, app)
    if keywords is None or imported is None:
        return None
    reference, splices = imported
    behind = last_layer(source, app) or app.statement
    return [*splices, _call(source, behind, app.target, reference, keywords)]


@dataclass(frozen=True, slots=True)
class NewApp:
    """An app under construction: the call, the assignment that names it, and the target, as written and as a tree."""

    call: ast.Call
    statement: ast.Assign | ast.AnnAssign
    target: str
    node: ast.expr

    @property
    def dump(self) -> str:
        """The app as an expression that reads it, comparable with others."""
        return ast.dump(ast.parse(ast.unparse(self.node), mode="eval").body)


def constructed_app(source: Source, line: int, name: str | None) -> NewApp | None:
    """The app whose constructor is called at `line`: the value, as it is, of an assignment."""
    call = _constructor_at(source, line) or _made_by_call(source, line, name)
    if call is None:
        return None
    statement = source.parents[call]
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return None
    target = _target_named(statement, name)
    return None if target is None else NewApp(call, statement, dotted(target) or "", target)


def _constructor_at(source: Source, line: int) -> ast.Call | None:
    """The one call at `line` that makes an app: of a known class, else of what looks like one."""
    calls = [n for n in source.nodes if isinstance(n, ast.Call) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    wanted = {*_CONSTRUCTORS, *_aliases(source)}
    known = [call for call in calls if (dotted(call.func) or "").rpartition(".")[2] in wanted]
    found = known or [call for call in calls if _is_value(source, call) and _looks_like_class(call)]
    starting = [call for call in found if call.lineno == line] or found
    return starting[0] if len(starting) == 1 and _is_value(source, starting[0]) else None


def _made_by_call(source: Source, line: int, name: str | None) -> ast.Call | None:
    """The call that returns the app called `name`, such as `app = server.http_app()`; None where the name means more than that
    app."""
    calls = [node for node in source.nodes if isinstance(node, ast.Call) and node.lineno == line and _is_value(source, node)]
    assigned = [node for node in source.nodes if isinstance(node, ast.Assign | ast.AnnAssign) and _target_called(node, name)]
    return calls[0] if name is not None and len(calls) == 1 and assigned == [source.parents[calls[0]]] else None


def _target_called(statement: ast.Assign | ast.AnnAssign, name: str | None) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(target, ast.Name | ast.Attribute) and dotted(target) == name for target in targets)


def _target_named(statement: ast.Assign | ast.AnnAssign, name: str | None) -> ast.Name | ast.Attribute | None:
    """The target of an assignment that is called `name`, else its first that is a name."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    named = [target for target in targets if isinstance(target, ast.Name | ast.Attribute) and dotted(target) is not None]
    return next((target for target in named if dotted(target) == name), named[0] if named else None)


def _is_value(source: Source, call: ast.Call) -> bool:
    parent = source.parents[call]
    return isinstance(parent, ast.Assign | ast.AnnAssign) and parent.value is call


def _looks_like_class(call: ast.Call) -> bool:
    return (dotted(call.func) or "").rpartition(".")[2][:1].isupper()


def _aliases(source: Source) -> set[str]:
    imports = (node for node in source.nodes if isinstance(node, ast.ImportFrom))
    return {alias.asname for node in imports for alias in node.names if alias.name in _CONSTRUCTORS and alias.asname}


def has_cors(source: Source, app: NewApp) -> bool:
    """Whether a CORS layer is written for the app anywhere, even under a condition."""
    dump = app.dump
    for call in cors_calls(source):
        match call.form, call.node:
            case "added", ast.Call(func=ast.Attribute(value=value)):
                target: ast.expr | None = value
            case "wrapped", ast.Call(args=[target, *_]):
                pass
            case _:
                target = None
        if target is not None and ast.dump(target) == dump:
            return True
        if source.start(app.call) <= source.start(call.node) < source.end(app.call):
            return True
    return any(_adds_hidden_cors(node, dump) for node in source.nodes) or _in_middleware_list(source, app)


def _adds_hidden_cors(node: ast.AST, app: str) -> bool:
    """Whether a call adds a CORS layer with positional arguments, which `cors_calls` leaves out."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="add_middleware"), args=[cls, *_]):
            return ast.dump(value) == app and (dotted(cls) or "").endswith(_CLASS)
    return False


def _in_middleware_list(source: Source, app: NewApp) -> bool:
    """Whether the constructor is given a named list, which holds a CORS layer."""
    given = next((keyword.value for keyword in app.call.keywords if keyword.arg == "middleware"), None)
    return isinstance(given, ast.Name) and any(call.form == "item" for call in cors_calls(source))


def _policy(
    source: Source,
    origins: Sequence[str],
    methods: Sequence[str],
    headers: Sequence[str],
    credentials: bool,
    expose: Sequence[str],
) -> list[str] | None:
    """The keyword arguments, in order; None when a value needs escapes."""
    wanted = [header for header in headers if header.lower() not in SAFELISTED_HEADERS]
    asked = [] if set(methods) <= set(DEFAULT_METHODS) else methods
    collections = {"allow_origins": origins, "allow_methods": asked, "allow_headers": wanted, "expose_headers": expose}
    lines: list[str] = []
    for keyword, values in collections.items():
        text = display(values, source.quote)
        if text is None:
            return None
        if values:
            lines.append(f"{keyword}={text}")
        if keyword == "allow_headers" and credentials:
            lines.append("allow_credentials=True")
    return lines


def last_layer(source: Source, app: NewApp) -> ast.stmt | None:
    """The statement, after the construction, that adds the last layer to the app: in its block or, when that is a branch, in
    those around."""
    last: ast.stmt | None = None
    statement: ast.stmt = app.statement
    layering = _layering_functions(source)
    while True:
        block = siblings(source, statement)
        for later in block[block.index(statement) + 1 :]:
            if _ends(later, app):
                return last
            if any(_adds_layer(node, app.dump, layering) for node in _running(later)):
                last = later
        parent = source.parents[statement]
        while isinstance(parent, ast.ExceptHandler | ast.match_case):
            parent = source.parents[parent]
        if isinstance(parent, _DEFINITIONS) or not isinstance(parent, ast.stmt):
            return last
        statement = parent


def _ends(statement: ast.stmt, app: NewApp) -> bool:
    """Whether, from this statement on, the name may mean something else."""
    if isinstance(statement, ast.Return | ast.Raise | ast.Delete):
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(target, ast.Name | ast.Attribute) and dotted(target) == app.target for target in targets)


def _running(statement: ast.stmt) -> list[ast.AST]:
    """The nodes of a statement that run with it: what functions defined in it do runs later."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, _DEFINITIONS):
            pending.extend(ast.iter_child_nodes(node))
    return found


def _layering_functions(source: Source) -> set[str]:
    """The functions of the program that add a middleware to something."""
    functions = [node for node in source.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {function.name for function in functions if any(is_layer(node) for node in ast.walk(function) if node is not function)}


def _adds_layer(node: ast.AST, app: str, layering: set[str]) -> bool:
    if is_layer(node, app):
        return True
    match node:
        case ast.Call(func=function, args=args):
            name = (dotted(function) or "").rpartition(".")[2]
            return (name in layering or "middleware" in name.lower()) and any(ast.dump(argument) == app for argument in args)
    return False


def _call(source: Source, behind: ast.stmt, target: str, reference: str, keywords: list[str]) -> Splice:
    arguments = [reference, *keywords]
    if not is_alone(source, behind) and not isinstance(behind, ast.FunctionDef | ast.AsyncFunctionDef):
        end = source.end(behind)
        return Splice(end, end, f"; {target}.add_middleware({', '.join(arguments)})")
    indent = source.indentation(head(source, behind))
    inner = indent + source.indent_unit
    rows = [f"{indent}{target}.add_middleware(", *(f"{inner}{argument}," for argument in arguments), f"{indent})"]
    return paste_after(source, behind, source.newline_at(source.end(behind)).join(rows))


def _import(source: Source, app: NewApp) -> tuple[str, list[Splice]] | None:
    """How the class is called at the app's statement, and the splices that import it if need be; None when all its names are
    taken."""
    visible = [*_imports(source, source.tree.body, app), *_imports(source, siblings(source, app.statement), app)]
    for statement in reversed(visible):
        reference = _reference(statement)
        if reference is not None and _bound_once(source, reference.partition(".")[0]):
            return reference, []
    roots = {_root(node) for node in source.nodes if isinstance(node, ast.Import | ast.ImportFrom)}
    module = _HOMES[0] if "fastapi" in roots else _HOMES[1]
    taken = _taken(source)
    name = next((name for name in (_CLASS, f"Starlette{_CLASS}") if name not in taken), None)
    if name is None:
        return None
    text = f"from {module} import {_CLASS}" + ("" if name == _CLASS else f" as {name}")
    return name, [_place_import(source, visible, module, text)]


def _imports(source: Source, block: list[ast.stmt], app: NewApp) -> list[ast.stmt]:
    """The import statements of a block that run before the app is constructed."""
    limit = source.start(app.statement)
    return [node for node in block if isinstance(node, ast.Import | ast.ImportFrom) and source.end(node) <= limit]


def _root(node: ast.AST) -> str:
    match node:
        case ast.ImportFrom(module=str(module), level=0):
            return module.partition(".")[0]
        case ast.Import(names=[alias, *_]):
            return alias.name.partition(".")[0]
    return ""


def _reference(statement: ast.stmt) -> str | None:
    """How the class is written where an import has made it known."""
    match statement:
        case ast.ImportFrom(module=str(module), names=names, level=0):
            for alias in names:
                if module in _HOMES and alias.name == _CLASS:
                    return alias.asname or alias.name
                if f"{module}.{alias.name}" in _HOMES:
                    return f"{alias.asname or alias.name}.{_CLASS}"
        case ast.Import(names=names):
            for alias in names:
                if alias.name in _HOMES:
                    return f"{alias.asname or alias.name}.{_CLASS}"
    return None


def _bound_once(source: Source, name: str) -> bool:
    """Whether nothing but imports of the same thing binds a name, in whatever scope."""
    return name not in _taken(source, imports=False)


def _taken(source: Source, *, imports: bool = True) -> set[str]:
    """The names that the program binds, in whatever scope; those of imports of the class itself do not count."""
    names: set[str] = set()
    for node in source.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.ImportFrom(module=module, names=aliases) if imports and module not in _HOMES:
                names.update(alias.asname or alias.name for alias in aliases)
            case ast.Import(names=aliases) if imports:
                names.update(alias.asname or alias.name.partition(".")[0] for alias in aliases)
    return names


def _place_import(source: Source, visible: list[ast.stmt], module: str, text: str) -> Splice:
    """Where the import goes: sorted among those of its package, else behind the last, else at the head of the module."""
    package = module.partition(".")[0]
    related = [node for node in visible if _root(node) == package]
    before = [node for node in related if _sort_key(node) <= (1, module)]
    if related and not before and is_alone(source, related[0]):
        start = source.row_start(source.start(related[0]))
        return Splice(start, start, source.indentation(start) + text + source.newline_at(start))
    if not visible:
        return _head_of_module(source, text)
    anchor = (before or related or visible)[-1]
    if not is_alone(source, anchor):
        end = source.end(anchor)
        return Splice(end, end, f"; {text}")
    return paste_after(source, anchor, source.indentation(source.start(anchor)) + text)


def _sort_key(node: ast.AST) -> tuple[int, str]:
    # `import x` sorts before `from x import y`, as isort and ruff have it by default.
    match node:
        case ast.ImportFrom(module=str(module)):
            return 1, module
    return 0, ""


def _head_of_module(source: Source, text: str) -> Splice:
    body = source.tree.body
    docstring = ast.get_docstring(source.tree, clean=False) is not None
    if docstring and is_alone(source, body[0]) and len(body) > 1:
        return paste_after(source, body[0], text, blank=1)
    first = body[1] if docstring else body[0]
    start = head(source, statement_of(source, first))
    if source.begins_row(start):
        start = source.row_start(start)
        return Splice(start, start, text + source.newline_at(start) * 2)
    return Splice(start, start, f"{text}; ")
