"""One name through the statements of its scope, branch by branch."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corsense.lint.conditions import holds
from corsense.lint.copying import as_comprehension
from corsense.lint.program import position
from corsense.lint.values import UNKNOWN, Alternatives, Known, Listed, Setting, Split, Value, bounded, truth, under

if TYPE_CHECKING:
    from corsense.lint.evaluation import Evaluator, Frame

_MOST_CHANGES = 60


@dataclass(frozen=True)
class Walk:
    """Follows one name through the statements of its scope, up to where it is used (None: to the end)."""

    evaluator: Evaluator
    frame: Frame
    name: str
    use: ast.AST | None

    def block(self, statements: list[ast.stmt], states: Alternatives) -> tuple[Alternatives, bool]:
        """What the name stands for after the statements, and whether its use was reached."""
        relevant = self._relevant(statements)
        if len(relevant) > _MOST_CHANGES:
            return UNKNOWN, self._holds_use(relevant[-1])
        for statement in relevant:
            states, stopped = self._statement(statement, states, self._holds_use(statement))
            if stopped:
                return states, True
        return states, False

    def _relevant(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The statements that change the name, from the last that replaces it, up to the one that holds the use."""
        if not statements:
            return []
        use = self._index(statements, self.use)
        changes = self.frame.scope.changes(self.name)
        first = bisect_left(changes, position(statements[0]), key=position)
        end = position(self.use) if use is not None and self.use is not None else _extent(statements[-1])[1]
        found = set() if use is None else {use}
        for number in range(bisect_right(changes, end, key=position) - 1, first - 1, -1):
            index = self._index(statements, changes[number])
            if index is not None:
                found.add(index)
                if index != use and (len(found) > _MOST_CHANGES or self._sets_anew(statements[index])):
                    break
        return [statements[index] for index in sorted(found)]

    def _index(self, statements: list[ast.stmt], node: ast.AST | None) -> int | None:
        """Which of the statements holds a node."""
        if node is None:
            return None
        near = bisect_right(statements, position(node), key=position)
        candidates = (index for index in (near - 1, near) if 0 <= index < len(statements))
        return next((index for index in candidates if _is_inside(node, statements[index])), None)

    def _sets_anew(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                return name == self.name
            case _:
                return False

    def _statement(self, statement: ast.stmt, states: Alternatives, reached: bool) -> tuple[Alternatives, bool]:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                return self._branches(test, body, orelse, states, reached)
            case ast.Try() | ast.TryStar():
                return self._attempt(statement, states, reached)
            case ast.For() | ast.AsyncFor() if not reached and (copied := as_comprehension(statement, self.name)) is not None:
                return self.evaluator.copied(copied, self.frame, states), False
            case ast.For() | ast.AsyncFor() | ast.While() | ast.With() | ast.AsyncWith():
                entered = self._bind(statement, states)
                after, stopped = self.block(statement.body, entered)
                if stopped:
                    return after, True
                merged = after if isinstance(statement, ast.With | ast.AsyncWith) else _merged(states, after)
                return self.block(getattr(statement, "orelse", []), merged)
            case ast.Match(cases=cases):
                results = [self.block(case.body, states) for case in cases]
                stop = next((result for result in results if result[1]), None)
                return stop or (_merged(states, *(after for after, _ in results)), False)
            case _ if reached:
                return states, True
            case _:
                return self._bind(statement, states), False

    def _bind(self, statement: ast.stmt, states: Alternatives) -> Alternatives:
        if any(statement is node for node in self.frame.scope.bindings.get(self.name, ())):
            return self.evaluator.bound(statement, self.name, self.frame, states)
        return states

    def _branches(
        self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], states: Alternatives, reached: bool
    ) -> tuple[Alternatives, bool]:
        if reached and self._holds_use(test):
            return states, True
        if isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
            return self.block(body, states)
        certain = self.evaluator.certain(test, self.frame)
        taken = tuple(each for each in states if certain is not False and _outcome(test, self.name, each.value) is not False)
        other = tuple(each for each in states if certain is not True and _outcome(test, self.name, each.value) is not True)
        first, stopped = self.block(body, under(taken, holds(test)))
        if stopped:
            return first, True
        second, stopped = self.block(orelse, under(other, holds(test, False)))
        if stopped:
            return second, True
        if states and not (taken and other):  # the other branch does not run
            return (first if taken else second), False
        return _merged(under(first, holds(test)), under(second, holds(test, False))), False

    def _attempt(self, statement: ast.Try | ast.TryStar, states: Alternatives, reached: bool) -> tuple[Alternatives, bool]:
        tried, stopped = self.block([*statement.body, *statement.orelse], states)
        if stopped:
            return tried, True
        results = [tried]
        for handler in () if self.evaluator.reads_json(statement, self.frame) else statement.handlers:
            handled, stopped = self.block(handler.body, states)
            if stopped:
                return _merged(tried, handled), True
            if not isinstance(handler.body[-1], ast.Raise | ast.Return):
                results.append(handled)
        return self.block(statement.finalbody, _merged(*results))

    def _holds_use(self, statement: ast.AST) -> bool:
        return self.use is not None and _is_inside(self.use, statement)


def _outcome(test: ast.expr, name: str, value: Value) -> bool | None:
    """The outcome of a test that asks whether a name is true, or is None; None where it may be either."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _outcome(operand, name, value)
            return None if inner is None else not inner
        case ast.Name(id=found) if found == name and not isinstance(value, Setting):
            return truth(value)
        case ast.Compare(left=ast.Name(id=found), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]) if (
            found == name and isinstance(value, Known | Listed | Split)
        ):
            return (isinstance(value, Known) and value.value is None) is isinstance(op, ast.Is)
        case _:
            return None


def _is_inside(part: ast.AST, node: ast.AST) -> bool:
    (first, last), (start, end) = _extent(part), _extent(node)
    return start <= first and last <= end


def _extent(node: ast.AST | None) -> tuple[tuple[int, int], tuple[int, int]]:
    if node is None or not hasattr(node, "lineno"):
        return (0, 0), (0, 0)
    located: Any = node
    first = min([(located.lineno, located.col_offset), *((d.lineno, d.col_offset) for d in getattr(node, "decorator_list", ()))])
    return first, (located.end_lineno, located.end_col_offset)


def _merged(*states: Alternatives) -> Alternatives:
    found = tuple(dict.fromkeys(each for state in states for each in state))
    return bounded(found) if found else ()
