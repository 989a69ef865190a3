"""Items between brackets: where to add one, drop one or replace it with several, in the layout already used there."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from corsense.fix.edits.source import Source, Splice, parse

_GAP = re.compile(r"(?:\s|\\|#[^\r\n]*)*")
_COMMENT_ROW = re.compile(r"(?<=[\r\n])([ \t]*)#")


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a display or a call: `spans` in order of the text, the offset `opening` after the opening bracket and
    `closing` at the closing one. `is_tuple` where one item needs its comma."""

    source: Source
    spans: tuple[tuple[int, int], ...]
    opening: int
    closing: int
    is_tuple: bool = False

    @property
    def text(self) -> str:
        """The whole program's text."""
        return self.source.text

    def own_row(self, index: int) -> bool:
        """Whether an item begins its line."""
        return self.source.begins_row(self.spans[index][0])

    def comma(self, index: int) -> int | None:
        """The offset of the comma after an item, None when there is none."""
        _, position = self._after(index)
        return position if position < self.closing and self.text[position] == "," else None

    def append(self, literal: str) -> list[Splice]:
        """Adds `literal` as the last item."""
        if not self.spans:
            return self._first(literal)
        last = len(self.spans) - 1
        end, _ = self._after(last)
        comma = self.comma(last)
        if not self.own_row(last):
            if self.is_tuple and last == 0 and comma is not None:
                return [Splice(comma, comma + 1, f", {literal}")]
            return [Splice(end, end, f", {literal}")]
        indent = self.source.indentation(self.spans[last][0])
        anchor = end if comma is None else comma + 1
        row_end = self.source.row_end(anchor)
        added = f"{self.source.newline_at(anchor)}{indent}{literal}{'' if comma is None else ','}"
        if self.closing <= row_end:
            return [Splice(anchor, anchor, added if comma is not None else f",{added}")]
        return [*([Splice(end, end, ",")] if comma is None else []), Splice(row_end, row_end, added)]

    def replace(self, index: int, literals: Sequence[str]) -> list[Splice]:
        """Replaces an item with `literals`, at least one."""
        start, end = self.spans[index]
        between = f",{self.source.newline_at(start)}{self.source.indentation(start)}" if self.own_row(index) else ", "
        return [Splice(start, end, between.join(literals))]

    def remove(self, index: int) -> list[Splice] | None:
        """Drops an item with its comma, and with its line and the comment behind it when it has a line of its own. None where
        comments of other items would go with it."""
        start, end = self.spans[index]
        after, _ = self._after(index)
        before = self.spans[index - 1][1] if index else self.opening
        if after != end or "(" in _GAP.sub("", self.text[before:start]):
            return None
        comma = self.comma(index)
        stop = end if comma is None else comma + 1
        following = self.spans[index + 1][0] if index + 1 < len(self.spans) else self.closing
        if self.own_row(index) and self.source.row_end(stop) < following:
            return [Splice(self.source.row_start(start), self.source.next_row(stop), "")]
        if len(self.spans) == 1:
            return self._empty(stop)
        return self._remove_inline(index, stop, following)

    def _remove_inline(self, index: int, stop: int, following: int) -> list[Splice] | None:
        start, end = self.spans[index]
        if index + 1 < len(self.spans):
            gap = self.text[stop:following]
            if "#" in gap:
                return None
            return [Splice(start, following if not self.source.begins_row(following) else stop, "")]
        previous = self.comma(index - 1)
        if previous is None or "#" in self.text[previous:start]:
            return None
        keep_comma = self.is_tuple and index == 1 and self.comma(index) is None
        return [Splice(previous + 1 if keep_comma else previous, end, "")]

    def _empty(self, stop: int) -> list[Splice] | None:
        interior = self.text[self.opening : self.closing]
        start = self.spans[0][0]
        if "#" in interior:
            return [Splice(start, stop, "")]
        return [Splice(self.opening, self.closing, "")]

    def _first(self, literal: str) -> list[Splice]:
        interior = self.text[self.opening : self.closing]
        comma = "," if self.is_tuple else ""
        if not interior.strip():
            return [Splice(self.opening, self.closing, literal + comma)]
        comments = _COMMENT_ROW.findall(interior)
        indent = comments[-1] if comments else self.source.indentation(self.closing) + self.source.indent_unit
        row = self.source.row_start(self.closing)
        return [Splice(row, row, f"{indent}{literal},{self.source.newline_at(self.opening)}")]

    def _after(self, index: int) -> tuple[int, int]:
        """Where an item ends, the parentheses around it included, and where the next character that counts is."""
        end = self.spans[index][1]
        limit = self.spans[index + 1][0] if index + 1 < len(self.spans) else self.closing
        while True:
            match = _GAP.match(self.text, end, limit)
            position = match.end() if match else end
            if position >= limit or self.text[position] != ")":
                return end, position
            end = position + 1


def display_items(source: Source, node: ast.List | ast.Tuple | ast.Set) -> Items:
    """The items of a list, tuple or set as written."""
    start, end = source.start(node), source.end(node)
    bare = isinstance(node, ast.Tuple) and not _is_parenthesised(source, node)
    spans = tuple((source.start(item), source.end(item)) for item in node.elts)
    return Items(source, spans, start if bare else start + 1, end if bare else end - 1, isinstance(node, ast.Tuple))


def call_items(source: Source, call: ast.Call) -> Items:
    """The arguments of a call as written."""
    spans: list[tuple[int, int]] = [(source.start(item), source.end(item)) for item in (*call.args, *call.keywords)]
    end = source.end(call)
    match = _GAP.match(source.text, source.end(call.func))
    opening = match.end() if match else source.end(call.func)
    while source.text[opening] == ")":  # a parenthesised callee
        match = _GAP.match(source.text, opening + 1)
        opening = match.end() if match else opening + 1
    return Items(source, tuple(sorted(spans)), opening + 1, end - 1)


def _is_parenthesised(source: Source, node: ast.Tuple) -> bool:
    """Whether the parentheses at the ends of a tuple are its own: in `("a"), ("b")` they belong to items."""
    start, end = source.start(node), source.end(node)
    if not (source.text[start] == "(" and source.text[end - 1] == ")"):
        return False
    return parse(f"[{source.text[start + 1 : end - 1]}\n]") is not None
