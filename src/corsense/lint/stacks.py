"""The order in which an app's layers are added: through helper functions and imports, branch by branch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from corsense.lint.conditions import path_of
from corsense.lint.evaluation import Evaluator
from corsense.lint.layers import CorsLayer, Layer
from corsense.lint.program import FunctionNode, Module, Scope, dotted, last_name, position
from corsense.lint.signatures import argument_of
from corsense.lint.values import ClassValue, External, FunctionValue, Path, compatible

_DEEPEST = 6
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Stack:
    """The layers that are added to one app, the first added (the innermost) first."""

    scope: Scope = field(repr=False)
    name: str
    layers: tuple[Layer, ...]

    @property
    def cors(self) -> tuple[CorsLayer, ...]:
        """Its CORS layers."""
        return tuple(layer for layer in self.layers if isinstance(layer, CorsLayer))

    @property
    def answering(self) -> tuple[CorsLayer, ...]:
        """The CORS layers that preflights reach: a layer outside of one that is there whenever it is answers them all."""
        return tuple(
            cors
            for cors in self.cors
            if not any(isinstance(outer, CorsLayer) and set(outer.path) <= set(cors.path) for outer in self.outside(cors))
        )

    @cached_property
    def _places(self) -> dict[Layer, int]:
        return {layer: number for number, layer in reversed(list(enumerate(self.layers)))}

    def outside(self, cors: Layer) -> Iterator[Layer]:
        """The layers that are added after a CORS layer and in the same run of the program."""
        for number in range(self._places[cors] + 1, len(self.layers)):
            layer = self.layers[number]
            if compatible(layer.path, cors.path):
                yield layer


@dataclass(eq=False)
class _Doings:
    """What a scope does to apps, by their names as written there."""

    layers: dict[str, list[Layer]] = field(default_factory=dict)
    """The layers that it adds."""
    made: dict[str, list[ast.Call]] = field(default_factory=dict)
    """The calls that make an app with a list of middleware."""


@dataclass(eq=False)
class Stacks:
    """Puts the layers of all modules in the order in which they are added. Repeated questions about a
    module go to an index, so thousands of apps in one file take linear time."""

    evaluator: Evaluator
    layers: dict[Module, list[Layer]]
    _doings: dict[Module, dict[Scope, _Doings]] = field(default_factory=dict, repr=False)
    _homes: dict[Module, dict[ast.AST, list[tuple[Scope, str]]]] = field(default_factory=dict, repr=False)
    _by_node: dict[Module, dict[ast.AST, Layer]] = field(default_factory=dict, repr=False)
    _concerns: dict[tuple[Module, str], dict[str, _Function]] = field(default_factory=dict, repr=False)
    _helped: dict[tuple[Module, str], dict[Scope, list[ast.Call]]] = field(default_factory=dict, repr=False)
    _idles: dict[tuple[Module, str], dict[Scope, list[Scope]]] = field(default_factory=dict, repr=False)

    def all(self) -> list[Stack]:
        """A stack for each app that has a CORS layer."""
        found: dict[tuple[ast.AST, str], Stack] = {}
        members: dict[tuple[ast.AST, str], set[ast.AST]] = {}

        def stack_of(scope: Scope, name: str) -> set[ast.AST]:
            key = (scope.node, name)
            if key not in found:
                found[key] = Stack(scope, name, tuple(self._sequence(scope, name, 0)))
                members[key] = {layer.node for layer in found[key].layers}
            return members[key]

        for layers in list(self.layers.values()):
            for layer in layers:
                if isinstance(layer, CorsLayer) and layer.is_served:
                    for scope, name in self._roots(layer):
                        if layer.node not in stack_of(scope, name) and layer.target is not None:
                            stack_of(layer.scope, dotted(layer.target))
        return [stack for stack in found.values() if stack.cors]

    def _roots(self, layer: CorsLayer) -> Iterator[tuple[Scope, str]]:
        """The scopes and names of the apps that a layer is added to, where they are made rather than handed over."""
        if layer.form == "item":
            yield from self._homes_of_items(layer.module).get(layer.node, ())
        elif layer.target is not None:
            yield from self._origins(layer.scope, dotted(layer.target), 0)

    def _homes_of_items(self, module: Module) -> dict[ast.AST, list[tuple[Scope, str]]]:
        """The apps whose constructor takes a list of middleware, by the items of the list."""
        if module not in self._homes:
            found: dict[ast.AST, list[tuple[Scope, str]]] = {}
            for call in module.calls_given("middleware"):
                given = next(word.value for word in call.keywords if word.arg == "middleware")
                for item in self._items(module, given):
                    found.setdefault(item, []).append((module.scope_of(call), _name_of_app(module, call)))
            self._homes[module] = found
        return self._homes[module]

    def _origins(self, scope: Scope, name: str, depth: int) -> Iterator[tuple[Scope, str]]:
        scope = home_of(scope, name)
        function = scope.node
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _is_parameter(function, name) and depth < _DEEPEST:
            calls = self.evaluator.callers.get(function, [])
            for module, call in calls:
                argument = argument_of(function, name, call)
                if argument is not None:
                    yield from self._origins(module.scope_of(call), dotted(argument), depth + 1)
            if calls:
                return
        yield scope, name

    def _sequence(self, scope: Scope, name: str, depth: int) -> list[Layer]:
        """The layers added to the app called `name` in a scope, the innermost first."""
        events: list[tuple[tuple[int, int], list[Layer]]] = []
        imported = self._creator(scope, name) if depth < _DEEPEST else None
        if imported is not None:
            events.append(((0, 0), self._sequence(*imported, depth + 1)))
        doings = self._doings_of(scope)
        events += [(_position(layer), [layer]) for layer in doings.layers.get(name, ())]
        events += [(_of_node(call), self._given(scope.module, call)) for call in doings.made.get(name, ())]
        if depth < _DEEPEST:
            for call in self._calls_of_helpers(scope.module, name).get(scope, ()):
                events.append((_of_node(call), self._by_helper(scope, call, name, depth)))
        made = _last_made(scope, name)
        added = [layer for place, layers in sorted(events, key=lambda event: event[0]) if place >= made for layer in layers]
        return [*added, *self._added_later(scope, name, depth)] if depth < _DEEPEST else added

    def _calls_of_helpers(self, module: Module, name: str) -> dict[Scope, list[ast.Call]]:
        """The calls that hand an app over, or call a function of the module that speaks of it, by their scopes, each once."""
        if (module, name) not in self._helped:
            found = dict.fromkeys(module.calls_handing_over(name))
            for called in self._concerned(module, name):
                found |= dict.fromkeys(module.calls_of(called))
            by_scope: dict[Scope, list[ast.Call]] = {}
            for call in sorted(found, key=_of_node):
                by_scope.setdefault(module.scope_of(call), []).append(call)
            self._helped[module, name] = by_scope
        return self._helped[module, name]

    def _doings_of(self, scope: Scope) -> _Doings:
        """What a scope does to apps, what functions inside it do left out."""
        module = scope.module
        if module not in self._doings:
            self._learn(module)
            found: dict[Scope, _Doings] = {}
            for layer in self.layers[module]:
                if layer.target is not None and _serves(layer):
                    found.setdefault(layer.scope, _Doings()).layers.setdefault(dotted(layer.target), []).append(layer)
            for call in module.calls_given("middleware"):
                doings = found.setdefault(module.scope_of(call), _Doings())
                doings.made.setdefault(_name_of_app(module, call), []).append(call)
            self._doings[module] = found
        return self._doings[module].get(scope, _NOTHING)

    def _concerned(self, module: Module, name: str) -> dict[str, _Function]:
        """The functions of a module, by name, that speak of an app, and those that call them."""
        if (module, name) not in self._concerns:
            known = {function.name: function for function in module.speakers(name)}
            for called in list(known):
                for function in module.functions_calling(called):
                    known.setdefault(function.name, function)
            self._concerns[module, name] = known
        return self._concerns[module, name]

    def _added_later(self, scope: Scope, name: str, depth: int) -> list[Layer]:
        """The layers that functions add to an app which is made outside them, where nothing in the module calls those
        functions: they run after the app is made, each perhaps without the others."""
        if home_of(scope, name) is not scope:
            return []
        added = [self._sequence(inner, name, depth + 1) for inner in self._idle(scope.module, name).get(scope, ())]
        runs = [layers for layers in added if layers]
        found: list[Layer] = []
        for number, layers in enumerate(runs):
            alone = frozenset((f"{other} of {len(runs)} functions runs", other == number) for other in range(len(runs)))
            found += [_on(layer, alone) for layer in layers]
        return found

    def _idle(self, module: Module, name: str) -> dict[Scope, list[Scope]]:
        """The functions of a module that speak of an app which is made outside them and that nothing in the module calls, by
        the scope in which the app is made."""
        if (module, name) not in self._idles:
            found: dict[Scope, list[Scope]] = {}
            concerned = self._concerned(module, name)
            near = {module.scope, *map(module.scope_within, concerned.values())}
            for function in concerned.values():
                inner = module.scope_within(function)
                home = home_of(inner, name)
                if home is inner or inner.parent not in (home, home.parent):
                    continue
                if not any(module.scope_of(call) in near for call in module.calls_of(function.name)):
                    found.setdefault(home, []).append(inner)
            self._idles[module, name] = found
        return self._idles[module, name]

    def _creator(self, scope: Scope, name: str) -> tuple[Scope, str] | None:
        """Where an app that a module imports is made."""
        for node in scope.bindings.get(name, ()):
            if isinstance(node, ast.ImportFrom):
                alias = next((alias for alias in node.names if (alias.asname or alias.name) == name), None)
                module = self.evaluator.program.imported(scope.module, node.module or "", node.level)
                if alias is not None and module is not None:
                    return module.scope, alias.name
        return None

    def _given(self, module: Module, call: ast.Call) -> list[Layer]:
        """The layers of `FastAPI(middleware=[...])`: the first of the list is the outermost."""
        given = next((word.value for word in call.keywords if word.arg == "middleware"), None)
        if given is None:
            return []
        if module not in self._by_node:
            self._by_node[module] = {layer.node: layer for layer in self.layers.get(module, ()) if layer.form == "item"}
        items = [self._by_node[module].get(node) for node in self._items(module, given)]
        return [layer for layer in reversed(items) if layer is not None]

    def _items(self, module: Module, given: ast.expr) -> list[ast.AST]:
        """The items of a list of middleware, also where a name stands for the list."""
        match given:
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                spread = [self._items(module, part.value) if isinstance(part, ast.Starred) else [part] for part in parts]
                return [item for items in spread for item in items]
            case ast.Name(id=name):
                scope = module.scope_of(given).holder_of(name)
                found: list[ast.AST] = []
                for node in scope.bindings[name] if scope is not None else ():
                    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
                        found += self._items(module, node.value)
                    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
                        found = self._changed(module, node.value, found)
                return found
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return [*self._items(module, left), *self._items(module, right)]
            case _:
                return [node for node in ast.walk(given) if isinstance(node, ast.Call)]

    def _changed(self, module: Module, call: ast.Call, items: list[ast.AST]) -> list[ast.AST]:
        """A list of middleware after one of its methods changed it."""
        method, last = last_name(call.func), call.args[-1]
        if method == "extend":
            return [*items, *self._items(module, last)]
        if method == "insert" and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0:
            return [last, *items]
        return [*items, last]

    def _by_helper(self, scope: Scope, call: ast.Call, name: str, depth: int) -> list[Layer]:
        """The layers that a function of the program adds to the app that it is handed, or that it shares with its caller."""
        words = [*call.args, *(word.value for word in call.keywords)]
        handed = any(isinstance(word, ast.Name | ast.Attribute) and dotted(word) == name for word in words)
        path = path_of(scope.module, call)
        added: list[Layer] = []
        for each in self.evaluator.evaluate(call.func, self.evaluator.frame_of(scope.module, call)):
            function = each.value
            if isinstance(function, ClassValue) and handed and _is_asgi(function.node):
                added.append(Layer(scope.module, call, "wrapped", function, path=path))
            elif isinstance(function, FunctionValue) and not isinstance(function.node, ast.Lambda):
                inner = function.module.scope_within(function.node)
                parameter = _parameter_given(function.node, call, name)
                if parameter is None and inner is not scope and home_of(inner, name) is home_of(scope, name):
                    parameter = name
                if parameter is not None:
                    self._learn(function.module)
                    added += [_on(layer, path) for layer in self._sequence(inner, parameter, depth + 1)]
        return added

    def _learn(self, module: Module) -> None:
        """The layers of a module that have not been looked at yet."""
        if module not in self.layers:
            from corsense.lint.layers import layers_of

            self.layers[module] = layers_of(self.evaluator, module)


_NOTHING = _Doings()


def _serves(layer: Layer) -> bool:
    return not isinstance(layer, CorsLayer) or layer.is_served


def _last_made(scope: Scope, name: str) -> tuple[int, int]:
    """Where a name is bound to an app for the last time, if it is bound to several one after another: what was added before went
    to an app that is not served."""
    made = [
        node
        for node in scope.bindings.get(name, ())
        if isinstance(node, ast.Assign) and node in scope.body and _makes_an_app(node.value)
    ]
    return position(made[-1]) if len(made) > 1 else (0, 0)


def _makes_an_app(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in ("FastAPI", "Starlette")


def home_of(scope: Scope, name: str) -> Scope:
    """The scope in which `name` is made: of `app` in a function that does not bind it, the module around; of `self.app`, the
    method that sets it."""
    first, _, attribute = name.partition(".")
    owner = scope.parent
    if first == "self" and attribute and owner is not None and isinstance(owner.node, ast.ClassDef):
        for statement in owner.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and _sets(statement, name):
                return scope.module.scope_within(statement)
        return scope
    return scope.holder_of(first) or scope


def _sets(function: ast.AST, name: str) -> bool:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Attribute() as target]) | ast.AnnAssign(target=ast.Attribute() as target):
                if ast.unparse(target) == name:
                    return True
    return False


def _is_asgi(node: ast.ClassDef) -> bool:
    """Whether a class is called with scope, receive and send."""
    return any(
        isinstance(statement, ast.AsyncFunctionDef) and statement.name == "__call__" and len(statement.args.args) == 4
        for statement in node.body
    )


def _on(layer: Layer, path: Path) -> Layer:
    return layer if not path else replace(layer, path=layer.path | path)


def _parameter_given(function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, name: str) -> str | None:
    for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
        given = argument_of(function, argument.arg, call)
        if given is not None and dotted(given) == name:
            return argument.arg
    return None


def _is_parameter(function: FunctionNode, name: str) -> bool:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return any(argument.arg == name for argument in arguments)


def _position(layer: Layer) -> tuple[int, int]:
    return _of_node(layer.node)


def _of_node(node: ast.AST) -> tuple[int, int]:
    end_line: int = getattr(node, "end_lineno", 0) or 0
    end_column: int = getattr(node, "end_col_offset", 0) or 0
    return end_line, end_column


def _name_of_app(module: Module, call: ast.Call) -> str:
    """The name that a call's value gets; one of our own where it gets none, as in `return Starlette(middleware=layers)`."""
    return _assigned_to(module, call) or f"app of line {call.lineno}"


def _assigned_to(module: Module, call: ast.Call) -> str | None:
    match module.parents.get(call):
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            return dotted(target)
        case _:
            return None


def is_app(evaluator: Evaluator, module: Module, node: ast.expr) -> bool:
    """Whether an expression is an app of FastAPI or Starlette."""
    for each in evaluator.evaluate(node, evaluator.frame_of(module, node)):
        match each.value:
            case External(name=name, called=True) if name.rpartition(".")[2] in ("FastAPI", "Starlette"):
                return True
    return False
