"""Regular expressions of origins for other engines, in what PCRE and RE2 read alike: sets are spelt out, nothing depends on
flags, and every character that some configuration language quotes is written as `\\xHH`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from corsense.origin import MAX_ORIGIN, OriginPattern
from corsense.origin.automaton import paths_are_few, words
from corsense.origin.expression import CODES, Anchor, Characters, Choice, Node, Repeat, Sequence, parse
from corsense.origin.regex import OriginRegex
from corsense.origin.spelling import DEFAULT_PORTS, MAX_HOST

HOST_TOO_LONG: Final = f"[^:]*://[^:]{{{MAX_HOST + 1}}}"
"""What an origin begins with whose host is longer than a name can be."""
ORIGIN_TOO_LONG: Final = f".{{{MAX_ORIGIN + 1}}}"
PRINTABLE: Final = f"[!-~]{{1,{MAX_ORIGIN}}}"
"""Any origin: visible ASCII."""
MOST_REPEATED: Final = 1000
"""The highest bound of a repetition in RE2."""

_MOST_WORDS: Final = 32
_MOST_TEXT: Final = 2000
_HIGHEST_PORT: Final = 65535
_LABELS: Final = r"(?:[a-z0-9_-]+\.)+"
_ESCAPED: Final = frozenset(".+[]")


class ExpressionTooLarge(ValueError):
    """An expression cannot be written for these engines. The message says why, as a predicate."""


def words_of(regex: OriginRegex) -> tuple[str, ...] | None:
    """Every origin that `regex` matches, where they are few."""
    found = words(regex.automaton, _MOST_WORDS)
    return None if found is None else tuple(sorted(word for word in found if 0 < len(word) <= MAX_ORIGIN))


def is_linear(regex: OriginRegex) -> bool:
    """Whether an engine that backtracks matches `regex` in linear time, whatever the origin is. Source: CWE-1333."""
    return paths_are_few(parse(regex.pattern, regex.flags)[0])


def of_regex(regex: OriginRegex) -> str:
    """The expression, without anchors around it. Raises ExpressionTooLarge."""
    text = _printed(parse(regex.pattern, regex.flags)[0], 1)
    if len(text) > _MOST_TEXT:
        raise ExpressionTooLarge(f"takes {len(text):,} characters when every set is spelt out")
    return text


def of_pattern(pattern: OriginPattern) -> str:
    """The expression of a wildcard."""
    port = f":{pattern.port}" if isinstance(pattern.port, int) else _any_port(pattern.scheme) if pattern.port == "*" else ""
    return f"{escaped(pattern.scheme)}://{_LABELS if pattern.subdomains else ''}{escaped(pattern.host)}{port}"


def escaped(text: str) -> str:
    """`text` as an expression that matches it."""
    return "".join(map(_character, text))


def _character(char: str) -> str:
    if char in _ESCAPED:
        return f"\\{char}"
    return char if char.isascii() and (char.isalnum() or char in "-_:/") else f"\\x{ord(char):02x}"


def _any_port(scheme: str) -> str:
    """Any port as browsers write it, or none: 1 to 65535 without leading zeros, never the default of the scheme."""
    default = DEFAULT_PORTS.get(scheme)
    kinds = [part for digits in range(1, 5) for part in _numbers(digits, default)]
    return f"(?::(?:{'|'.join([*kinds, *_FIVE_DIGITS])}))?"


_FIVE_DIGITS: Final = ("[1-5][0-9]{4}", "6[0-4][0-9]{3}", "65[0-4][0-9]{2}", "655[0-2][0-9]", "6553[0-5]")


def _numbers(digits: int, without: int | None) -> Iterator[str]:
    """The numbers of so many digits, but for one: those that differ from it first in the first digit, the second, ..."""
    number = str(without) if without is not None else ""
    if len(number) != digits:
        yield "[1-9]" + _more(digits - 1)
        return
    for index, digit in enumerate(number):
        lowest = 1 if index == 0 else 0
        others = [other for other in range(lowest, 10) if other != int(digit)]
        yield f"{number[:index]}{_digits(others)}{_more(digits - index - 1)}"


def _more(digits: int) -> str:
    return "" if digits == 0 else "[0-9]" if digits == 1 else f"[0-9]{{{digits}}}"


def _digits(allowed: list[int]) -> str:
    return _set(sum(1 << ord(str(digit)) for digit in allowed))


def _printed(node: Node, times: int) -> str:
    """`node`, inside of repetitions that make `times` copies at most."""
    match node:
        case Characters(allowed):
            return _set(allowed)
        case Sequence(parts):
            return "".join(
                f"(?:{_printed(part, times)})" if isinstance(part, Choice) else _printed(part, times) for part in parts
            )
        case Choice(branches):
            return "|".join(_printed(branch, times) for branch in branches)
        case Anchor(at_end):
            return "$" if at_end else "^"
        case Repeat(body, least, most):
            bound = max(least, most or 1, 1)
            if times * bound > MOST_REPEATED:
                raise ExpressionTooLarge(f"repeats a part more than {MOST_REPEATED} times, which RE2 refuses")
            inner = _printed(body, times * bound)
            return (inner if isinstance(body, Characters) else f"(?:{inner})") + _quantifier(least, most)


def _quantifier(least: int, most: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most))
    if short is not None:
        return short
    return f"{{{least}}}" if least == most else f"{{{least},{'' if most is None else most}}}"


def _set(allowed: int) -> str:
    ranges = list(_ranges(allowed))
    if not ranges:
        return "\\x00"  # stands in no header
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(chr(ranges[0][0]))
    return f"[{''.join(_range(first, last) for first, last in ranges)}]"


def _range(first: int, last: int) -> str:
    one, other = _in_set(first), _in_set(last)
    return one if first == last else f"{one}{other}" if last == first + 1 else f"{one}-{other}"


def _in_set(code: int) -> str:
    return chr(code) if chr(code).isalnum() or chr(code) in "_.:/" else f"\\x{code:02x}"


def _ranges(allowed: int) -> Iterator[tuple[int, int]]:
    first = None
    for code in range(CODES.start, CODES.stop + 1):
        inside = bool(allowed >> code & 1)
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield first, code - 1
            first = None
