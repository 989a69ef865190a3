"""`tighten`: the tightest policy that keeps every legitimate observed request, as a proposal with its evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from corsense.errors import InputError
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.observe.evidence import Confidence, Evidence, Traffic, is_success
from corsense.observe.origin_choice import Chosen, LeftOut, LeftOutReason, OriginChoice
from corsense.observe.request_tuple import (
    ALLOWED,
    PRIVATE_NETWORK,
    CredentialsSent,
    ObservedRequests,
    RequestKind,
    RequestTuple,
)
from corsense.observe.table import merged
from corsense.observe.verdict import verdict_on
from corsense.origin import OriginPattern
from corsense.policy import Policy, PolicyError

MINIMUM_SPAN: Final = 7
"""How many days the observations must span, the first and the last included."""
MINIMUM_SUCCESSES: Final = 100
MINIMUM_HEADER_DAYS: Final = 2
"""On how many days a page must ask for a header: preflights prove nothing about their sender."""
_KEPT: Final = ("expose_headers", "max_age", "websockets")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the proposed policy and what it rests on. `field` is a keyword of `Policy`, `stands_for` the origins behind a
    pattern."""

    field: str
    value: str
    evidence: Evidence
    stands_for: tuple[str, ...] = ()

    @property
    def confidence(self) -> Confidence:
        """How much evidence there is."""
        return self.evidence.confidence


@dataclass(frozen=True, slots=True)
class Unused:
    """A value of the current policy that no request needed."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Requests that are allowed today and would be refused: `verdict` says why, `examples` which, at most five."""

    origin: str
    verdict: str
    requests: int
    last: date
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyProposal:
    """A policy to review, never one to apply unread. `unkept` requests were counted but not kept, so nothing else is known about
    them."""

    policy: Policy
    current: Policy | None
    entries: tuple[Entry, ...]
    unused: tuple[Unused, ...]
    losses: tuple[Loss, ...]
    left_out: tuple[LeftOut, ...]
    first: date
    last: date
    requests: int
    unkept: int = 0


def tighten(
    observed: Iterable[ObservedRequests], current: Policy | None = None, *, anonymous: bool = False, unkept: int = 0
) -> PolicyProposal:
    """Propose a policy. `current`: today's policy, of which the proposal allows a part; None: unknown. `anonymous`: accept
    origins that only ever succeed without credentials.

    Raises:
        InputError: there is less evidence than `MINIMUM_SPAN` and `MINIMUM_SUCCESSES`, or not enough for any origin.
    """
    traffic = Traffic(_merged(observed))
    _check_minimum(traffic)
    choice = OriginChoice(traffic, current, anonymous=anonymous)
    builder, policy = _built(traffic, choice, current)
    return PolicyProposal(
        policy,
        current,
        tuple(builder.entries()),
        tuple(_unused(policy, current, traffic)),
        tuple(_losses(policy, current, traffic)),
        tuple(sorted(choice.left_out.values(), key=lambda left: (-left.evidence.requests, left.origin))),
        min(seen.first for seen in traffic.observed),
        max(seen.last for seen in traffic.observed),
        sum(seen.count for seen in traffic.observed),
        unkept,
    )


def _built(traffic: Traffic, choice: OriginChoice, current: Policy | None) -> tuple[_Builder, Policy]:
    while True:
        builder = _Builder(traffic, choice, current)
        try:
            return builder, builder.policy()
        except PolicyError as error:
            if not _leave_out_invalid(choice, error):
                raise InputError(f"no valid policy follows from these observations: {error.faults[0]}") from None


def _merged(observed: Iterable[ObservedRequests]) -> list[ObservedRequests]:
    found: dict[RequestTuple, ObservedRequests] = {}
    for seen in observed:
        known = found.get(seen.request)
        found[seen.request] = seen if known is None else merged(known, seen)
    return list(found.values())


def _check_minimum(traffic: Traffic) -> None:
    if not traffic.observed:
        raise InputError("there are no observations; run the app with observe='observations/' for a week first.")
    span = (max(seen.last for seen in traffic.observed) - min(seen.first for seen in traffic.observed)).days + 1
    successes = sum(seen.count for seen in traffic.observed if is_success(seen.request))
    if span < MINIMUM_SPAN or successes < MINIMUM_SUCCESSES:
        raise InputError(
            f"the observations cover {'1 day' if span == 1 else f'{span} days'} and {successes} successful requests of other "
            f"origins; a proposal needs at least {MINIMUM_SPAN} days and {MINIMUM_SUCCESSES}. Observe for longer."
        )


def _leave_out_invalid(choice: OriginChoice, error: PolicyError) -> bool:
    """Remove the origins that no valid policy can have, such as http pages with cookies. False if the fault is not about one."""
    values = {str(fault.value): fault for fault in error.faults}
    wrong = [chosen for chosen in choice.chosen if chosen.pattern in values]
    for chosen in wrong:
        choice.chosen.remove(chosen)
        for member in chosen.members:
            choice.leave_out(member, LeftOutReason.INVALID, values[chosen.pattern].message.rstrip("."))
    return bool(wrong)


class _Builder:
    """Derives the fields of the policy from the requests of the chosen origins."""

    def __init__(self, traffic: Traffic, choice: OriginChoice, current: Policy | None) -> None:
        if not choice.chosen:
            raise InputError(_nobody(choice))
        self._traffic = traffic
        self._chosen = choice.chosen
        self._current = current
        self._members = frozenset(member for chosen in choice.chosen for member in chosen.members)
        self._successes = traffic.where(lambda request: request.origin in self._members and is_success(request))
        self.methods: dict[str, list[ObservedRequests]] = defaultdict(list)
        for seen in self._successes:
            method = seen.request.method
            if seen.request.kind is RequestKind.WEBSOCKET or method in SAFELISTED_METHODS:
                continue
            # Monitoring sends OPTIONS everywhere; script hardly ever does.
            if method != "OPTIONS" or traffic.is_authenticated(seen.request):
                self.methods[method].append(seen)
        self.headers = self._headers()
        self.cookies = self._with_cookies()

    def policy(self) -> Policy:
        """The policy. Raises PolicyError."""
        keywords: dict[str, Any] = {"origins": [chosen.pattern for chosen in self._chosen if not chosen.is_regex]}
        regex = next((chosen for chosen in self._chosen if chosen.is_regex), None)
        if regex is not None and self._current is not None:
            keywords["origin_regex"] = self._current.regex
        if self.cookies:
            # A list of origins that may send cookies cannot hold an expression.
            every = len(self.cookies) == len(self._chosen) or regex in self.cookies
            keywords["credentials"] = True if every else [chosen.pattern for chosen in self.cookies]
        keywords["methods"] = sorted(self.methods)
        keywords["request_headers"] = sorted(name for name in self.headers if name != PRIVATE_NETWORK)
        keywords["private_network"] = PRIVATE_NETWORK in self.headers
        if self._current is not None:
            # What no request shows: what pages read, how long preflights are kept.
            keywords |= {name: value for name, value in self._current._keywords().items() if name in _KEPT}
            # With cookies, `*` exposes nothing; a policy that said it exposed nothing either.
            if self.cookies and self._current.exposes_any_header:
                keywords["expose_headers"] = list(self._current.expose_headers)
        return Policy(**keywords)

    def entries(self) -> list[Entry]:
        """Every value with its evidence."""
        found = []
        for chosen in self._chosen:
            seen = [each for member in chosen.members for each in self._traffic.by_origin[member]]
            stands_for = chosen.members if chosen.members != (chosen.pattern,) else ()
            field = "origin_regex" if chosen.is_regex else "origins"
            found.append(Entry(field, chosen.pattern, self._traffic.evidence(seen), stands_for))
        for chosen in self.cookies:
            seen = [
                each for each in self._successes if each.request.origin in chosen.members and each.request.credentials.has_cookies
            ]
            found.append(Entry("credentials", chosen.pattern, self._traffic.evidence(seen)))
        found += [Entry("methods", name, self._traffic.evidence(seen)) for name, seen in sorted(self.methods.items())]
        found += [Entry("request_headers", name, self._traffic.evidence(seen)) for name, seen in sorted(self.headers.items())]
        return found

    def _headers(self) -> dict[str, list[ObservedRequests]]:
        """The names that pages asked for where they then succeeded."""
        succeeded = {(seen.request.origin, seen.request.method, seen.request.route) for seen in self._successes}
        asked: dict[str, list[ObservedRequests]] = defaultdict(list)
        for seen in self._traffic.observed:
            request = seen.request
            allowed = request.kind is RequestKind.PREFLIGHT and request.live in (None, ALLOWED) and request.status in (0, 2)
            if allowed and (request.origin, request.method, request.route) in succeeded:
                for name in request.headers:
                    asked[name].append(seen)
        for seen in self._successes:
            if seen.request.credentials in (CredentialsSent.AUTHORIZATION, CredentialsSent.BOTH):
                asked["authorization"].append(seen)
        return {name: seen for name, seen in asked.items() if self._is_recurring(seen)}

    def _is_recurring(self, observed: list[ObservedRequests]) -> bool:
        proven = any(self._traffic.is_authenticated(seen.request) for seen in observed)
        return proven or self._traffic.evidence(observed).days >= MINIMUM_HEADER_DAYS

    def _with_cookies(self) -> list[Chosen]:
        """The origins whose pages sent cookies, and could read the answer."""
        sent = {seen.request.origin for seen in self._successes if seen.request.credentials.has_cookies}
        may = self._current is None or self._current.credentials
        return [chosen for chosen in self._chosen if may and sent.intersection(chosen.members)]


def _nobody(choice: OriginChoice) -> str:
    reasons: dict[str, int] = defaultdict(int)
    for left in choice.left_out.values():
        reasons[left.reason.value] += 1
    listed = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
    hint = " For an API without logins, pass --anonymous." if LeftOutReason.NOT_AUTHENTICATED.value in reasons else ""
    return f"no origin has enough evidence to be proposed ({listed}).{hint}"


def _unused(policy: Policy, current: Policy | None, traffic: Traffic) -> list[Unused]:
    """The values of the current policy that the proposal drops."""
    if current is None:
        return []
    succeeding = {seen.request.origin for seen in traffic.observed if is_success(seen.request)}
    unused = []
    for text in () if current.any_origin else current.origins:
        if text not in succeeding and not any(map(OriginPattern.parse(text).matches, succeeding)):
            unused.append(Unused("origins", text))
    if current.regex is not None and not any(current.regex.match(origin.encode()) for origin in succeeding):
        unused.append(Unused("origin_regex", current.regex.pattern))
    for field in ("methods", "request_headers"):
        kept = getattr(policy, field)
        unused += [Unused(field, name) for name in sorted(getattr(current, field)) if name not in kept | SAFELISTED_METHODS]
    if current.credentials and not policy.credentials:
        unused.append(Unused("credentials", "True"))
    return unused


def _losses(policy: Policy, current: Policy | None, traffic: Traffic) -> list[Loss]:
    """Who can use the API today but no longer could."""
    lost: dict[tuple[str, str], list[ObservedRequests]] = defaultdict(list)
    for seen in traffic.observed:
        request = seen.request
        today = request.live or (ALLOWED if current is None else verdict_on(request, current, admitted=None))
        verdict = verdict_on(request, policy)
        if today == ALLOWED and verdict != ALLOWED:
            lost[request.origin, verdict].append(seen)
    found = [
        Loss(origin, verdict, sum(each.count for each in seen), max(each.last for each in seen), _examples(seen))
        for (origin, verdict), seen in lost.items()
    ]
    return sorted(found, key=lambda loss: (-loss.requests, loss.origin, loss.verdict))


def _examples(observed: list[ObservedRequests]) -> tuple[str, ...]:
    said = {f"{seen.request.method} {seen.request.route or 'an unknown route'}": None for seen in observed}
    return tuple(sorted(said)[:5])
