"""Expressions to values, as a reader of the program would follow them: names, imports, settings, the environment, branches.

Nothing is run, and nothing is guessed: what cannot be followed is `Unknown`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from corsense.lint.conditions import holds, path_of
from corsense.lint.operations import compared, item_of, sum_of, text_sum
from corsense.lint.program import FunctionNode, Module, Program, Scope, dotted
from corsense.lint.signatures import argument_of, default_of, is_spread, path_of_call, returns_of
from corsense.lint.values import (
    MOST_ALTERNATIVES,
    UNKNOWN,
    Alternative,
    Alternatives,
    ClassValue,
    CommandLine,
    External,
    FunctionValue,
    Instance,
    Known,
    Listed,
    ModuleValue,
    Setting,
    Split,
    Spot,
    Table,
    Value,
    bounded,
    combined,
    item,
    only,
    taken_out,
    truth,
    under,
)
from corsense.lint.walking import Walk

_DEEPEST = 40
_MOST_STEPS = 1_500
"""The limit of steps for one expression."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A scope with the values of its parameters, where they are known from a call, and of the variables of comprehensions."""

    scope: Scope
    arguments: Mapping[str, Alternatives] = field(default_factory=dict)
    loop: Mapping[str, Alternatives] = field(default_factory=dict)

    @property
    def module(self) -> Module:
        return self.scope.module


class Callers(Protocol):
    """Tells the calls of a function that are known."""

    def get(self, function: ast.AST, default: list[tuple[Module, ast.Call]], /) -> list[tuple[Module, ast.Call]]:
        """The calls, or `default` where none is known."""


@dataclass(eq=False)
class Evaluator:
    """Follows expressions through a program. `callers` tells the calls of a function that are known, for its parameters."""

    program: Program
    callers: Callers
    _known: dict[ast.AST, Alternatives] = field(default_factory=dict, repr=False)
    _busy: set[tuple[ast.AST, int | str]] = field(default_factory=set, repr=False)
    _depth: int = 0
    _steps: int = 0
    _cuts: int = 0

    def evaluate(self, node: ast.expr, frame: Frame) -> Alternatives:
        """The values that `node` can have."""
        settled = not frame.arguments and not frame.loop
        if settled and node in self._known:
            return self._known[node]
        key = (node, id(frame.scope if settled else frame))
        self._steps = self._steps + 1 if self._depth else 0
        if key in self._busy or self._depth > _DEEPEST or self._steps > _MOST_STEPS:
            self._cuts += 1
            return UNKNOWN
        cuts = self._cuts
        self._busy.add(key)
        self._depth += 1
        try:
            found = bounded(self._evaluated(node, frame))
        except RecursionError:
            if self._depth > 1:
                raise
            found = UNKNOWN
        finally:
            self._busy.discard(key)
            self._depth -= 1
        if settled and (cuts == self._cuts or not self._depth):
            self._known[node] = found
        return found

    def frame_of(self, module: Module, node: ast.AST) -> Frame:
        """The frame in which a node of a module is evaluated."""
        return Frame(module.scope_of(node))

    def frame_in(self, scope: Scope) -> Frame:
        """The frame of a scope in which nothing is known of its parameters but their callers and defaults."""
        return Frame(scope)

    def _evaluated(self, node: ast.expr, frame: Frame) -> Alternatives:
        spot = Spot(frame.module, node)
        match node:
            case ast.Constant(value=value):
                return only(Known(value, spot))
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._listed(parts, spot, frame)
            case ast.Dict():
                return only(self._table(node, frame))
            case ast.Name(id=name):
                return self.name(name, frame, node)
            case ast.Attribute(value=holder, attr=attribute):
                return self._each(holder, frame, lambda value: self.attribute(value, attribute))
            case ast.Subscript(value=holder, slice=key):
                return self._each(holder, frame, lambda value: self._subscript(value, key, frame, spot))
            case ast.Call():
                from corsense.lint.calls import called

                return called(self, node, frame)
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
                return self._joined(self.evaluate(left, frame), self.evaluate(right, frame), spot)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                certain = self.certain(test, frame)
                return (
                    *(under(self.evaluate(body, frame), holds(test)) if certain is not False else ()),
                    *(under(self.evaluate(orelse, frame), holds(test, False)) if certain is not True else ()),
                )
            case ast.BoolOp(op=ast.Or(), values=operands):
                return self._either(operands, frame)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return self._decided(node, frame, spot)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                from corsense.lint.comprehensions import comprehended

                return comprehended(self, node, frame)
            case ast.JoinedStr(values=parts):
                return self._formatted(parts, spot, frame)
            case ast.Await(value=inner) | ast.NamedExpr(value=inner):
                return self.evaluate(inner, frame)
            case ast.Lambda():
                return only(FunctionValue(frame.module, frame.scope, node))
            case _:
                return UNKNOWN

    def _each(self, node: ast.expr, frame: Frame, follow: Any) -> Alternatives:
        """What `follow` makes of each value of `node`, under the same conditions."""
        return tuple(found for each in self.evaluate(node, frame) for found in under(follow(each.value), each.path))

    # Names

    def name(self, name: str, frame: Frame, use: ast.AST) -> Alternatives:
        """What a name stands for where it is used."""
        if name in frame.loop:
            return frame.loop[name]
        initial = frame.arguments[name] if name in frame.arguments and name in frame.scope.bindings else ()
        holder = frame.scope.holder_of(name)
        if holder is None:
            return self._starred(name, frame)
        here = frame if holder is frame.scope else Frame(holder)
        inside = holder is frame.scope and frame.module.scope_of(use) is holder
        if not initial and isinstance(holder.node, FunctionNode) and isinstance(holder.bindings[name][0], ast.arg):
            initial = self.parameter(name, holder)
        if isinstance(holder.node, ast.Lambda):
            return initial or UNKNOWN
        walk = Walk(self, here, name, use if inside else None)
        states, _ = walk.block(holder.body, initial)
        if not states and isinstance(holder.node, ast.ClassDef) and holder.parent is not None:
            return self.name(name, Frame(holder.parent), use)  # `pages: list[str] = Field(default_factory=pages)`
        return states or UNKNOWN

    def exported(self, module: Module, name: str) -> Alternatives:
        """What a name of a module stands for once the module has run; unknown where modules take it from each other in turn."""
        key = (module.tree, name)
        if key in self._busy:
            self._cuts += 1
            return UNKNOWN
        self._busy.add(key)
        try:
            return self.name(name, Frame(module.scope), module.tree)
        finally:
            self._busy.discard(key)

    def _starred(self, name: str, frame: Frame) -> Alternatives:
        """A name that nothing binds: from an import of everything, or built in."""
        return self._from_everything(name, frame.module, set()) or only(External(name))

    def _from_everything(self, name: str, importer: Module, seen: set[Module]) -> Alternatives:
        """What an import of everything gives a name; nothing where there is none that does."""
        seen.add(importer)
        for statement in importer.tree.body:
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                module = self.program.imported(importer, statement.module or "", statement.level)
                if module is None:
                    if (statement.module or "").partition(".")[0] in ("fastapi", "starlette", "corsense"):
                        return only(External(f"{statement.module}.{name}"))
                elif name in module.scope.bindings:
                    return self.exported(module, name)
                elif module not in seen:
                    found = self._from_everything(name, module, seen)
                    if found:
                        return found
        return ()

    def parameter(self, name: str, scope: Scope) -> Alternatives:
        """What a parameter is: an argument of each known call, else its default."""
        function = scope.node
        assert isinstance(function, FunctionNode)
        calls = self.callers.get(function, [])
        if function.args.kwarg is not None and function.args.kwarg.arg == name:
            return self._rest_of_calls(function, calls)
        held = _holder_of_method(name, scope)
        if held and not isinstance(function, ast.Lambda):
            return self._objects(function, calls) or held
        if len(calls) > MOST_ALTERNATIVES:
            return UNKNOWN
        if not calls or isinstance(function, ast.Lambda):
            return self._default(name, function, scope) or UNKNOWN
        found: list[Alternative] = []
        for number, (module, call) in enumerate(calls):
            argument = argument_of(function, name, call)
            values = (
                self.evaluate(argument, self.frame_of(module, call))
                if argument is not None
                else UNKNOWN
                if is_spread(call)
                else self._default(name, function, scope) or UNKNOWN
            )
            found += under(values, path_of_call(function, number, len(calls)))
        return tuple(found)

    def _objects(self, function: FunctionNode, calls: list[tuple[Module, ast.Call]]) -> Alternatives:
        """The objects whose method is called, where each of them is known; nothing otherwise."""
        found: list[Alternative] = []
        for number, (module, call) in enumerate(calls[: MOST_ALTERNATIVES + 1]):
            if not isinstance(call.func, ast.Attribute):
                return ()
            values = self.evaluate(call.func.value, self.frame_of(module, call))
            if not all(isinstance(each.value, Instance | ClassValue) for each in values):
                return ()
            found += under(values, path_of_call(function, number, len(calls)))
        return tuple(found) if len(found) <= MOST_ALTERNATIVES else ()

    def _rest_of_calls(self, function: FunctionNode, calls: list[tuple[Module, ast.Call]]) -> Alternatives:
        """What `**options` of a function is: for each known call, the keywords that no other parameter takes."""
        found: list[Alternative] = []
        for number, (module, call) in enumerate(calls):
            path = path_of_call(function, number, len(calls))
            found.append(Alternative(self.rest_of_call(function, call, self.frame_of(module, call)), path))
        return tuple(found) or UNKNOWN

    def rest_of_call(self, function: FunctionNode, call: ast.Call, frame: Frame) -> Table:
        """The keywords of a call that no parameter of the function takes, those of a dict that it spreads included."""
        taken = {argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
        entries: dict[str, Alternatives] = {}
        complete = True
        for word in call.keywords:
            if word.arg is not None:
                entries[word.arg] = self.evaluate(word.value, frame)
                continue
            spread = [each.value for each in self.evaluate(word.value, frame)]
            complete &= len(spread) == 1 and isinstance(spread[0], Table) and spread[0].complete
            entries |= next((value.entries for value in spread if isinstance(value, Table)), {})
        return Table({name: values for name, values in entries.items() if name not in taken}, complete)

    def _default(self, name: str, function: FunctionNode, scope: Scope) -> Alternatives:
        default = default_of(function, name)
        if default is None:
            return ()
        return self.evaluate(default, Frame(scope.parent or scope))

    def bound(self, node: ast.AST, name: str, frame: Frame, before: Alternatives) -> Alternatives:
        """What `name` stands for after a node that binds or changes it, given what it stood for `before`."""
        match node:
            case ast.Assign(targets=targets, value=value):
                return self._assigned(targets, name, value, frame, before)
            case ast.AnnAssign(target=ast.Name(), value=value):
                return before if value is None else self.evaluate(value, frame)
            case ast.AugAssign(target=ast.Name(), op=ast.Add() | ast.BitOr(), value=value):
                return self._joined(before or UNKNOWN, self.evaluate(value, frame), Spot(frame.module, node))
            case ast.Import(names=names):
                return self._imported_module(names, name, frame)
            case ast.ImportFrom():
                return self._imported_name(node, name, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return only(FunctionValue(frame.module, frame.scope, node))
            case ast.ClassDef():
                return only(ClassValue(frame.module, node))
            case ast.Expr(value=ast.Call() as call):
                return self._changed(call, frame, before)
            case _:
                return UNKNOWN

    def _assigned(self, targets: list[ast.expr], name: str, value: ast.expr, frame: Frame, before: Alternatives) -> Alternatives:
        for target in targets:
            match target:
                case ast.Name(id=found) if found == name:
                    return self.evaluate(value, frame)
                case ast.Tuple(elts=parts) | ast.List(elts=parts):
                    for index, part in enumerate(parts):
                        if isinstance(part, ast.Name) and part.id == name:
                            return self._each(value, frame, lambda whole, at=index: item_of(whole, at, len(parts)))
                case ast.Subscript(value=ast.Name(id=found), slice=ast.Constant(value=str(key))) if found == name:
                    return (
                        tuple(
                            replace(
                                each, value=replace(each.value, entries={**each.value.entries, key: self.evaluate(value, frame)})
                            )
                            for each in before
                            if isinstance(each.value, Table)
                        )
                        or UNKNOWN
                    )
        return UNKNOWN

    def _imported_module(self, names: list[ast.alias], name: str, frame: Frame) -> Alternatives:
        for alias in names:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                meant = alias.name if alias.asname else alias.name.partition(".")[0]
                module = self.program.imported(frame.module, meant)
                return only(ModuleValue(module) if module is not None else External(meant))
        return UNKNOWN

    def _imported_name(self, node: ast.ImportFrom, name: str, frame: Frame) -> Alternatives:
        alias = next(alias for alias in node.names if (alias.asname or alias.name) == name)
        module = self.program.imported(frame.module, node.module or "", node.level)
        if module is not None and alias.name in module.scope.bindings:
            return self.exported(module, alias.name)
        inner = f"{node.module}.{alias.name}" if node.module else alias.name
        submodule = self.program.imported(frame.module, inner, node.level)
        if submodule is not None:
            return only(ModuleValue(submodule))
        if module is not None:
            return self._starred(alias.name, Frame(module.scope))
        return UNKNOWN if node.level else only(External(inner))

    def _changed(self, call: ast.Call, frame: Frame, before: Alternatives) -> Alternatives:
        """A list or dict after one of its methods changed it."""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        spot = Spot(frame.module, call)
        argument = call.args[-1] if call.args else None
        if method in ("append", "add", "insert") and argument is not None:
            items = self.evaluate(argument, frame)
            return self._joined(
                before, tuple(replace(each, value=Listed((item(each.value, spot),), spot)) for each in items), spot
            )
        if method in ("extend", "update") and argument is not None:
            return self._joined(before, self.evaluate(argument, frame), spot)
        if method == "update" and call.keywords:
            return self._joined(before, only(self.called_dict(call, frame)), spot)
        return UNKNOWN

    def copied(self, made: ast.ListComp, frame: Frame, before: Alternatives) -> Alternatives:
        """A list after a loop put the items of `made` at its end."""
        return self._joined(before or UNKNOWN, self.evaluate(made, frame), Spot(frame.module, made))

    # Composite values

    def _listed(self, parts: list[ast.expr], spot: Spot, frame: Frame) -> Alternatives:
        found: Alternatives = only(Listed((), spot))
        settled: list[Value] = []  # items with one value each, not yet in the list: adding them one by one is quadratic
        for part in parts:
            if isinstance(part, ast.Constant):
                settled.append(Known(part.value, Spot(frame.module, part)))
                continue
            if isinstance(part, ast.Starred):
                found, settled = self._joined(_extended(found, settled), self.evaluate(part.value, frame), spot), []
                continue
            values = self.evaluate(part, frame)
            if len(values) == 1 and not values[0].path:
                settled.append(item(values[0].value, spot))
                continue
            found, settled = _extended(found, settled), []
            found = bounded(
                Alternative(
                    replace(listed, items=(*listed.items, item(value, spot))) if isinstance(listed, Listed) else listed, path
                )
                for (listed, value), path in combined(found, self.evaluate(part, frame))
            )
        return _extended(found, settled)

    def _joined(self, left: Alternatives, right: Alternatives, spot: Spot) -> Alternatives:
        return bounded(Alternative(sum_of(one, other, spot), path) for (one, other), path in combined(left or UNKNOWN, right))

    def _table(self, node: ast.Dict, frame: Frame) -> Table:
        entries: dict[str, Alternatives] = {}
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                entries[key.value] = self.evaluate(value, frame)
            elif key is not None:
                entries[f"<{ast.unparse(key)}>"] = self.evaluate(value, frame)  # found when any entry is wanted
                complete = False
            else:
                (spread, *others) = self.evaluate(value, frame)
                if isinstance(spread.value, Table) and not others:
                    entries |= spread.value.entries
                    complete &= spread.value.complete
                else:
                    complete = False
        return Table(entries, complete)

    def called_dict(self, call: ast.Call, frame: Frame) -> Table:
        """What `dict(...)` gives."""
        table = Table({}, not call.args)
        if call.args:
            (first, *_) = self.evaluate(call.args[0], frame)
            table = first.value if isinstance(first.value, Table) else table
        given = {word.arg: self.evaluate(word.value, frame) for word in call.keywords if word.arg is not None}
        spread = any(word.arg is None for word in call.keywords)
        return Table({**table.entries, **given}, table.complete and not spread)

    def _formatted(self, parts: list[ast.expr], spot: Spot, frame: Frame) -> Alternatives:
        found: Alternatives = only(Known("", spot))
        for part in parts:
            node = part.value if isinstance(part, ast.FormattedValue) else part
            found = bounded(
                Alternative(text_sum(one, other, spot), path)
                for (one, other), path in combined(found, self.evaluate(node, frame))
            )
        return found

    def _either(self, operands: list[ast.expr], frame: Frame) -> Alternatives:
        """`a or b`: the first where it is true, else the next."""
        found: list[Alternative] = []
        path: frozenset[tuple[str, bool]] = frozenset()
        for number, operand in enumerate(operands):
            last = number == len(operands) - 1
            values = under(self.evaluate(operand, frame), path)
            rest = () if last else self._either(operands[number + 1 :], frame)
            for each in values:
                outcome = truth(each.value)
                if last or (outcome and not isinstance(each.value, Setting)):
                    found.append(each)
                elif isinstance(each.value, Setting) and not (each.value.default and truth(each.value.default)):
                    found += [replace(each, value=replace(each.value, default=one.value)) for one in rest]
                elif isinstance(each.value, Setting):
                    found.append(each)
                elif outcome is False:
                    found += under(rest, each.path)
                else:
                    found += [*under((each,), holds(operand)), *under(under(rest, each.path), holds(operand, False))]
            return tuple(found)
        return tuple(found)

    def certain(self, test: ast.expr, frame: Frame) -> bool | None:
        """The outcome of a test that asks what something is, `hasattr(settings, "origins")`, `isinstance(origins, list)`, whoever
        sets which variable; None for any other."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.certain(operand, frame)
                return None if inner is None else not inner
            case ast.Call(func=ast.Name(id="hasattr"), args=[holder, ast.Constant(value=str(name))]):
                holders = [each.value for each in self.evaluate(holder, frame)]
                known = all(isinstance(value, Instance | ClassValue | ModuleValue) for value in holders)
                found = known and all(self.attribute(value, name) != UNKNOWN for value in holders)
                return True if found else None
            case ast.Call(func=ast.Name(id="isinstance"), args=[held, ast.Name() | ast.Tuple() as asked]):
                kinds = {_kind(each.value) for each in self.evaluate(held, frame)}
                wanted = {dotted(part) for part in (asked.elts if isinstance(asked, ast.Tuple) else [asked])}
                wanted -= {"tuple", "set"} if "list" in wanted else set()  # which all count as a list here
                known = wanted <= {"list", "str"} and None not in kinds
                return True if known and kinds <= wanted else False if known and kinds.isdisjoint(wanted) else None
            case ast.Call(func=ast.Attribute(value=held, attr="startswith"), args=[ast.Constant(value="[" | "{")]):
                return self._is_json(held, frame)
            case ast.BoolOp(op=op, values=values):
                outcomes = {self.certain(value, frame) for value in values}
                deciding = isinstance(op, ast.Or)
                return deciding if deciding in outcomes else None if None in outcomes else not deciding
            case _:
                return None

    def _is_json(self, node: ast.expr, frame: Frame) -> bool | None:
        """Whether a text is that of a JSON list or object. Of a variable its default decides, and without one it is not: what a
        program makes of the other form is another matter. None where it is not known to be a text."""
        found: set[bool | None] = set()
        for each in self.evaluate(node, frame):
            match each.value:
                case Known(value=str(text)) | Setting(default=Known(value=str(text))):
                    found.add(text[:1] in ("[", "{"))
                case Setting(default=None, is_text=True):
                    found.add(False)
                case _:
                    found.add(None)
        return found.pop() if len(found) == 1 else None

    def _decided(self, node: ast.expr, frame: Frame, spot: Spot) -> Alternatives:
        """A test: its outcome where it is known. A setting has its default."""
        found: list[Alternative] = []
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                for (one, other), path in combined(self.evaluate(left, frame), self.evaluate(right, frame)):
                    found.append(Alternative(Known(compared(one, op, other), spot), path))
            case ast.UnaryOp(operand=operand):
                for each in self.evaluate(operand, frame):
                    known = truth(each.value)
                    found.append(Alternative(Known(None if known is None else not known, spot), each.path))
        decided: list[Alternative] = []
        for each in found or UNKNOWN:
            if isinstance(each.value, Known) and each.value.value is not None:
                decided.append(each)
            elif isinstance(node, ast.UnaryOp):  # so that `not debug` goes with the branches of `if debug`
                both = (Alternative(Known(True, spot), holds(node)), Alternative(Known(False, spot), holds(node, False)))
                decided += under(both, each.path)
            else:
                decided += under(UNKNOWN, each.path)
        return tuple(decided)

    def _subscript(self, value: Value, key: ast.expr, frame: Frame, spot: Spot) -> Alternatives:
        match value, key:
            case External(name="os.environ"), ast.Constant(value=str(name)):
                return only(Setting(name, None, spot, is_text=True))
            case Table(entries=entries), ast.Constant(value=str(name)):
                return entries.get(name, UNKNOWN)
            case Table(entries=entries), _:
                return tuple(each for values in entries.values() for each in values) or UNKNOWN
            case Listed(items=items, complete=True), ast.Constant(value=int(index)) if -len(items) <= index < len(items):
                return only(taken_out(items[index]))
            case _:
                return UNKNOWN

    def attribute(self, value: Value, name: str) -> Alternatives:
        """What an attribute of a value is."""
        match value:
            case ModuleValue(module=module):
                if name in module.scope.bindings:
                    return self.exported(module, name)
                inner = self.program.imported(module, name, 1)
                return only(ModuleValue(inner)) if inner is not None else self._starred(name, Frame(module.scope))
            case External(name=holder, called=False):
                return only(External(f"{holder}.{name}"))
            case External(name=holder, called=True):
                return only(External(f"{holder}().{name}"))
            case CommandLine(module=module):
                from corsense.lint.commandline import argument_named

                return argument_named(self, module, name)
            case Instance() | ClassValue():
                from corsense.lint.settings import field_of

                return field_of(self, value, name)
            case _:
                return UNKNOWN

    def returned(self, function: FunctionValue, arguments: Mapping[str, Alternatives]) -> Alternatives:
        """What a function returns when it is called with these arguments; the others have their defaults."""
        scope = function.module.scope_within(function.node)
        defaults = {
            name: self._default(name, function.node, scope) or UNKNOWN
            for name in scope.bindings
            if name not in arguments and isinstance(scope.bindings[name][0], ast.arg)
        }
        frame = Frame(scope, {**defaults, **arguments})
        key = (function.node, "returned")
        if key in self._busy:
            self._cuts += 1  # a function that calls itself
            return UNKNOWN
        self._busy.add(key)
        try:
            return self._answer(function, frame)
        finally:
            self._busy.discard(key)

    def _is_never_reached(self, module: Module, node: ast.AST, frame: Frame) -> bool:
        """Whether a node stands in an `except` for JSON that cannot be read, of a `try` that reads what can be; in a branch that
        is certain not to be taken; or behind one that is certain to leave before."""
        inner, outer = node, module.parents[node]
        while inner is not outer:
            if isinstance(outer, ast.Try) and isinstance(inner, ast.ExceptHandler) and self.reads_json(outer, frame):
                return True
            if (
                isinstance(outer, ast.If)
                and inner is not outer.test
                and self.certain(outer.test, frame) is (inner in outer.orelse)
            ):
                return True
            block = module.block_of(inner)
            if block is not None and isinstance(inner, ast.stmt):
                before = (branch for number, branch in block.leaving if number < block.index[inner])
                if any(self.certain(branch.test, frame) for branch in before):
                    return True
            if isinstance(outer, FunctionNode):
                break
            inner, outer = outer, module.parents[outer]
        return False

    def reads_json(self, statement: ast.Try | ast.TryStar, frame: Frame) -> bool:
        """Whether all that a `try` reads as JSON is JSON, as the defaults are: its handlers of what `json.loads` raises do not
        run then."""
        caught = {ast.unparse(handler.type) for handler in statement.handlers if handler.type is not None}
        names = {name.strip("() ").rpartition(".")[2] for each in caught for name in each.split(",")}
        if not names or not names <= {"JSONDecodeError", "ValueError", "TypeError", "Exception"}:
            return False
        reads = [
            node
            for each in statement.body
            for node in ast.walk(each)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("json.loads", "loads")
        ]
        values = [each.value for read in reads for each in self.evaluate(read, frame)]
        return bool(values) and all(_is_read(value) for value in values)

    def _answer(self, function: FunctionValue, frame: Frame) -> Alternatives:
        if isinstance(function.node, ast.Lambda):
            return self.evaluate(function.node.body, frame)
        found: list[Alternative] = []
        for node in returns_of(function.node):
            if node.value is not None and not self._is_never_reached(function.module, node, frame):
                found += under(self.evaluate(node.value, frame), path_of(function.module, node))
        return bounded(found)


def _extended(found: Alternatives, items: list[Value]) -> Alternatives:
    """Lists with more items at their ends."""
    if not items:
        return found
    return tuple(
        replace(each, value=replace(each.value, items=(*each.value.items, *items))) if isinstance(each.value, Listed) else each
        for each in found
    )


def _is_read(value: Value) -> bool:
    return isinstance(value, Known | Listed) or (isinstance(value, Setting) and value.default is not None)


def _kind(value: Value) -> str | None:
    """`list` or `str`, where a value is one, however it is set."""
    match value:
        case Listed() | Split():
            return "list"
        case Known(value=str()) | Setting(is_text=True):
            return "str"
        case Setting(default=Listed() | Split()):
            return "list"
        case _:
            return None


def _holder_of_method(name: str, scope: Scope) -> Alternatives:
    """What `self` and `cls` are in a method."""
    owner = scope.parent.node if scope.parent is not None else None
    if not isinstance(owner, ast.ClassDef) or not isinstance(scope.node, FunctionNode) or name not in ("self", "cls"):
        return ()
    first = next(iter((*scope.node.args.posonlyargs, *scope.node.args.args)), None)
    if first is None or first.arg != name:
        return ()
    made_of = ClassValue(scope.module, owner)
    if name == "cls":
        return only(made_of)
    return only(Instance(made_of, ast.Call(func=ast.Name(owner.name, ast.Load()), args=[], keywords=[])))
