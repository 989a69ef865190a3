"""Who may use an app: tried with pages of many origins, before and after a repair, so that no one gains access unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from corsense.app.description import AppDescription
from corsense.app.probe import Probe, ProbeResult
from corsense.diagnose.lists import joined_parts
from corsense.diagnose.origins import meant_origin
from corsense.diagnose.policies import LayerPolicy, meant_origins
from corsense.fetch import Allowed
from corsense.fetch.request import Credentials
from corsense.fix.edits.expressions import compiled
from corsense.origin.lookalikes import near_origins
from corsense.origin.reach import foreign_origin
from corsense.origin.untrusted import UNTRUSTED
from corsense.url import parse_url

Key = tuple[str, bool, str]
"""An origin, whether its page sends cookies, and the request: `GET /news`."""

_REQUESTS_OF_AN_APP = 3
_REQUESTS = 12
_PROBES = 4_000
"""Requests in all: a list of thousands of origins is tried with fewer requests."""
_TRUSTED = 6


@dataclass(frozen=True, slots=True)
class AccessTable:
    """Whose pages can use which of the tried requests."""

    tried: frozenset[Key]
    allowed: frozenset[Key]

    @classmethod
    def of(cls, results: Iterable[ProbeResult]) -> AccessTable:
        """What the results of `access_probes` say."""
        tried, allowed = set(), set()
        for result in results:
            request = result.probe.request
            key = (request.origin, request.credentials == "include", label(result.probe))
            tried.add(key)
            if isinstance(result.trace.outcome, Allowed) and result.trace.outcome.tainting == "cors":
                allowed.add(key)
        return cls(frozenset(tried), frozenset(allowed))


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may have access after a repair: `origins` that the user, the policy or the fixes name, and those that `patterns` match
    whole; `shut` are origins that lose theirs on purpose. `everyone`: the requests that every page may make without cookies,
    because the policy allowed `*` for them before, on purpose."""

    origins: frozenset[str]
    patterns: tuple[str, ...] = ()
    shut: frozenset[str] = frozenset()
    everyone: frozenset[str] = frozenset()

    def admits(self, key: Key) -> bool:
        """Whether pages of this origin may make this request."""
        origin, with_cookies, request = key
        if origin in self.origins or any(_matches(pattern, origin) for pattern in self.patterns):
            return True
        return request in self.everyone and not with_cookies


def _matches(pattern: str, origin: str) -> bool:
    expression = compiled(pattern)
    return expression is not None and expression.fullmatch(origin) is not None


def faults_of(before: AccessTable, after: AccessTable, grant: Grant, kept: Iterable[str]) -> tuple[str, ...]:
    """What a repair did to those it is not about, a sentence each: who gains access without being named, which of the origins
    `kept` loses it, and which requests are closed that every page was allowed to make."""
    gained = [key for key in sorted(after.allowed - before.allowed) if not grant.admits(key)]
    lost = [key for key in sorted(before.allowed - after.allowed) if key in after.tried]
    wanted = set(kept) - grant.shut
    found = [f"pages of {origin} would gain access unexpectedly{_how(cookies)}" for origin, cookies, _ in gained]
    found += [f"pages of {origin} would lose their access{_how(cookies)}" for origin, cookies, _ in lost if origin in wanted]
    closed = [request for origin, cookies, request in lost if origin in UNTRUSTED and not cookies and request in grant.everyone]
    found += [f"{request} would be closed to the pages that `*` allows" for request in closed]
    return tuple(dict.fromkeys(found))


def _how(cookies: bool) -> str:
    return " with cookies" if cookies else ""


def label(probe: Probe) -> str:
    """The request of a probe, without its origin: `GET /news`."""
    url = parse_url(probe.request.url)
    path = probe.request.url if url is None else url.href.removeprefix(url.origin)
    return f"{probe.request.method} {path}"


def access_probes(probes: Sequence[Probe], app: AppDescription, origins: Iterable[str]) -> list[Probe]:
    """A few of the planned requests of each app, from each origin, with cookies and without."""
    tried = list(dict.fromkeys(origins))
    most = max(_REQUESTS_OF_AN_APP, min(_REQUESTS, _PROBES // (2 * max(1, len(tried)))))
    chosen: dict[str, Probe] = {}
    of_app: Counter[int] = Counter()
    for probe in probes:
        owner = app.routes[probe.route].app if probe.route is not None else 0
        if probe.request.initiator == "websocket":
            continue  # CORS does not decide who may open one
        if probe.situation != "success" or label(probe) in chosen or of_app[owner] >= _REQUESTS_OF_AN_APP:
            continue
        if len(chosen) < most:
            of_app[owner] += 1
            chosen[label(probe)] = probe
    return [
        replace(
            probe,
            request=replace(probe.request, origin=origin, credentials=mode, cookies=mode == "include"),
            situation="success",
            engine="standard",
        )
        for origin in tried
        for probe in chosen.values()
        for mode in _MODES
    ]


_MODES: tuple[Credentials, ...] = ("omit", "include")


def open_requests(app: AppDescription, probes: Iterable[Probe], closed: Collection[int] = ()) -> frozenset[str]:
    """The requests that a CORS layer allows every page, with `*` and without cookies; not those of the apps `closed`."""
    found = set()
    for probe in probes:
        owner = app.routes[probe.route].app if probe.route is not None else 0
        stack = app.stack(owner) if app.apps else app.layers
        if owner not in closed and any(_is_open(LayerPolicy.of(layer)) for layer in stack if layer.is_cors):
            found.add(label(probe))
    return frozenset(found)


def _is_open(policy: LayerPolicy) -> bool:
    return policy.allows_all_origins and not policy.credentials and not isinstance(policy.origins, str)


def policy_origins(app: AppDescription) -> list[str]:
    """The origins that the app's CORS layers list, as they were meant."""
    return list(dict.fromkeys(origin for layer in app.cors_layers for origin in meant_origins(layer)))


def policy_patterns(app: AppDescription) -> list[str]:
    """The expressions of the app's CORS layers that keep to their own sites."""
    found = [LayerPolicy.of(layer).regex for layer in app.cors_layers]
    return [pattern for pattern in found if pattern is not None and foreign_origin(pattern) is None]


def origins_to_try(trusted: Sequence[str]) -> list[str]:
    """The trusted origins, and those that a careless policy confuses with them."""
    return list(dict.fromkeys([*trusted, *near_origins(trusted[:_TRUSTED])]))


def values_left_behind(app: AppDescription, before: AppDescription, opened: Collection[str]) -> tuple[str, ...]:
    """What a repair leaves of the values that were written, a sentence each: an unused entry beside its replacement, or a
    duplicate."""
    doubled_before = {value for layer in before.cors_layers for value in _doubled_in(LayerPolicy.of(layer))}
    found = []
    for layer in app.cors_layers:
        policy = LayerPolicy.of(layer)
        if policy.policy is not None or not policy.known or isinstance(policy.origins, str):
            continue
        dead = [entry for entry in policy.entries if entry not in opened and _means_one_of(entry, opened)]
        found += [f"the entry {entry!r} would stay in the list, unused beside its replacement" for entry in dead]
        doubled = [value for value in _doubled_in(policy) if value not in doubled_before]
        found += [f"{value!r} would be in its list twice" for value in doubled]
    return tuple(dict.fromkeys(found))


def _doubled_in(policy: LayerPolicy) -> list[str]:
    """The values that a list of the policy has more than once; the names of headers are the same in any case."""
    headers = ([name.lower() for name in names] for names in (policy.headers, policy.expose))
    return [value for listed in (policy.entries, policy.methods, *headers) for value in _doubled(listed)]


def _doubled(entries: Sequence[str]) -> list[str]:
    return [entry for entry, number in Counter(entries).items() if number > 1]


def _means_one_of(entry: str, opened: Collection[str]) -> bool:
    return any(meant_origin(part) in opened for part in joined_parts(entry) or (entry,))
