"""Who may use an app: tried with pages of many origins, before and after a repair, so that nobody is let in unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from corsense.app.description import AppDescription
from corsense.app.probe import Probe, ProbeResult
from corsense.diagnose.origins import meant_origin
from corsense.diagnose.policies import LayerPolicy
from corsense.fetch import Allowed
from corsense.fetch.sites import registrable_domain
from corsense.fix.expressions import compiled
from corsense.origin.reach import foreign_origin
from corsense.url import parse_url

Key = tuple[str, bool]
"""An origin, and whether its page sends cookies."""

_REQUESTS = 3
_TRUSTED = 6
_STRANGERS = (
    "https://evil.example",
    "http://evil.example",
    "https://evil.com",
    "null",
    "https://x.github.io",
    "https://x.vercel.app",
    "https://x.netlify.app",
    "http://localhost:31337",
    "https://localhost.evil.com",
)


@dataclass(frozen=True, slots=True)
class Access:
    """Whose pages can use at least one of the requests that were tried, as pairs of origin and whether cookies are sent."""

    tried: frozenset[Key]
    allowed: frozenset[Key]

    @classmethod
    def of(cls, results: Iterable[ProbeResult]) -> Access:
        """What the results of `access_probes` tell."""
        tried, allowed = set(), set()
        for result in results:
            request = result.probe.request
            key = (request.origin, request.credentials == "include")
            tried.add(key)
            if isinstance(result.trace.outcome, Allowed) and result.trace.outcome.tainting == "cors":
                allowed.add(key)
        return cls(frozenset(tried), frozenset(allowed))


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may have access after a repair: `origins` that the user, the policy or the fixes name, and those that `patterns` match
    whole; `shut` are origins that lose theirs on purpose. `everyone`: the policy allowed `*` without cookies before."""

    origins: frozenset[str]
    patterns: tuple[str, ...] = ()
    shut: frozenset[str] = frozenset()
    everyone: bool = False

    def admits(self, key: Key) -> bool:
        """Whether pages of this origin may use the app."""
        origin, with_cookies = key
        if origin in self.origins or any(_matches(pattern, origin) for pattern in self.patterns):
            return True
        return self.everyone and not with_cookies


def _matches(pattern: str, origin: str) -> bool:
    expression = compiled(pattern)
    return expression is not None and expression.fullmatch(origin) is not None


def faults_of(before: Access, after: Access, grant: Grant, kept: Iterable[str]) -> tuple[str, ...]:
    """What a repair did to those it is not about, a sentence each: who is let in without having been named, and which of the
    origins `kept` has lost its access."""
    gained = [key for key in sorted(after.allowed - before.allowed) if not grant.admits(key)]
    wanted = set(kept) - grant.shut
    lost = [key for key in sorted(before.allowed - after.allowed) if key in after.tried and key[0] in wanted]
    found = [f"pages of {origin} would be let in{_how(cookies)}, whom nobody named" for origin, cookies in gained]
    return (*found, *(f"pages of {origin} would lose their access{_how(cookies)}" for origin, cookies in lost))


def _how(cookies: bool) -> str:
    return " with cookies" if cookies else ""


def access_probes(probes: Sequence[Probe], origins: Iterable[str]) -> list[Probe]:
    """A few of the planned requests, in the name of each origin, with cookies and without."""
    chosen: dict[str, Probe] = {}
    for probe in probes:
        if probe.situation == "success" and len(chosen) < _REQUESTS:
            chosen.setdefault(f"{probe.request.method} {probe.request.url}", probe)
    return [
        Probe(
            replace(probe.request, origin=origin, credentials=mode, cookies=mode == "include"), "success", probe.route, "standard"
        )
        for origin in dict.fromkeys(origins)
        for probe in chosen.values()
        for mode in ("omit", "include")
    ]


def policy_origins(app: AppDescription) -> list[str]:
    """The origins that the app's CORS layers list, as they were meant."""
    entries = [entry for layer in app.cors_layers for entry in LayerPolicy.of(layer).entries]
    parts = [part for entry in entries for part in entry.split(",")]
    return list(dict.fromkeys(origin for part in parts if (origin := meant_origin(part)) is not None))


def policy_patterns(app: AppDescription) -> list[str]:
    """The expressions of the app's CORS layers that keep to their own sites."""
    found = [LayerPolicy.of(layer).regex for layer in app.cors_layers]
    return [pattern for pattern in found if pattern is not None and foreign_origin(pattern) is None]


def allows_everyone(app: AppDescription) -> bool:
    """Whether a CORS layer of the app allows `*`, and does so without cookies."""
    policies = [LayerPolicy.of(layer) for layer in app.cors_layers]
    return any(policy.allows_all_origins and not policy.credentials for policy in policies if not isinstance(policy.origins, str))


def origins_to_try(trusted: Sequence[str]) -> list[str]:
    """The trusted origins, and those that a careless policy confuses with them: other ends and beginnings, dots that are none,
    the twin without encryption, subdomains, other ports, `null`, hosts where anybody can have a name."""
    near = [stranger for origin in trusted[:_TRUSTED] for stranger in _neighbours(origin)]
    return list(dict.fromkeys([*trusted, *_STRANGERS, *near]))


def _neighbours(origin: str) -> Iterator[str]:
    url = parse_url(origin)
    if url is None or not url.host or url.origin == "null":
        return
    scheme, host, port = url.scheme, url.host, f":{url.port}" if url.port else ""
    yield f"{'http' if scheme == 'https' else 'https'}://{host}{port}"
    yield f"{scheme}://{host}:{(url.port or 0) + 1337}"
    yield f"{scheme}://{host}.evil.com{port}"
    yield f"{scheme}://evil{host}{port}"
    yield f"{scheme}://evil.{host}{port}"
    if len(host) > 2:
        yield f"{scheme}://{host[1:]}{port}"
        yield f"{scheme}://{host[:-1]}{port}"
    if "." in host:
        yield f"{scheme}://{host.replace('.', 'x', 1)}{port}"
        head, _, tail = host.rpartition(".")
        yield f"{scheme}://{head}x{tail}{port}"
        site = registrable_domain(host)
        if site and site != host:
            yield f"{scheme}://evil.{site}{port}"
            yield f"{scheme}://evil{site}{port}"
