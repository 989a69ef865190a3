"""The origins of a policy: the list, the regular expression, and which of them may send cookies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.origin import OriginPattern, OriginSet, are_plain_origins, is_plain_origin
from corsense.origin.not_a_regex import Listed
from corsense.origin.spelling import read_pattern

if TYPE_CHECKING:
    from corsense.origin.regex import OriginRegex

Origins = str | Iterable[str | OriginPattern]

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class OriginList:
    """A list of origins as it was read: `texts` (canonical, each once, in order), `index`, and `patterns`, those of them that
    are not plain origins. `any_origin` stands for `"*"`."""

    texts: tuple[str, ...] = ()
    index: OriginSet = OriginSet()  # noqa: RUF009 - immutable
    patterns: tuple[OriginPattern, ...] = ()
    any_origin: bool = False

    def parsed(self) -> Iterator[OriginPattern]:
        """Each entry."""
        return map(OriginPattern.parse, self.texts)


def read_origins(field: str, given: object) -> tuple[OriginList, list[Fault]]:
    """The list that `given` spells, and every fault of it."""
    if isinstance(given, str) and given == "*":
        return OriginList(any_origin=True), []
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        return OriginList(), [_not_a_list(field, given)]
    given = tuple(given)
    if _all_plain(given):
        index = OriginSet.of_plain(given)
        return OriginList(given if len(index) == len(given) else tuple(dict.fromkeys(given)), index), []
    return _read_each(field, given)


def _all_plain(given: tuple[object, ...]) -> TypeGuard[tuple[str, ...]]:
    try:
        return are_plain_origins(given)  # type: ignore[arg-type]
    except TypeError:
        return False


def _read_each(field: str, given: Iterable[object]) -> tuple[OriginList, list[Fault]]:
    plain: list[str] = []
    patterns: list[OriginPattern] = []
    faults: list[Fault] = []
    stars = 0
    texts: dict[str, None] = {}
    for entry in given:
        text = str(entry) if isinstance(entry, OriginPattern) else entry
        if text == "*":
            stars += 1
            continue
        if isinstance(text, str) and is_plain_origin(text):
            plain.append(text)
        else:
            read = read_pattern(text, field)
            if isinstance(read, Fault):
                faults.append(read)
                continue
            patterns.append(OriginPattern(*read))
        texts[str(text)] = None
    if stars and (texts or faults):
        message = "'*' allows every origin, so the entries beside it change nothing."
        faults.append(Fault(field, "*", "wildcard-origins", message, "Write origins=\"*\", or leave the '*' out."))
    if stars and not faults:
        return OriginList(any_origin=True), []
    return OriginList(tuple(texts), OriginSet.of_plain(plain, patterns), tuple(patterns)), faults


def _not_a_list(field: str, given: object) -> Fault:
    if isinstance(given, str):
        entries = [part for part in re.split(r"[,;\s]+", given.strip("[] \t\r\n")) if part]
        entries = [part.strip("'\"") for part in entries]
        message = f"{quoted(given)} must be a list, not a string; an origin would be compared with its characters."
        instead = f"Write {field}={quoted(entries)}." if len(entries) <= _SHOWN else "Split it, and strip each part."
        return Fault(field, given, "origins-not-a-list", message, instead)
    return Fault(
        field, given, "origins-not-a-list", f"{quoted(given)} must be a list.", f'Write {field}=["https://app.example.com"].'
    )


def insecure_faults(field: str, listed: OriginList) -> list[Fault]:
    """The patterns that must not have cookies because their pages travel in the clear over a shared network; see
    `insecure_development_origins` for the others. Source: jub0bs/cors; Kettle, AppSec EU 2017."""
    return [insecure_fault(field, str(pattern)) for pattern in _insecure(listed.texts) if not pattern.is_development]


def insecure_fault(field: str, text: str) -> Fault:
    """The fault of an `http:` pattern whose pages may send cookies."""
    message = f"{quoted(text)} is not https: anyone on the network can forge its pages and use the user's cookies."
    remedy = f"Write {quoted('https' + text[text.index(':') :])}, or set dangerously_allow_insecure_origins=True."
    return Fault(field, text, "insecure-origin-with-credentials", message, remedy)


def insecure_development_origins(texts: Iterable[str]) -> tuple[str, ...]:
    """The `http:` patterns of hosts that exist only on a developer's network, such as `http://frontend:3000`: fine there, and as
    forgeable as any other where the policy is in production."""
    return tuple(str(pattern) for pattern in _insecure(texts) if pattern.is_development)


def _insecure(texts: Iterable[str]) -> Iterator[OriginPattern]:
    for text in texts:
        read = read_pattern(text, "") if not text.startswith("https://") else None
        if isinstance(read, tuple) and (pattern := OriginPattern(*read)).is_insecure:
            yield pattern


def public_suffix_faults(field: str, patterns: Iterable[OriginPattern]) -> list[Fault]:
    """The wildcards below which anyone can register a name. Source: Public Suffix List; coder CVE-2026-55438."""
    wide = [pattern for pattern in patterns if pattern.subdomains]
    if not wide:
        return []
    from corsense.sites import is_public_suffix  # the list takes 80 ms to load

    return [
        Fault(
            field,
            str(pattern),
            "public-suffix-origin",
            f"anyone can register a name below {pattern.host}, so {quoted(str(pattern))} lets all of them act with the "
            "user's cookies.",
            f"List your own hosts, such as {quoted(f'{pattern.scheme}://yours.{pattern.host}')}, or set "
            "dangerously_allow_public_suffixes=True.",
        )
        for pattern in wide
        if _is_anybodys(pattern.host.removesuffix("."), is_public_suffix)
    ]


def _is_anybodys(host: str, is_public_suffix: Callable[[str], bool]) -> bool:
    return host != "localhost" and ("." not in host or is_public_suffix(host))


def read_regex(given: object, *, tolerate_broad: bool) -> tuple[OriginRegex | None, list[Fault]]:
    """The regular expression, compiled, and its faults. An expression that no automaton can match is always refused."""
    field = "origin_regex"
    if given is None:
        return None, []
    from corsense.origin.breadth import foreign_origin  # takes 12 ms, which a policy without an expression need not wait for
    from corsense.origin.expression import UnsupportedRegex
    from corsense.origin.regex import OriginRegex

    pattern = given.pattern if isinstance(given, (re.Pattern, OriginRegex)) else given
    if not isinstance(pattern, str):
        message = f"{quoted(given)} must be a string."
        texts = [text for text in given if isinstance(text, str)] if isinstance(given, (list, tuple, set, frozenset)) else []
        return None, [Fault(field, given, "origin-regex-not-a-string", message, Listed.of(texts).remedy("origins", field))]
    flags = given.flags if isinstance(given, (re.Pattern, OriginRegex)) else 0
    try:
        compiled = OriginRegex.compile(pattern, flags)
        witness = None if tolerate_broad else foreign_origin(compiled)
    except re.error as error:
        message = f"{quoted(pattern)} is not a regular expression: {error}."
        remedy = "Write origins with a pattern instead, such as 'https://*.example.com'."
        return None, [Fault(field, pattern, "regex-in-origins", message, remedy)]
    except UnsupportedRegex as error:
        message = f"{quoted(pattern)} has {error.construct}, which cannot be matched in linear time."
        return None, [Fault(field, pattern, "regex-not-linear", message, error.remedy)]
    if witness is None:
        return compiled, []
    message = f"{quoted(pattern)} also admits {quoted(witness)}, which belongs to somebody else."
    remedy = "Escape the dots and end it with your own domain, or write a pattern such as 'https://*.example.com'."
    return compiled, [Fault(field, pattern, "regex-too-broad", message, remedy)]


def regex_credential_faults(compiled: OriginRegex, *, insecure: bool, public_suffixes: bool) -> list[Fault]:
    """The faults that the expression has because its pages may send cookies; tolerated ones are not searched for."""
    from corsense.origin.breadth import insecure_origin
    from corsense.origin.expression import UnsupportedRegex

    field, text = "origin_regex", compiled.pattern
    faults = []
    try:
        forged = None if insecure else insecure_origin(compiled)
        shared = None if public_suffixes else _shared_suffix(compiled)
    except UnsupportedRegex as error:
        message = f"{quoted(text)} has {error.construct}, so who may send cookies cannot be decided."
        return [Fault(field, text, "regex-not-linear", message, error.remedy)]
    if forged is not None:
        message = f"{quoted(text)} admits {quoted(forged)}, and anyone on the network can forge its pages."
        remedy = "Begin it with https://, or set dangerously_allow_insecure_origins=True."
        faults.append(Fault(field, text, "insecure-origin-with-credentials", message, remedy))
    if shared is not None:
        suffix, witness = shared
        message = f"{quoted(text)} admits {quoted(witness)}, and anyone can register a name below {suffix}."
        remedy = (
            "List your own hosts; or, to allow exactly what the expression matches, set dangerously_allow_public_suffixes=True."
        )
        faults.append(Fault(field, text, "public-suffix-origin", message, remedy))
    return faults


def _shared_suffix(compiled: OriginRegex) -> tuple[str, str] | None:
    from corsense.origin.breadth import shared_suffix
    from corsense.sites import is_public_suffix  # the list takes 80 ms to load

    return shared_suffix(compiled, is_public_suffix)


Resolver = Callable[[str], object]
"""Decides whether an origin is allowed: a function or a coroutine function. Only `True` allows it."""
