"""The layers of apps as the source adds them, and the arguments of a CORS layer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from corsense.lint.conditions import path_of
from corsense.lint.evaluation import Evaluator, Frame
from corsense.lint.program import Module, Scope
from corsense.lint.settings import bases
from corsense.lint.values import (
    UNKNOWN,
    Alternatives,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Path,
    Spot,
    Table,
    Value,
    under,
)
from corsense.policy.keywords import STARLETTE

Form = Literal["added", "item", "wrapped", "decorated", "installed"]

OURS, THEIRS = "corsense", ("fastapi", "starlette")

KEYWORDS = tuple(STARLETTE)
"""The keywords of Starlette's CORSMiddleware, in the order of its parameters."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A middleware where the source adds it. `node` is the call, or the function below a decorator; `target` what it is added
    to, as written (None for an item of a list, which is added where the list goes)."""

    module: Module = field(repr=False)
    node: ast.Call | ast.FunctionDef | ast.AsyncFunctionDef
    form: Form
    made_of: Value
    target: ast.expr | None = None
    arguments: Mapping[str, Alternatives] = field(default_factory=dict, repr=False)
    complete: bool = True
    path: Path = frozenset()

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.module, self.node)

    @property
    def name(self) -> str:
        """What people call it."""
        match self.made_of:
            case External(name=name):
                dispatch = _dispatch(self.node)
                return ast.unparse(dispatch) if dispatch is not None else name.rpartition(".")[2]
            case (
                ClassValue(node=node)
                | FunctionValue(node=ast.FunctionDef() | ast.AsyncFunctionDef() as node)
                | Instance(made_of=ClassValue(node=node))
            ):
                return node.name
            case _:
                return "a middleware"

    @property
    def scope(self) -> Scope:
        """The scope that adds it."""
        return self.module.scope_of(self.node)

    def argument(self, name: str) -> Alternatives:
        """The values of an argument on this layer's path; unknown where it is not in sight, empty where it is not given."""
        if name in self.arguments:
            return under(self.arguments[name], self.path)
        return () if self.complete else UNKNOWN

    def keyword_spot(self, name: str) -> Spot:
        """Where an argument is given, else the layer."""
        if isinstance(self.node, ast.Call):
            for word in self.node.keywords:
                if word.arg == name:
                    return Spot(self.module, word)
        return self.spot


def _dispatch(node: ast.AST) -> ast.expr | None:
    """The function of `add_middleware(BaseHTTPMiddleware, dispatch=function)`."""
    return next((word.value for word in node.keywords if word.arg == "dispatch"), None) if isinstance(node, ast.Call) else None


@dataclass(frozen=True, eq=False)
class CorsLayer(Layer):
    """A CORS middleware. `is_ours` tells corsense's from Starlette's; `is_served` is false for one that is made for its rules
    alone and put around nothing that serves."""

    is_ours: bool = False
    is_served: bool = True
    evaluator: Evaluator | None = field(default=None, repr=False)


def layers_of(evaluator: Evaluator, module: Module) -> list[Layer]:
    """Every middleware that a module adds, in the order of the source."""
    if "iddleware" not in module.text:
        return []
    calls = [call for name in module.names_called if not name or _may_add(module, name) for call in module.calls_of(name)]
    found = [layer for call in calls for layer in _of_call(evaluator, module, call)]
    found += [layer for function in module.functions for layer in _of_decorators(evaluator, module, function)]
    return sorted(found, key=lambda layer: (layer.node.lineno, layer.node.col_offset))


def _of_call(evaluator: Evaluator, module: Module, call: ast.Call) -> Iterator[Layer]:
    match call.func:
        case ast.Attribute(attr="add_middleware", value=target):
            yield from _added(evaluator, module, call, "added", target)
        case ast.Call(func=ast.Attribute(attr="middleware", value=target)) if call.args:
            for made_of in _values(evaluator, module, call.args[0]):
                yield Layer(module, call, "decorated", made_of, target, path=path_of(module, call))
        case ast.Name() | ast.Attribute():
            for made_of in _values(evaluator, module, call.func):
                if isinstance(made_of, External) and made_of.name.endswith(".Middleware"):
                    yield from _added(evaluator, module, call, "item", None)
                elif is_cors(evaluator, made_of):
                    yield from _wrapped(evaluator, module, call, made_of)


def _may_add(module: Module, name: str) -> bool:
    """Whether a function is worth following: it adds middleware, its name speaks of CORS or middleware, or it was given to
    something that does."""
    return name.endswith(("Middleware", "add_middleware")) or name in module.names_of_middleware or "cors" in name.lower()


def _values(evaluator: Evaluator, module: Module, node: ast.expr) -> Iterator[Value]:
    for each in evaluator.evaluate(node, evaluator.frame_of(module, node)):
        yield each.value


def _added(evaluator: Evaluator, module: Module, call: ast.Call, form: Form, target: ast.expr | None) -> Iterator[Layer]:
    named = {word.arg: word.value for word in call.keywords if word.arg is not None}
    given = named.get("middleware_class") or named.get("cls") or (call.args[0] if call.args else None)
    if given is None or isinstance(given, ast.Starred):
        return
    by_position = call.args[1:] if call.args and given is call.args[0] else call.args
    seen: set[bool] = set()
    for made_of in _values(evaluator, module, given):
        if is_cors(evaluator, made_of) not in seen:
            seen.add(is_cors(evaluator, made_of))
            yield _layer(evaluator, module, call, form, made_of, target, by_position)


def _wrapped(evaluator: Evaluator, module: Module, call: ast.Call, made_of: Value) -> Iterator[Layer]:
    named = {word.arg: word.value for word in call.keywords}
    target = call.args[0] if call.args else named.get("app")
    if target is not None:
        yield _layer(evaluator, module, call, "wrapped", made_of, target, call.args[1:])


def _layer(
    evaluator: Evaluator,
    module: Module,
    call: ast.Call,
    form: Form,
    made_of: Value,
    target: ast.expr | None,
    by_position: list[ast.expr],
) -> Layer:
    path = path_of(module, call)
    if not is_cors(evaluator, made_of):
        return Layer(module, call, form, made_of, target, path=path)
    frame = evaluator.frame_of(module, call)
    arguments, complete = _arguments(evaluator, call, frame)
    for name, node in zip(KEYWORDS, by_position, strict=False):
        if isinstance(node, ast.Starred):
            complete = False
            break
        arguments.setdefault(name, evaluator.evaluate(node, frame))
    ours = isinstance(made_of, External) and made_of.name.startswith(f"{OURS}.")
    served = form != "wrapped" or _is_served(module, call)
    return CorsLayer(module, call, form, made_of, target, arguments, complete, path, ours, served, evaluator)


def _is_served(module: Module, call: ast.Call) -> bool:
    """Whether a layer that is made by a call serves: not where its name is only used to read its attributes."""
    match module.parents.get(call):
        case ast.Attribute():
            return False  # `CORSMiddleware(app, ...).simple_headers`
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            scope = module.scope_of(call)
            uses = [node for node in module.uses.get(name, ()) if module.scope_of(node).holder_of(name) is scope]
            return not uses or not all(isinstance(module.parents.get(node), ast.Attribute) for node in uses)
        case _:
            return True


def _arguments(evaluator: Evaluator, call: ast.Call, frame: Frame) -> tuple[dict[str, Alternatives], bool]:
    """The keywords of a call, those of `**options` with a dict in sight included; and whether there are no others."""
    found: dict[str, Alternatives] = {}
    complete = True
    for word in call.keywords:
        if word.arg is not None:
            if word.arg not in ("middleware_class", "cls", "app"):
                found[word.arg] = evaluator.evaluate(word.value, frame)
            continue
        spread = evaluator.evaluate(word.value, frame)
        complete &= all(isinstance(each.value, Table) and each.value.complete for each in spread)
        for each in spread:
            for name, values in each.value.entries.items() if isinstance(each.value, Table) else ():
                found[name] = (*found.get(name, ()), *under(values, each.path))
    return found, complete


def is_cors(evaluator: Evaluator, made_of: Value) -> bool:
    """Whether a class is Starlette's CORS middleware or corsense's, or is made from one."""
    match made_of:
        case External(name=name, called=False):
            return is_cors_name(name)
        case ClassValue():
            return any(is_cors_name(name) for name in bases(evaluator, made_of))
        case _:
            return False


def is_cors_name(name: str) -> bool:
    """Whether a full name is that of a CORS middleware that this package knows."""
    package, _, last = name.rpartition(".")
    return last == "CORSMiddleware" and package.partition(".")[0] in (*THEIRS, OURS)


def _of_decorators(evaluator: Evaluator, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Layer]:
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr="middleware", value=target)):
                made_of = FunctionValue(module, module.scope_of(function), function)
                yield Layer(module, function, "decorated", made_of, target, path=path_of(module, function))
