"""Which of the observed origins a policy may name, and why the others are left out.

Every client that is not a browser can forge `Origin`, so a name proves nothing. Time and authenticated success do, and even they
only support a proposal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from corsense.observe.evidence import Confidence, Evidence, Traffic
from corsense.observe.request_tuple import ALLOWED
from corsense.origin import Origin, OriginPattern
from corsense.origin.breadth import admits_pattern, foreign_origin
from corsense.origin.lookalikes import resembles
from corsense.origin.regex import OriginRegex
from corsense.policy import Policy
from corsense.policy.presets import MOBILE
from corsense.sites import is_public_suffix, registrable_domain

MINIMUM_DAYS: Final = 3
"""On how many days an origin must be seen."""
ANONYMOUS_DAYS: Final = 7
"""The same for one that never authenticates, where those are accepted at all."""
MANY_SUBDOMAINS: Final = 5
"""How many short-lived subdomains of one domain make a pattern."""
MANY_TENANTS: Final = 20
"""How many subdomains make a pattern even if all are long-lived."""
MOST_TRUSTED: Final = 300
"""Sites that origins are compared with, to find look-alikes."""
DOMINANCE: Final = 10
"""An origin counts as a look-alike of one that has this many times its authenticated successes."""

_PER_INSTALLATION: Final = frozenset({"moz-extension", "safari-web-extension", "vscode-webview"})
_UNSPECIFIED: Final = frozenset({"0.0.0.0", "[::]"})  # what developers open, and nobody else can


class LeftOutReason(StrEnum):
    """Why an origin is left out."""

    OPAQUE = "opaque"
    REFUSED_TODAY = "refused-today"
    NO_SUCCESS = "no-success"
    NOT_AUTHENTICATED = "not-authenticated"
    FEW_DAYS = "few-days"
    LOOKALIKE = "lookalike"
    DEVELOPMENT = "development"
    PER_INSTALLATION = "per-installation"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An origin that the proposal does not allow, and why."""

    origin: str
    reason: LeftOutReason
    message: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Chosen:
    """An origin or pattern to allow, with the origins that it stands for; or the regular expression of the current policy, which
    stays where no pattern says as little."""

    pattern: str
    members: tuple[str, ...]
    is_regex: bool = False


class OriginChoice:
    """Chooses among the origins of `traffic`. `current` is today's policy, if known: nothing that it refuses is chosen.
    `anonymous`: accept origins that succeed without credentials, too."""

    def __init__(self, traffic: Traffic, current: Policy | None, *, anonymous: bool = False) -> None:
        self.evidence = {origin: traffic.evidence(seen) for origin, seen in traffic.by_origin.items()}
        self._traffic = traffic
        self._current = current
        self._anonymous = anonymous
        self._named = frozenset(current.origins) if current is not None else frozenset()
        regex = None if current is None else current.regex
        self._narrow = None if regex is None or foreign_origin(regex) is not None else regex
        self.left_out: dict[str, LeftOut] = {}
        self.chosen: list[Chosen] = []
        self._hints: dict[str, str] = {}
        self._choose()

    def leave_out(self, origin: str, reason: LeftOutReason, message: str) -> None:
        """Leave out an origin that was chosen."""
        self.left_out[origin] = LeftOut(origin, reason, message, self.evidence[origin])

    def _choose(self) -> None:
        proven: list[str] = []
        for origin in self.evidence:
            fault = self._fault(origin)
            if fault is None:
                proven.append(origin)
            else:
                self.leave_out(origin, *fault)
        trusted = self._trusted(proven)
        authentic = [origin for origin in proven if not self._leave_out_lookalike(origin, trusted)]
        self.chosen = [*self._patterns(authentic)]
        covered = {member for chosen in self.chosen for member in chosen.members}
        self.chosen += self._expression(set(authentic) - covered)
        covered = {member for chosen in self.chosen for member in chosen.members}
        for origin in sorted(authentic):
            if origin in covered:
                continue
            days = self.evidence[origin].days
            needed = MINIMUM_DAYS if self._is_authenticated(origin) else ANONYMOUS_DAYS
            if days < needed and origin not in self._named:
                message = f"it was seen on {_days(days)} only; {needed} are needed{self._hints.get(origin, '')}"
                self.leave_out(origin, LeftOutReason.FEW_DAYS, message)
            else:
                self.chosen.append(Chosen(origin, (origin,)))

    def _is_authenticated(self, origin: str) -> bool:
        return self.evidence[origin].authenticated > 0

    def _fault(self, origin: str) -> tuple[LeftOutReason, str] | None:
        """What excludes an origin by itself, however often it was seen."""
        parsed, seen = Origin.parse(origin), self.evidence[origin]
        if parsed is None:
            return LeftOutReason.OPAQUE, "any page can have this origin, in a sandboxed frame"
        requests = [each.request for each in self._traffic.by_origin[origin]]
        allowed_today = any(request.live in (None, ALLOWED) or not request.live.startswith("origin-") for request in requests)
        if not allowed_today or (self._current is not None and not _may_allow(self._current, origin)):
            return LeftOutReason.REFUSED_TODAY, "the current policy refuses it, and a tighter one allows nothing new"
        if parsed.scheme in _PER_INSTALLATION and origin not in self._named:
            return LeftOutReason.PER_INSTALLATION, "it is generated for each installation, so no list can name it"
        if not seen.successes:
            return LeftOutReason.NO_SUCCESS, "none of its requests succeeded"
        if _is_of_developer(parsed) and origin not in MOBILE["origins"] and origin not in self._named:
            return LeftOutReason.DEVELOPMENT, "it is a developer's own machine; allow it in the development policy"
        if not seen.authenticated and not self._anonymous and origin not in self._named:
            message = "it never succeeded with credentials where they are needed, so anyone could have sent it"
            return LeftOutReason.NOT_AUTHENTICATED, message
        return None

    def _trusted(self, proven: Iterable[str]) -> dict[str, str]:
        """For each site the origin that others might pose as, those of the busiest sites."""
        named = [text for text in self._named if "*" not in text]
        weight = {origin: self._weight(origin) for origin in (*named[:MOST_TRUSTED], *proven)}
        by_site: dict[str, str] = {}
        for origin in sorted(weight, key=lambda text: (-weight[text], text)):
            parsed = Origin.parse(origin)
            if parsed is not None and not parsed.is_loopback:
                by_site.setdefault(registrable_domain(parsed.host), origin)
        return dict(list(by_site.items())[:MOST_TRUSTED])

    def _is_meant(self, origin: str) -> bool:
        """Whether the narrow expression of the current policy was written for this origin."""
        regex = self._narrow
        return regex is not None and bool(regex.match(origin.encode())) and not _admits_all_beside(regex, origin)

    def _weight(self, origin: str) -> float:
        seen = self.evidence.get(origin)
        return float("inf") if origin in self._named else 0 if seen is None else seen.authenticated

    def _leave_out_lookalike(self, origin: str, trusted: Mapping[str, str]) -> bool:
        if origin in self._named or self._is_meant(origin):
            return False
        own = self._weight(origin)
        twin = origin.replace("http://", "https://", 1)
        others = [*trusted.values()] if twin == origin or twin not in self.evidence else [twin, *trusted.values()]
        for other in others:
            if other != origin and self._weight(other) >= DOMINANCE * max(1, own):
                how = resembles(origin, other)
                if how is not None:
                    self.leave_out(origin, LeftOutReason.LOOKALIKE, f"it may pose as {other}: {how}")
                    return True
        return False

    def _patterns(self, origins: Iterable[str]) -> Iterator[Chosen]:
        """Patterns for the subdomains of one owner's domain, where there are many."""
        families: dict[tuple[str, str, int | None], list[str]] = defaultdict(list)
        for text in origins:
            origin = Origin.parse(text)
            if origin is None or text in self._named or not self._is_authenticated(text):
                continue
            parent = origin.host.partition(".")[2]
            if "." in parent and not is_public_suffix(parent) and registrable_domain(parent) != origin.host:
                families[(origin.scheme, parent, origin.port)].append(text)
        for (scheme, parent, port), members in sorted(families.items(), key=str):
            transient = sum(self.evidence[member].days < MINIMUM_DAYS for member in members)
            days = self._traffic.evidence(seen for member in members for seen in self._traffic.by_origin[member]).days
            pattern = OriginPattern(scheme, parent, port, subdomains=True)
            many = transient >= MANY_SUBDOMAINS or len(members) >= MANY_TENANTS
            if many and days >= MINIMUM_DAYS and self._opens_nothing(pattern):
                if self._is_established(registrable_domain(parent), origins):
                    yield Chosen(str(pattern), tuple(sorted(members)))
                else:
                    self._hints.update(dict.fromkeys(members, f"; if {parent} is yours, allow {pattern} by hand"))

    def _is_established(self, site: str, origins: Iterable[str]) -> bool:
        """Whether an origin of the site is proven by itself: anyone can own a domain, and add a new name below it every day."""
        for text in origins:
            origin, seen = Origin.parse(text), self.evidence[text]
            if origin is None or registrable_domain(origin.host) != site:
                continue
            if text in self._named or (seen.days >= MINIMUM_DAYS and seen.confidence is not Confidence.LOW):
                return True
        return False

    def _opens_nothing(self, pattern: OriginPattern) -> bool:
        """Whether everything the pattern means is allowed today."""
        current = self._current
        if current is None or current.any_origin or any(wide.covers(pattern) for wide in current.origin_set.wildcards()):
            return True
        return current.regex is not None and admits_pattern(current.regex, pattern)

    def _expression(self, origins: Iterable[str]) -> Iterator[Chosen]:
        """The expression of the current policy, if it admits one owner's short-lived origins and no others."""
        regex = self._narrow
        if regex is None:
            return
        matched = sorted(origin for origin in origins if origin not in self._named and regex.match(origin.encode()))
        if any(_admits_all_beside(regex, origin) for origin in matched):
            return
        if any(self.evidence[origin].days < MINIMUM_DAYS and self._is_authenticated(origin) for origin in matched):
            yield Chosen(regex.pattern, tuple(matched), is_regex=True)


def _is_of_developer(origin: Origin) -> bool:
    """Whether only a developer's own machine has pages of this origin. Source: RFC 6761, sections 6.2 and 6.3."""
    is_test = origin.scheme == "http" and origin.host.endswith(".test")
    return origin.is_loopback or origin.host in _UNSPECIFIED or is_test


def _admits_all_beside(regex: OriginRegex, origin: str) -> bool:
    """Whether an expression allows every name below the public suffix of `origin`, where anyone can register one."""
    parsed = Origin.parse(origin)
    suffix = "" if parsed is None else registrable_domain(parsed.host).partition(".")[2]
    if parsed is None or not is_public_suffix(suffix):
        return False
    return admits_pattern(regex, OriginPattern(parsed.scheme, suffix, parsed.port, subdomains=True))


def _may_allow(policy: Policy, origin: str) -> bool:
    return policy.allows_origin(origin, resolved=True)


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
