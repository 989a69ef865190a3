"""What comes of putting values together, taking them apart and comparing them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from corsense.lint.values import (
    UNKNOWN,
    Alternatives,
    Known,
    Listed,
    Setting,
    Split,
    Spot,
    Table,
    Unknown,
    Value,
    only,
    taken_out,
)

_LONGEST_LIST, _LONGEST_TEXT = 5_000, 100_000


def item_of(value: Value, index: int, count: int) -> Alternatives:
    """What one of several names gets of a value that is taken apart."""
    if isinstance(value, Listed) and value.complete and len(value.items) == count:
        return only(taken_out(value.items[index]))
    return UNKNOWN


def sum_of(one: Value, other: Value, spot: Spot) -> Value:
    """What `one + other` (or `|`) is."""
    match one, other:
        case Known(value=str()), _:
            return text_sum(one, other, spot)
        case Table(), Table():
            return Table({**one.entries, **other.entries}, one.complete and other.complete)
    left, right = _as_list(one), _as_list(other)
    if left is None and right is None:
        return Unknown()
    first, second = left or Listed((), spot, False), right or Listed((), spot, False)
    if len(first.items) + len(second.items) > _LONGEST_LIST:
        return Unknown()
    return Listed((*first.items, *second.items), first.spot, first.complete and second.complete)


def _as_list(value: Value) -> Listed | None:
    """A value as the list that it is, the default of a setting as items that a setting gives."""
    match value:
        case Listed():
            return value
        case Setting(default=Listed(items=items, spot=spot)):
            items = tuple(replace(value, default=item, spot=item.spot) if isinstance(item, Known) else item for item in items)
            return Listed(items, spot)
        case Split(text=Known(value=str(text), spot=spot), separator=separator):
            parts = [
                part.strip() if value.strips else part for part in text.split(separator) if part.strip() or not value.filtered
            ]
            return Listed(tuple(Known(part, spot) for part in parts), spot)
        case Split() | Setting(default=Split()):
            return Listed((value,), value.spot, complete=False)
        case _:
            return None


def text_sum(one: Value, other: Value, spot: Spot) -> Value:
    """Two texts put together."""
    if isinstance(one, Known) and isinstance(other, Known):
        joined = f"{one.value}{other.value}"
        return Known(joined, spot) if len(joined) <= _LONGEST_TEXT else Unknown()
    return Unknown()


def compared(one: Value, op: ast.cmpop, other: Value) -> bool | None:
    """The outcome of a comparison of constants; None when it is not known."""
    left, right = _constant(one), _constant(other)
    if left is NotImplemented or right is NotImplemented:
        return None
    try:
        match op:
            case ast.Eq():
                return bool(left == right)
            case ast.NotEq():
                return bool(left != right)
            case ast.In():
                return left in right
            case ast.NotIn():
                return left not in right
            case ast.Is():
                return left is right if left is None or right is None else None
            case ast.IsNot():
                return left is not right if left is None or right is None else None
            case _:
                return None
    except TypeError:
        return None


def _constant(value: Value) -> Any:
    match value:
        case Known(value=constant) | Setting(default=Known(value=constant)):
            return constant
        case Setting(default=None):
            return None
        case Listed(items=items, complete=True) if all(isinstance(item, Known) for item in items):
            return [item.value for item in items if isinstance(item, Known)]
        case _:
            return NotImplemented
