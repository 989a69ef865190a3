"""The origins of a policy: the list, the regular expression, and who of them may send cookies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from corsense.faults import Fault, quote
from corsense.origin import OriginPattern, OriginSet, are_plain_origins, is_plain_origin
from corsense.origin.automaton import Witness, witnesses
from corsense.origin.regex import foreign_origin
from corsense.origin.slowness import slow_origin
from corsense.origin.spelling import read_pattern
from corsense.url import is_loopback_host

Origins = str | Iterable[str | OriginPattern]

_SHOWN = 4
_PROBES = ("null", "https://evil.example", "http://evil.example", "https://evil.example:1337")


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
        said = "'*' wins: every origin is let in, so the others beside it change nothing."
        faults.append(Fault(field, "*", "wildcard-origins", said, "Write origins=\"*\", or leave the '*' out."))
    if stars and not faults:
        return OriginList(any_origin=True), []
    return OriginList(tuple(texts), OriginSet.of_plain(plain, patterns), tuple(patterns)), faults


def _not_a_list(field: str, given: object) -> Fault:
    if isinstance(given, str):
        entries = [part for part in re.split(r"[,;\s]+", given.strip("[] \t\r\n")) if part]
        entries = [part.strip("'\"") for part in entries]
        said = f"{quote(given)} is one string, and a list is due; an origin would be compared with its letters."
        instead = f"Write {field}={quote(entries)}." if len(entries) <= _SHOWN else "Split it, and strip each part."
        return Fault(field, given, "origins-not-a-list", said, instead)
    return Fault(field, given, "origins-not-a-list", f"{quote(given)} is no list.", f'Write {field}=["https://app.example.com"].')


def insecure_faults(field: str, listed: OriginList) -> list[Fault]:
    """The patterns that must not have cookies because their pages travel in the clear over a network that strangers share; see
    `insecure_development_origins` for the others. Source: jub0bs/cors; Kettle, AppSec EU 2017."""
    return [insecure_fault(field, str(pattern)) for pattern in _insecure(listed.texts) if not pattern.is_development]


def insecure_fault(field: str, text: str) -> Fault:
    """The fault of an `http:` pattern whose pages may send cookies."""
    said = f"{quote(text)} is not https: whoever sits on the network can forge its pages, and use the user's cookies from them."
    remedy = f"Write {quote('https' + text[text.index(':') :])}, or name dangerously_allow_insecure_origins=True."
    return Fault(field, text, "insecure-origin-with-credentials", said, remedy)


def insecure_development_origins(texts: Iterable[str]) -> tuple[str, ...]:
    """The `http:` patterns of hosts that are met on a developer's network only, such as `http://frontend:3000`: fine there, and
    as forgeable as any other where the policy is in production."""
    return tuple(str(pattern) for pattern in _insecure(texts) if pattern.is_development)


def _insecure(texts: Iterable[str]) -> Iterator[OriginPattern]:
    for text in texts:
        read = read_pattern(text, "") if not text.startswith("https://") else None
        if isinstance(read, tuple) and (pattern := OriginPattern(*read)).is_insecure:
            yield pattern


def public_suffix_faults(field: str, patterns: Iterable[OriginPattern]) -> list[Fault]:
    """The wildcards below which anybody can have a name. Source: Public Suffix List; coder CVE-2026-55438."""
    wide = [pattern for pattern in patterns if pattern.subdomains]
    if not wide:
        return []
    from corsense.fetch.sites import is_public_suffix  # the list takes 80 ms to load

    return [
        Fault(
            field,
            str(pattern),
            "public-suffix-origin",
            f"anybody can have a name below {pattern.host}, so {quote(str(pattern))} lets every one of them act with the "
            "user's cookies.",
            f"List the hosts that are yours, such as {quote(f'{pattern.scheme}://yours.{pattern.host}')}, or name "
            "dangerously_allow_public_suffixes=True.",
        )
        for pattern in wide
        if _is_anybodys(pattern.host.removesuffix("."), is_public_suffix)
    ]


def _is_anybodys(host: str, is_public_suffix: Callable[[str], bool]) -> bool:
    return host != "localhost" and ("." not in host or is_public_suffix(host))


def read_regex(given: object, *, tolerate_broad: bool) -> tuple[re.Pattern[str] | None, list[Fault]]:
    """The regular expression, compiled, and its faults."""
    field = "origin_regex"
    if given is None:
        return None, []
    if isinstance(given, re.Pattern) and isinstance(given.pattern, str):
        compiled = given
    elif isinstance(given, str):
        try:
            compiled = re.compile(given)
        except re.error as error:
            said = f"{quote(given)} is no regular expression: {error}."
            return None, [Fault(field, given, "regex-in-origins", said, "Write origins with a pattern instead, such as "
                                "'https://*.example.com'.")]  # fmt: skip
    else:
        said = f"{quote(given)} is no regular expression: it is neither text nor a compiled one."
        return None, [Fault(field, given, "regex-in-origins", said, r"Write r'https://[a-z0-9-]+\.example\.com'.")]
    faults = []
    slow = slow_origin(compiled)
    if slow is not None:
        said = f"{quote(compiled.pattern)} takes very long on {quote(slow)}, which anybody may send; it repeats what is repeated."
        remedy = "Write each repetition once, such as '[a-z0-9-]+' for '([a-z0-9-]+)+'; or a pattern, which takes no time."
        faults.append(Fault(field, compiled.pattern, "regex-too-broad", said, remedy))
    witness = None if tolerate_broad else broad_witness(compiled)
    if witness is not None:
        said = f"{quote(compiled.pattern)} also admits {quote(witness)}, which belongs to somebody else."
        remedy = "Escape the dots and end it with your own domain, or write a pattern such as 'https://*.example.com'."
        faults.append(Fault(field, compiled.pattern, "regex-too-broad", said, remedy))
    return compiled, faults


def broad_witness(compiled: re.Pattern[str]) -> str | None:
    """An origin that the expression admits and that belongs to somebody else: its registrable domain is of free choice."""
    for probe in _PROBES:
        if compiled.fullmatch(probe):
            return probe
    free = [each for each in witnesses(compiled) if each.labels_behind in (0, 1) and not is_loopback_host(each.host)]
    if free:
        return max(free, key=lambda each: (each.labels_behind, each.origin.startswith("https:"))).origin
    return foreign_origin(compiled.pattern)


def regex_credential_faults(compiled: re.Pattern[str], *, insecure: bool, public_suffixes: bool) -> list[Fault]:
    """The faults that the expression has because its pages may send cookies; those that are tolerated are not looked for."""
    field, text = "origin_regex", compiled.pattern
    admitted = witnesses(compiled)
    faults = []
    forged = next((each for each in admitted if each.origin.startswith("http:") and not is_loopback_host(each.host)), None)
    if forged is not None and not insecure:
        said = f"{quote(text)} admits {quote(forged.origin)}, whose pages whoever sits on the network can forge."
        remedy = "Begin it with https://, or name dangerously_allow_insecure_origins=True."
        faults.append(Fault(field, text, "insecure-origin-with-credentials", said, remedy))
    deep = [] if public_suffixes else [each for each in admitted if (each.labels_behind or 0) > 1]
    if deep:
        from corsense.fetch.sites import is_public_suffix  # the list takes 80 ms to load

        shared = next((each for each in deep if is_public_suffix(_last_labels(each))), None)
        if shared is not None:
            said = f"{quote(text)} admits {quote(shared.origin)}, and anybody can have a name below {_last_labels(shared)}."
            remedy = "List the hosts that are yours, or name dangerously_allow_public_suffixes=True."
            faults.append(Fault(field, text, "public-suffix-origin", said, remedy))
    return faults


def _last_labels(witness: Witness) -> str:
    """The labels of the host that are not of free choice."""
    return ".".join(witness.host.split(".")[-(witness.labels_behind or 0) :])


Resolver = Callable[[str], object]
"""Says of an origin whether it is allowed: a function or a coroutine function. Only `True` lets it in."""
