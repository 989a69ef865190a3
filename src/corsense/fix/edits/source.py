"""`Source`: a program's text with its syntax tree, and the mapping from one to the other."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from typing import Concatenate, ParamSpec

P = ParamSpec("P")

BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")
_STRING = re.compile(
    r"""(?P<prefix>[A-Za-z]{0,2})(?P<quote>\"{3}|'{3}|"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Splice:
    """Replaces the characters from `start` up to `end` by `text`; an insertion where both are equal."""

    start: int
    end: int
    text: str


class Source:
    """A program that parses. Offsets count characters of `text`, which is without a byte order mark; lines count from 1."""

    def __init__(self, text: str, tree: ast.Module, bom: str) -> None:
        self.text = text
        self.tree = tree
        self.bom = bom
        # Only these three end a line for Python; str.splitlines knows many more.
        ends = [match.end() for match in _LINE_END.finditer(text)]
        self._starts = [0, *ends]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, breadth first."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node that holds each node."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def newline(self) -> str:
        """The line end in use: that of the first line, a line feed when there is only one."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    @cached_property
    def quote(self) -> str:
        """The quote that most short strings of the program are written with; `"` when undecided."""
        literals = (_STRING.fullmatch(self.segment(node)) for node in self.nodes if is_text(node))
        counts = Counter(match["quote"] for match in literals if match is not None)
        return "'" if counts["'"] > counts['"'] else '"'

    @cached_property
    def indent_unit(self) -> str:
        """One step of indentation: a tab, or as many spaces as the first indented block has; four when nothing is indented."""
        for node in self.nodes:
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list):
                outer, inner = self.indentation(self.start(node)), self.indentation(self.start(body[0]))
                if inner.startswith(outer) and inner != outer:
                    return inner[len(outer) :]
        return "    "

    def offset(self, line: int, column: int) -> int:
        """The offset of a position as `ast` gives it: `line` from 1, `column` in UTF-8 bytes from 0."""
        # Before Python 3.12 what stands inside an f-string has places that may lie outside the text.
        index = min(line, len(self._starts)) - 1
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self.text)
        row = self.text[self._starts[index] : end]
        return self._starts[index] + len(row.encode()[:column].decode(errors="ignore"))

    def start(self, node: ast.AST) -> int:
        """Where a node begins; for a decorated definition at the name of its first decorator."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min((node, *decorators), key=lambda n: _position(n))
        return self.offset(*_position(first))

    def end(self, node: ast.AST) -> int:
        """Where a node ends: the offset after its last character."""
        return self.offset(getattr(node, "end_lineno", 1), getattr(node, "end_col_offset", 0))

    def segment(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def line_at(self, offset: int) -> int:
        """The line, from 1, that holds `offset`."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle)
        return low + 1

    def row_start(self, offset: int) -> int:
        """Where the line of `offset` begins."""
        return self._starts[self.line_at(offset) - 1]

    def row_end(self, offset: int) -> int:
        """Where the line of `offset` ends, before its line end."""
        match = _LINE_END.search(self.text, offset)
        return match.start() if match else len(self.text)

    def next_row(self, offset: int) -> int:
        """Where the line after that of `offset` begins, or the end of the text."""
        match = _LINE_END.search(self.text, offset)
        return match.end() if match else len(self.text)

    def newline_at(self, offset: int) -> str:
        """The line end of the line of `offset`: what is inserted behind a line ends as that line does."""
        row_end = self.row_end(offset)
        return self.text[row_end : self.next_row(row_end)] or self.newline

    def indentation(self, offset: int) -> str:
        """The white space that begins the line of `offset`."""
        row = self.text[self.row_start(offset) : self.row_end(offset)]
        return row[: len(row) - len(row.lstrip(" \t\f"))]

    def begins_row(self, offset: int) -> bool:
        """Whether only white space precedes `offset` on its line."""
        return not self.text[self.row_start(offset) : offset].strip(" \t\f")

    def ends_row(self, offset: int) -> bool:
        """Whether only white space or a comment follows `offset` on its line."""
        rest = self.text[offset : self.row_end(offset)].strip(" \t\f")
        return not rest or rest.startswith("#")

    def apply(self, splices: Iterable[Splice]) -> str | None:
        """The text with `splices` made; None when nothing changes, when two of them overlap, or when the result would not
        parse."""
        parts: list[str] = []
        position = 0
        for splice in sorted(splices, key=lambda s: (s.start, s.end)):
            if splice.start < position:
                return None
            parts += [self.text[position : splice.start], splice.text]
            position = splice.end
        text = "".join(parts) + self.text[position:]
        if text == self.text or parse(text) is None:
            return None
        return self.bom + text


def is_text(node: ast.AST) -> bool:
    """Whether a node is a string literal."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def parse(text: str) -> ast.Module | None:
    """The syntax tree of `text`, which has no byte order mark; None when it is no Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        # Besides syntax errors: null characters, lone surrogates, nesting beyond the parser's stack.
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


@lru_cache(maxsize=16)
def read(text: str) -> Source | None:
    """`text` as a `Source`; None when it does not parse."""
    body = text.removeprefix(BOM)
    tree = parse(body)
    return None if tree is None else Source(body, tree, text[: len(text) - len(body)])


def edit(function: Callable[Concatenate[Source, P], list[Splice] | None]) -> Callable[Concatenate[str, P], str | None]:
    """Makes of a function from a program to its splices one from text to text. None where the function gives None, where the
    text does not parse, where the result would not, and where nothing would change. It raises nothing, however odd the
    text."""

    @wraps(function)
    def edited(source: str, /, *args: P.args, **kwargs: P.kwargs) -> str | None:
        try:
            program = read(source)
            splices = None if program is None else function(program, *args, **kwargs)
            return None if program is None or splices is None else program.apply(splices)
        except RecursionError:  # expressions nested as deep as the parser just takes
            return None

    return edited


def written(value: str, quote: str) -> str | None:
    """`value` as a string literal; None when it needs escapes, which no origin, method or header name does."""
    plain = value.isascii() and value.isprintable() and not {'"', "'", "\\"} & set(value)
    return f"{quote}{value}{quote}" if plain and value else None


def string_parts(segment: str) -> tuple[str, str, str] | None:
    """Prefix, quote and body of a string literal; None for literals joined by juxtaposition."""
    match = _STRING.fullmatch(segment)
    return None if match is None else (match["prefix"], match["quote"], match["body"])


def rewritten(source: Source, node: ast.Constant, value: str) -> str | None:
    """A literal for `value` in the quotes of `node`; None when its pieces carry comments that would be lost."""
    segment = source.segment(node)
    parts = string_parts(segment)
    if parts is None:
        quote = segment.lstrip("rRuUbBfF")[:1]
        return None if "#" in segment else written(value, quote if quote in ("'", '"') else source.quote)
    literal = written(value, parts[1])
    return literal and parts[0].lower().replace("u", "") + literal


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
