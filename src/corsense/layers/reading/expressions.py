"""Expressions that layers test the Origin with, as expressions that must match the whole origin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from corsense.errors import quoted

_MOST_WORDS = 64
_BEYOND = re.compile(r"(?<!\\)\{([01]),(?:2[5-9][4-9]|[3-9][0-9]{2}|[0-9]{4,})\}")
"""Repetitions up to more than the longest host name, which is as good as without an end."""
_TOO_LONG = re.compile(r"^\^(?:\(\?!(?:\.|\[\^:\]\*://\[\^:\])\{(?:2[5-9][4-9]|[3-9][0-9]{2}|[0-9]{4,})\}\))+")
"""Look-ahead that only refuses origins longer than any host name can be."""
# Python's parser takes these for something else, or the other way round. Source: pcre2pattern(3); RE2, *Syntax*.
_OTHER_SYNTAX = re.compile(r"\[\[:|\\[QEKGRXhHvVpP]|\(\?[|&R0-9]|\(\*|\\x\{|\\o\{|\(\?<[A-Za-z_]")


@dataclass(frozen=True, slots=True)
class OriginMatch:
    """An expression that a layer tests the Origin with.

    - `pattern`: what must match the whole origin, in the syntax of `re`; `written`: the expression as the configuration has it.
    - `is_partial`: the layer searches for it in the origin, and it has no anchors at both ends.
    """

    pattern: str
    written: str
    is_partial: bool = False

    def matches(self, origin: str) -> bool:
        """Whether a layer finds a match in `origin`. Raises `re.error` or `UnsupportedRegex` when it cannot be compiled."""
        from corsense.origin.regex import OriginRegex

        return OriginRegex.compile(self.pattern).fullmatch(origin)

    @property
    def is_one_group(self) -> bool:
        """Whether the first group of a match is the whole origin."""
        return not self.is_partial and is_one_group(self.written.removeprefix("^").removesuffix("$"))

    def may_begin_with(self, text: str) -> bool:
        """Whether a text that begins with `text` may match."""
        from corsense.origin.regex import OriginRegex

        automaton = OriginRegex.compile(self.pattern).automaton
        classes, state = automaton.classes(), 0
        for char in text:
            number = classes[ord(char)] if ord(char) < len(classes) else -1
            state = automaton.rows[state][number] if number >= 0 and automaton.rows else -1
            if state < 0:
                return False
        return True

    @property
    def matches_some(self) -> bool:
        """Whether an origin that a browser can send matches; True also where that takes too long to decide."""
        return _matches_some(self.pattern)

    @property
    def origins(self) -> tuple[str, ...] | None:
        """The few origins that it matches, None when there are many."""
        from corsense.origin.automaton import words
        from corsense.origin.regex import OriginRegex

        few = words(OriginRegex.compile(self.pattern).automaton, _MOST_WORDS)
        return None if few is None else tuple(sorted(few))


@lru_cache(maxsize=512)
def _matches_some(pattern: str) -> bool:
    from corsense.origin.breadth import admitted_origin
    from corsense.origin.expression import UnsupportedRegex
    from corsense.origin.regex import OriginRegex

    expression = OriginRegex.compile(pattern)
    try:
        return bool(expression.match(b"null")) or admitted_origin(expression) is not None
    except UnsupportedRegex:
        return True


class UnknownSyntax(ValueError):
    """An expression that corsense cannot read. The message says why."""


def searched(written: str, *, any_case: bool = False) -> OriginMatch:
    """The expression of a layer that searches (PCRE in nginx, HAProxy and Apache; RE2 in Caddy and Traefik).

    Raises:
        UnknownSyntax: it cannot be read, or not exactly.
    """
    before, body, after = _anchors(_TOO_LONG.sub("^", written))
    pattern = f"{'' if before else '.*'}{_grouped(body, before and after)}{'' if after else '.*'}"
    return _compiled(pattern, written, any_case=any_case, is_partial=not (before and after))


def whole(written: str, *, any_case: bool = False) -> OriginMatch:
    """The expression of a layer that matches the whole origin (Envoy). Raises UnknownSyntax."""
    return _compiled(written, written, any_case=any_case, is_partial=False)


def literal(text: str, kind: str) -> OriginMatch:
    """A comparison with a part of the origin: `prefix`, `suffix` or `contains`. Raises UnknownSyntax."""
    escaped = re.sub(r"([^A-Za-z0-9:/_-])", r"\\\1", text)
    pattern = {"prefix": f"{escaped}.*", "suffix": f".*{escaped}", "contains": f".*{escaped}.*"}[kind]
    return _compiled(pattern, text, any_case=False, is_partial=True)


def _compiled(pattern: str, written: str, *, any_case: bool, is_partial: bool) -> OriginMatch:
    from corsense.origin.expression import UnsupportedRegex
    from corsense.origin.regex import OriginRegex

    if _OTHER_SYNTAX.search(written):
        raise UnknownSyntax(f"{quoted(written)} has syntax that corsense does not read.")
    pattern = _BEYOND.sub(lambda found: "+" if found[1] == "1" else "*", pattern)
    if any_case and re.search(r"[A-Z]", re.sub(r"\\.", "", written)):  # origins have no capitals
        pattern = f"(?i){pattern}"
    try:
        OriginRegex.compile(pattern)
    except re.error as error:
        raise UnknownSyntax(f"{quoted(written)} is not a regular expression that corsense reads: {error}.") from None
    except UnsupportedRegex as error:
        raise UnknownSyntax(f"{quoted(written)} has {error.construct}, which corsense does not read.") from None
    return OriginMatch(pattern, written, is_partial)


def _anchors(written: str) -> tuple[bool, str, bool]:
    """Whether the whole expression is anchored at its start and its end, and what stands between."""
    if has_choice(written):
        return False, written, False
    before = written.startswith("^")
    after = written.endswith("$") and not _is_escaped(written, len(written) - 1)
    return before, written[int(before) : len(written) - int(after)], after


def _grouped(body: str, is_alone: bool) -> str:
    return body if is_alone or not has_choice(body) else f"(?:{body})"


def is_one_group(body: str) -> bool:
    """Whether one pair of parentheses holds all of an expression, so that its first group is the whole match."""
    depth, skip = 0, False
    for index, char in enumerate(body):
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return body.startswith("(") and not body.startswith("(?") and index == len(body) - 1
    return False


def has_choice(written: str) -> bool:
    """Whether a `|` stands outside every group."""
    depth, in_set, skip = 0, False, False
    for char in written:
        if skip:
            skip = False
        elif char == "\\":
            skip = True
        elif in_set:
            in_set = char != "]"
        elif char == "[":
            in_set = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
    return False


def _is_escaped(text: str, index: int) -> bool:
    slashes = 0
    while index - slashes - 1 >= 0 and text[index - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1
