"""A tolerant reader of JavaScript literals: enough to understand how a pasted snippet calls `fetch()`, without running anything.

Object, array, string, template, number and boolean literals are read as Python values, `const` names and string concatenation are
followed; anything else in an expression becomes `Unknown`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from corsense.errors import InputError

MAX_DEPTH = 60
"""How deep brackets may nest."""
_MAX_TEMPLATE_DEPTH = 16

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*(?:.*?\*/|.*))
      | (?P<name>[A-Za-z_$][\w$]*)
      | (?P<number>0[xX][0-9A-Fa-f_]+n?|0[bB][01_]+n?|0[oO][0-7_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<unclosed>"(?:[^"\\\n]|\\.)*|'(?:[^'\\\n]|\\.)*)
      | (?P<template>`)
      | (?P<operator>\.\.\.|=>|===?|!==?|\?\.(?!\d)|\?\?|\|\||&&|[{}()\[\],;:?.+!=])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,200}\]){1,500}/[a-z]*")
_ESCAPE = re.compile(
    r"\\(?:x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|u\{(?P<point>[0-9A-Fa-f]{1,6})\}|(?P<line>\r\n|[\n\r\u2028\u2029])|(?P<c>.))",
    re.DOTALL,
)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_TEMPLATE_PART = re.compile(r"(?P<text>(?:[^\\$]|\\.|\$(?!\{))+)|\$\{|\\\Z", re.DOTALL)
_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(_OPENERS.values())
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An expression whose value is not in the text.

    `text` is its source; of a `template` it is the text with the placeholders in it.
    """

    text: str
    template: bool = False

    @property
    def shown(self) -> str:
        """As a placeholder inside a longer text."""
        return self.text if self.template else f"${{{self.text}}}"


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or a construction by `new`: the dotted name that is called, and the arguments."""

    name: str
    arguments: tuple[Value, ...]
    receiver: Value = None


Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"] | Unknown | Call


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


class _NotALiteral(Exception):
    """The expression goes beyond what is read; it becomes `Unknown`."""


def calls(text: str, functions: frozenset[str]) -> Iterator[Call]:
    """Each call in `text` of a function or of a method of an object named in `functions`, in the order of the text.

    A variable that holds such an object (`const api = axios.create(…)`) is followed too: `Call.receiver` is what it was given.
    Raises InputError when brackets nest too deep, or a call is cut off.
    """
    reader = _Reader(text, _tokens(text), {})
    while reader.at < len(reader.tokens):
        token = reader.tokens[reader.at]
        if token.kind == "name" and token.text in {"const", "let", "var"}:
            reader.declaration()
        elif token.kind == "name" and (call := reader.call_of(functions)):
            yield call
        else:
            reader.at += 1


def stringify(value: Value) -> str:
    """`JSON.stringify`, with `null` for unknown values."""

    def plain(item: object) -> object:
        match item:
            case dict():
                return {name: plain(member) for name, member in item.items()}
            case list():
                return [plain(member) for member in item]
            case float() if item.is_integer():
                return int(item)
            case Unknown() | Call():
                return None
            case _:
                return item

    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None
        kind = found.lastgroup or "other"
        end = found.end()
        if kind == "template":
            end = _template_end(text, at) or end
        elif found.group() == "/" and _begins_regex(tokens) and (regex := _REGEX.match(text, at)):
            end = regex.end()
        if kind != "space":
            tokens.append(_Token(kind, text[at:end], at, end))
        at = end
    return tokens


def _begins_regex(tokens: list[_Token]) -> bool:
    """Whether a `/` begins a regular expression here, rather than divides."""
    if not tokens:
        return True
    before = tokens[-1]
    return (
        before.text == "return"
        if before.kind == "name"
        else before.kind == "operator" and before.text not in {")", "]", "}", "."}
    )


def _template_end(text: str, start: int) -> int | None:
    """The index after the backtick that closes the template at `start`, None when none does. Placeholders may hold templates."""
    stack = ["`"]
    at = start + 1
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif stack[-1] == "`":
            if character == "`":
                stack.pop()
            elif character == "$" and text[at + 1 : at + 2] == "{":
                stack.append("}")
                at += 1
        elif character in "{`":
            stack.append("}" if character == "{" else "`")
        elif character == "}":
            stack.pop()
        elif character in "'\"":
            at = _string_end(text, at)
        at += 1
        if not stack:
            return at
        if len(stack) > _MAX_TEMPLATE_DEPTH:
            return None
    return None


def _string_end(text: str, start: int) -> int:
    """The index of the quote that closes the string at `start`; of `start` itself when its line has none."""
    found = _TOKEN.match(text, start)
    return found.end() - 1 if found and found.lastgroup == "string" else start


def _unescape(text: str) -> str:
    def replacement(found: re.Match[str]) -> str:
        if code := found["x"] or found["u"] or found["point"]:
            return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"
        if found["line"]:
            return ""
        return _SIMPLE_ESCAPES.get(found["c"], found["c"])

    cooked = _ESCAPE.sub(replacement, text) if "\\" in text else text
    # Two escaped halves of a surrogate pair are one character.
    return (
        cooked.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if re.search("[\ud800-\udfff]", cooked) else cooked
    )


def _matching(tokens: list[_Token]) -> dict[int, int]:
    """For the index of each opening bracket, that of the one which closes it."""
    closers: dict[int, int] = {}
    open_: list[int] = []
    for index, token in enumerate(tokens):
        if token.text in _OPENERS:
            open_.append(index)
        elif token.text in _CLOSERS and open_:
            closers[open_.pop()] = index
    return closers


def _cut_off() -> InputError:
    return InputError("the pasted text ends inside a bracket: copy the whole call")


def _too_deep() -> InputError:
    return InputError(f"the pasted text nests brackets more than {MAX_DEPTH} deep: shorten the body")


class _Reader:
    """A recursive descent over the tokens of one text."""

    def __init__(self, text: str, tokens: list[_Token], names: dict[str, Value]) -> None:
        self.text = text
        self.tokens = tokens
        self.closers = _matching(tokens)
        self.names = names
        self.at = 0
        self.depth = 0

    # Statements

    def declaration(self) -> None:
        """`const name = value`: remember the value. The scan goes on inside it, for it may hold a call."""
        name = self._peek(1)
        self.at += 1
        if name is None or name.kind != "name" or not self._is("=", 1):
            return
        self.at += 2
        start = self.at
        try:
            self.names[name.text] = self.expression()
        except (_NotALiteral, InputError):
            self.names[name.text] = Unknown(name.text)
        self.at, self.depth = start, 0

    def call_of(self, functions: frozenset[str]) -> Call | None:
        """The call that begins at this name, if it is one of `functions`; the reader then stands behind it."""
        name = self.tokens[self.at].text
        held = self.names.get(name)
        known = name in functions or (isinstance(held, Call) and held.name.partition(".")[0] in functions)
        if not known or not self._begins_a_call(name):
            return None
        start = self.at
        try:
            value = self._postfix(stop_after_call=True)
        except _NotALiteral:
            value = None
        self.depth = 0
        if not isinstance(value, Call):
            self.at = start
            return None
        return value

    def _begins_a_call(self, name: str) -> bool:
        before, owner = self._peek(-1), self._peek(-2)
        if before is not None and before.text == "function":
            return False
        if before is not None and before.text in {".", "?."}:
            return owner is not None and owner.text in {"window", "globalThis", "self"}
        return self._is("(", 1) or self._is(".", 1) or self._is("<", 1)

    # Expressions

    def expression(self) -> Value:
        """An expression; operators other than `+`, `??` and `||` make it unknown."""
        start = self.at
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _too_deep()
        value = self._unary()
        while (operator := self._peek()) is not None and operator.text in {"+", "??", "||"}:
            self.at += 1
            value = self._combined(operator.text, value, self._unary(), start)
        self.depth -= 1
        return value

    def _combined(self, operator: str, left: Value, right: Value, start: int) -> Value:
        if operator != "+":
            return right if isinstance(left, Unknown) or left is None else left
        parts = (left, right)
        if all(isinstance(part, str | int | float) for part in parts):
            return "".join(str(part) for part in parts)
        if all(isinstance(part, str | int | float | Unknown) for part in parts):
            return Unknown("".join(part.shown if isinstance(part, Unknown) else str(part) for part in parts), template=True)
        return Unknown(self._source(start))

    def _unary(self) -> Value:
        token = self._peek()
        if token is not None and token.text in {"await", "new"}:
            self.at += 1
        elif token is not None and token.text in {"!", "typeof", "void"}:
            self.at += 1
            start = self.at
            self._postfix()
            return Unknown(self._source(start))
        elif token is not None and token.text == "-" and (number := self._peek(1)) is not None and number.kind == "number":
            self.at += 1
            value = self._postfix()
            return -value if isinstance(value, int | float) else value
        return self._postfix()

    def _postfix(self, *, stop_after_call: bool = False) -> Value:
        start = self.at
        value = self._primary()
        name = self._source(start)
        receiver: Value = value
        while (token := self._peek()) is not None:
            if token.text in {".", "?."} and (member := self._peek(1)) is not None and member.kind == "name":
                self.at += 2
                name = f"{name}.{member.text}"
                value = value.get(member.text, Unknown(name)) if isinstance(value, dict) else Unknown(name)
            elif token.text == "(":
                value = Call(re.sub(r"\s", "", name), tuple(self._items(")")), receiver)
                if stop_after_call:
                    return value
            elif token.text == "[":
                self._balanced()
                value = Unknown(self._source(start))
            elif token.text == "<" and (end := self._type_arguments_end()):
                self.at = end
            elif token.text == "!" and not self._is("=", 1):
                self.at += 1
            else:
                break
        return value

    def _primary(self) -> Value:
        token = self._peek()
        if token is None:
            raise _NotALiteral
        self.at += 1
        match token.kind, token.text:
            case "string", text:
                return _unescape(text[1:-1])
            case "template", text:
                return self._template(text[1:-1])
            case "number", text:
                return _number(text)
            case _, "{":
                self.at -= 1
                return self._object()
            case _, "[":
                self.at -= 1
                return self._items("]")
            case _, "(":
                value = self.expression()
                self._expect(")")
                if self._is("=>"):
                    raise _NotALiteral
                return value
            case "name", text if text not in {"function", "async", "class"}:
                return self._named(text)
            case _:
                raise _NotALiteral

    def _named(self, text: str) -> Value:
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        return self.names.get(text, Unknown(text))

    def _template(self, inside: str) -> Value:
        parts: list[str] = []
        known = True
        at = 0
        while at < len(inside) and (found := _TEMPLATE_PART.match(inside, at)):
            at = found.end()
            if found["text"] is not None:
                parts.append(_unescape(found["text"]))
            elif found.group() == "${":
                end = self._placeholder_end(inside, at)
                value = self._inner(inside[at:end])
                known = known and isinstance(value, str | int | float)
                parts.append(value.shown if isinstance(value, Unknown) else str(value))
                at = end + 1
        return "".join(parts) if known else Unknown("".join(parts), template=True)

    @staticmethod
    def _placeholder_end(inside: str, start: int) -> int:
        depth = 1
        for at in range(start, len(inside)):
            depth += (inside[at] == "{") - (inside[at] == "}")
            if depth == 0:
                return at
        return len(inside)

    def _inner(self, source: str) -> Value:
        inner = _Reader(source, _tokens(source), self.names)
        inner.depth = self.depth + 1
        try:
            value = inner.expression()
        except _NotALiteral:
            return Unknown(source)
        return value if inner._peek() is None else Unknown(source)

    # Brackets

    def _items(self, closer: str) -> list[Value]:
        """The elements of an array or the arguments of a call; the reader stands at the opening bracket."""
        self.at += 1
        items: list[Value] = []
        while self._required().text != closer:
            if self._is(","):
                self.at += 1
                continue
            spread = self._is("...")
            self.at += spread
            value = self._element()
            items += value if spread and isinstance(value, list) else [value]
        self.at += 1
        return items

    def _object(self) -> dict[str, Value]:
        self.at += 1
        members: dict[str, Value] = {}
        while self._required().text != "}":
            if self._is(","):
                self.at += 1
            elif self._is("..."):
                self.at += 1
                value = self._element()
                if isinstance(value, dict):
                    members |= value
            else:
                self._member(members)
        self.at += 1
        return members

    def _member(self, members: dict[str, Value]) -> None:
        token = self._required()
        name: Value
        if token.text == "[":
            start = self.at
            self._balanced()
            name = None
            if self.at - start == 3 and self.tokens[start + 1].kind == "string":
                name = _unescape(self.tokens[start + 1].text[1:-1])
        else:
            self.at += 1
            name = _unescape(token.text[1:-1]) if token.kind in {"string", "template"} else token.text
        if self._is(":"):
            self.at += 1
            value = self._element()
        elif self._is(",") or self._is("}"):
            value = self._named(token.text)
        else:
            value = Unknown(token.text)
            self._skip()
        if isinstance(name, str):
            members[name] = value

    def _element(self) -> Value:
        """A value up to the next comma or closing bracket; one that is not understood is skipped."""
        self._required()
        start, depth = self.at, self.depth
        try:
            value = self.expression()
            following = self._peek()
            if following is None or following.text == "," or following.text in _CLOSERS:
                return value
        except _NotALiteral:
            pass
        self.at, self.depth = start, depth
        self._skip()
        if self.at == start:
            self.at += 1  # a closing bracket of another kind: always advance
        return Unknown(self._source(start))

    def _type_arguments_end(self) -> int | None:
        """The index after `<User[]>` of `axios.get<User[]>(…)`, when the reader stands at such type arguments."""
        depth = 0
        for index in range(self.at, min(self.at + 60, len(self.tokens) - 1)):
            text = self.tokens[index].text
            depth += (text == "<") - (text == ">")
            if depth == 0:
                return index + 1 if self.tokens[index + 1].text == "(" else None
            if text in {"(", ")", "=>"}:
                return None
        return None

    def _skip(self) -> None:
        while (token := self._peek()) is not None and token.text != "," and token.text not in _CLOSERS:
            if token.text in _OPENERS:
                self._balanced()
            else:
                self.at += 1

    def _balanced(self) -> None:
        """Past the bracket that closes the one the reader stands at."""
        closer = self.closers.get(self.at)
        if closer is None:
            raise _cut_off()
        self.at = closer + 1

    # Tokens

    def _peek(self, ahead: int = 0) -> _Token | None:
        index = self.at + ahead
        return self.tokens[index] if 0 <= index < len(self.tokens) else None

    def _required(self) -> _Token:
        token = self._peek()
        if token is None:
            raise _cut_off()
        return token

    def _is(self, text: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token is not None and token.text == text

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise _NotALiteral
        self.at += 1

    def _source(self, start: int) -> str:
        read = self.tokens[start : self.at]
        return self.text[read[0].start : read[-1].end] if read else ""


def _number(text: str) -> int | float:
    digits = text.replace("_", "").removesuffix("n")
    try:
        return int(digits, 0) if digits[:2].lower() in {"0x", "0b", "0o"} else int(digits) if digits.isdigit() else float(digits)
    except ValueError:
        return 0
