"""`PolicyDiff`: what changes when one policy replaces another: who gains, and who loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corsense.origin import OriginPattern, OriginSet

if TYPE_CHECKING:
    from corsense.policy.policy import Policy


@dataclass(frozen=True, slots=True)
class Change:
    """One permission more or less: `field` of the policy, `value` (a pattern, a method, a header's name), and a sentence."""

    field: str
    value: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """What changes: `gained` and `lost` permissions, and `changed` values that are neither. False when nothing changes."""

    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.changed)

    def __str__(self) -> str:
        lines = [f"+ {change}" for change in self.gained]
        lines += [f"- {change}" for change in self.lost]
        lines += [f"~ {change}" for change in self.changed]
        return "\n".join(lines) or "Nothing changes."


def compare(before: Policy, after: Policy) -> PolicyDiff:
    """See `Policy.diff`."""
    return PolicyDiff(tuple(_more(before, after)), tuple(_more(after, before)), tuple(_neither(before, after)))


def _more(before: Policy, after: Policy) -> Iterator[Change]:
    """What `after` permits and `before` does not."""
    for text in _origins_more(before, after):
        yield Change("origins", text, f"pages of {text} may read responses")
    if after.regex is not None and after.regex != before.regex and not before.any_origin:
        yield Change("origin_regex", after.regex.pattern, f"pages whose origin matches {after.regex.pattern} may read responses")
    if after.resolver is not None and before.resolver is None and not before.any_origin:
        yield Change("origin_resolver", "", "pages that the resolver lets in may read responses")
    for text in _trusted_more(before, after):
        yield Change("credentials", text, f"{text} may send cookies")
    yield from _names_more("methods", before, after, "may use")
    yield from _names_more("request_headers", before, after, "may send")
    yield from _names_more("expose_headers", before, after, "may read")
    for name, sentence in (
        ("private_network", "pages may call it from public addresses (Private Network Access)"),
        ("websockets", None),
    ):
        if sentence and getattr(after, name) and not getattr(before, name):
            yield Change(name, "true", sentence)
    if before.websockets and not after.websockets:
        yield Change("websockets", "false", "every page may open WebSockets")


def _origins_more(before: Policy, after: Policy) -> list[str]:
    if before.any_origin:
        return []
    if after.any_origin:
        return ["every origin"]
    return [text for text in _not_covered(after.origin_set, before.origin_set) if not _matches_regex(before, text)]


def _matches_regex(policy: Policy, text: str) -> bool:
    """Whether the expression of a policy lets in all that an entry of a list means."""
    if policy.regex is None:
        return False
    from corsense.origin.breadth import admits_pattern  # takes 12 ms, which a policy without an expression need not wait for

    return admits_pattern(policy.regex, OriginPattern.parse(text))


def _trusted_more(before: Policy, after: Policy) -> list[str]:
    if not after.credentials:
        return []
    if after.credential_set is None:
        if before.credentials and before.credential_set is None:
            return []
        return ["every allowed page"]
    if before.credential_set is None and before.credentials:
        return []
    return _not_covered(after.credential_set, before.credential_set or OriginSet())


def _not_covered(wanted: OriginSet, having: OriginSet) -> list[str]:
    """The patterns of `wanted` that mean an origin which `having` does not."""
    wide = list(having.wildcards())
    exact = (text.decode() for text in sorted(wanted.exact) if not having.match(text))
    open_ends = (str(pattern) for pattern in wanted.wildcards() if not any(other.covers(pattern) for other in wide))
    return [*exact, *open_ends]


def _names_more(field: str, before: Policy, after: Policy, verb: str) -> Iterator[Change]:
    star = {"methods": "allows_any_method", "request_headers": "allows_any_header", "expose_headers": "exposes_any_header"}[field]
    had, has = (_by_key(field, policy) for policy in (before, after))
    had_all, has_all = getattr(before, star), getattr(after, star)
    what = {"methods": "method", "request_headers": "header", "expose_headers": "header"}[field]
    if has_all and not had_all:
        but = " but authorization" if field == "request_headers" and not after.credentials and "authorization" not in has else ""
        yield Change(field, "*", f"pages {verb} every {what}{but}")
    for key, name in sorted(has.items()):
        special = field == "request_headers" and key == "authorization" and not before.credentials
        safelisted = field == "methods" and name in ("GET", "HEAD", "POST")
        if key not in had and (not had_all or special) and not safelisted and (not has_all or special):
            yield Change(field, name, f"pages {verb} {what} {name}")


def _by_key(field: str, policy: Policy) -> dict[str, str]:
    """The names by what makes two of them the same: methods are case-sensitive, headers are not."""
    return {name if field == "methods" else name.lower(): name for name in getattr(policy, field)}


def _neither(before: Policy, after: Policy) -> Iterator[Change]:
    if before.max_age != after.max_age:
        sentence = f"browsers may keep preflights {_kept(after.max_age)}, before {_kept(before.max_age)}"
        yield Change("max_age", str(after.max_age), sentence)
    if before.resolver is not None and after.resolver is not None and before.resolver != after.resolver:
        yield Change("origin_resolver", "", "another resolver, or other limits for it")


def _kept(max_age: int | None) -> str:
    return "as long as they like (5 s)" if max_age is None else "not at all" if max_age <= 0 else f"{max_age} s"
