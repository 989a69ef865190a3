"""Loops that copy a list item by item: `for origin in setting.split(","): pages.append(origin.strip())`."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class _Reading:
    """What the statements of a loop's body have said so far: names and what they stand for, conditions, what is put in."""

    name: str
    stands_for: dict[str, ast.expr] = field(default_factory=dict)
    tests: list[ast.expr] = field(default_factory=list)
    element: ast.expr | None = None

    def block(self, statements: list[ast.stmt]) -> bool:
        """Read statements; false where they do more than to copy."""
        return all(self._statement(statement) for statement in statements)

    def _statement(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name != self.name:
                self.stands_for[name] = self._written_out(value)
                return True
            case ast.If(test=test, body=[ast.Continue()], orelse=[]):
                self.tests.append(ast.copy_location(ast.UnaryOp(ast.Not(), self._written_out(test)), test))
                return True
            case ast.If(test=test, body=body, orelse=[]) if self.element is None:
                self.tests.append(self._written_out(test))
                return self.block(body) and self.element is not None
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add"), args=[element])) if (
                name == self.name
            ):
                return self._put(element)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=ast.List(elts=[element])) if name == self.name:
                return self._put(element)
            case ast.Expr(value=ast.Call(func=called)):
                return not any(isinstance(node, ast.Name) and node.id == self.name for node in ast.walk(called))
            case ast.Pass():
                return True
            case _:
                return False

    def _put(self, element: ast.expr) -> bool:
        if self.element is not None or isinstance(element, ast.Starred):
            return False
        self.element = self._written_out(element)
        return True

    def _written_out(self, expression: ast.expr) -> ast.expr:
        """The expression with what its names stand for in their places."""
        if not self.stands_for:
            return expression
        written: ast.expr = _Replacing(self.stands_for).visit(copy.deepcopy(expression))
        return written


class _Replacing(ast.NodeTransformer):
    def __init__(self, stands_for: Mapping[str, ast.expr]) -> None:
        self._stands_for = stands_for

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The name, or what it stands for."""
        return self._stands_for.get(node.id, node)


def as_comprehension(loop: ast.For | ast.AsyncFor, name: str) -> ast.ListComp | None:
    """The list whose items the loop puts at the end of the list `name`, written as a comprehension; None where the loop does
    anything else to it."""
    if loop.orelse or not isinstance(loop.target, ast.Name):
        return None
    reading = _Reading(name)
    if not reading.block(loop.body) or reading.element is None:
        return None
    one = ast.comprehension(loop.target, loop.iter, reading.tests, 0)
    return ast.copy_location(ast.ListComp(reading.element, [one]), loop)
