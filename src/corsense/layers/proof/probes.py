"""What is sent to a proxy that is proven: fetches of pages, and `Origin` headers that no browser sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from corsense.fetch.request import FetchRequest
from corsense.fetch.trace import EngineName
from corsense.layers.proof.surroundings import LARGE
from corsense.origin import Origin, OriginPattern
from corsense.origin.lookalikes import foreign_origins
from corsense.origin.spelling import MAX_HOST
from corsense.policy import Policy

API: Final = "https://api.corsense-proof.example"
"""The address of the API, as pages know it."""

_ENGINES: Final[tuple[EngineName, ...]] = ("chromium", "firefox", "webkit", "standard")
_MOST_TRUSTED: Final = 8
_STATUSES: Final = ("200", "401", "404", "500")
_METHODS: Final = ("PUT", "DELETE", "PATCH", "patch", "QUERY", "OPTIONS", "HEAD", "X" * 65)
_HEADERS: Final = ("authorization", "content-type", "x-a", "x-not-listed")


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to send: a fetch judged as `engine` would, or, where `raw` is set, that `Origin` header as it is (None: no such
    header) on a GET and on a preflight, whatever a browser would do. `large`: with a body of `LARGE` bytes."""

    name: str
    path: str
    fetch: FetchRequest | None = None
    engine: EngineName = "chromium"
    raw: str | None = None


def trusted_origins(policy: Policy) -> tuple[str, ...]:
    """Origins that the policy allows, of each kind that it has."""
    found: dict[str, None] = {}
    patterns = [OriginPattern.parse(text) for text in policy.origins if text != "*"]
    if policy.credential_set is not None:
        patterns += [OriginPattern.parse(text) for text in policy.credential_set.patterns()]
    wild = [pattern for pattern in patterns if not pattern.is_exact]
    exact = [pattern for pattern in patterns if pattern.is_exact]
    for pattern in (*wild[:_MOST_TRUSTED], *exact[:_MOST_TRUSTED], *exact[-1:]):
        found |= dict.fromkeys(_samples(pattern))
    if policy.regex is not None:
        found |= dict.fromkeys(_words(policy))
    if policy.any_origin:
        found |= dict.fromkeys(("https://anyone.example", "http://localhost:3000", "null"))
    return tuple(origin for origin in found if policy.decide(origin).allowed)


def _samples(pattern: OriginPattern) -> Iterator[str]:
    hosts = [f"{labels}.{pattern.host}" for labels in ("app", "a.b-c.d_e")] if pattern.subdomains else [pattern.host]
    ports = (None, 1, 3000, 65535) if pattern.port == "*" else (pattern.port if isinstance(pattern.port, int) else None,)
    for host in hosts:
        yield from (str(Origin(pattern.scheme, host, port)) for port in ports)


def _words(policy: Policy) -> Iterator[str]:
    """Some origins that the expression matches: the shortest, by way of each set of characters in turn."""
    regex = policy.regex
    assert regex is not None
    automaton = regex.automaton
    paths: dict[int, str] = {0: ""}
    queue = [0]
    for state in queue:
        for number, following in enumerate(automaton.rows[state]):
            if following >= 0 and following not in paths:
                paths[following] = paths[state] + _character(automaton.sets[number])
                queue.append(following)
    ends = [text for state, text in paths.items() if automaton.accepting[state]]
    yield from sorted(ends, key=len)[:_MOST_TRUSTED]


def _character(allowed: int) -> str:
    preferred = "xeabcdfghijklmnopqrstuvwyz0123456789-_./:"
    return next((char for char in preferred if allowed >> ord(char) & 1), chr((allowed & -allowed).bit_length() - 1))


def untrusted_origins(policy: Policy) -> tuple[tuple[str, bool], ...]:
    """Look-alikes of what is trusted, and everyone else, each with whether a browser could send it."""
    listed = [text for text in policy.origins if text != "*"]
    wild = [text for text in listed if "*" in text]
    chosen = [*wild[:_MOST_TRUSTED], *listed[:_MOST_TRUSTED], *listed[-1:]]
    trusted = [*chosen, *(origin for origin in trusted_origins(policy)[:3] if Origin.parse(origin))]
    found = {probe.origin: probe.browser for probe in foreign_origins(dict.fromkeys(trusted))}
    for pattern in (OriginPattern.parse(text) for text in chosen):
        found |= dict.fromkeys(_near_misses(pattern), False)
    if policy.regex is not None:
        found |= {f"{word}{more}": False for word in list(_words(policy))[:3] for more in ("x", ".evil.com", ":1")}
    return tuple(found.items())


def _near_misses(pattern: OriginPattern) -> Iterator[str]:
    """What a comparison that is a little too wide lets in."""
    text = pattern.example()
    yield from (text.upper(), f"{text}/", f"{text}?", f"x{text}", f"{text}x", text.replace("://", ":///"), text.replace(".", "x"))
    if pattern.subdomains:
        long = "a." * ((MAX_HOST - len(pattern.host)) // 2 + 1)
        yield from (f"{pattern.scheme}://{before}{pattern.host}" for before in ("", ".", "a..", "A.", long, "a%2e", "xn--"))
        yield from (f"{pattern.scheme}://{odd}.{pattern.host}" for odd in ("a/b", "a:1", "a@b", "evil.com#", "a b", "*", "a!b"))
    if pattern.port == "*":
        base = f"{pattern.scheme}://{f'a.{pattern.host}' if pattern.subdomains else pattern.host}"
        yield from (f"{base}:{port}" for port in ("0", "80", "443", "65536", "99999", "0080", "3000x", "", "*", "-1", "123456"))


def probes(policy: Policy) -> Iterator[Probe]:
    """All of them but those that need the proxy to fail."""
    engines = cycle(_ENGINES)
    trusted = trusted_origins(policy)
    for origin in trusted:
        yield from _fetches(origin, engines)
    for origin, browser in untrusted_origins(policy):
        if browser and origin.isascii():
            yield _fetch(origin, next(engines), "include")
        yield Probe(f"an Origin of {origin!r}", "/plain/200", raw=origin)
        yield Probe(f"an Origin of {origin!r}", "/cors/200", raw=origin)
    for origin in islice((*trusted[:3], *(name for name, browser in untrusted_origins(policy) if browser)), 5):
        yield from _matrix(policy, origin, engines)
    for origin in (*trusted[:2], "https://evil.com"):
        for kind in ("plain", "cors"):
            for status in _STATUSES:
                for credentials in ("omit", "include"):
                    yield _fetch(origin, next(engines), credentials, path=f"/{kind}/{status}")


def failures(policy: Policy, paths: tuple[str, ...]) -> Iterator[Probe]:
    """Probes of `paths`, which the proxy answers itself."""
    for path in paths:
        for origin in (*trusted_origins(policy)[: 1 if path.endswith("slow") else 2], "https://evil.com"):
            body = "x" * LARGE if path.endswith("413") else None
            for credentials in ("include",) if path.endswith("slow") else ("omit", "include"):
                yield _fetch(origin, "chromium", credentials, method="GET" if body is None else "POST", path=path, body=body)


def _fetches(origin: str, engines: Iterator[EngineName]) -> Iterator[Probe]:
    for credentials in ("omit", "include"):
        yield _fetch(origin, next(engines), credentials)
        yield _fetch(origin, next(engines), credentials, headers=(("content-type", "application/json"),), method="POST")


def _matrix(policy: Policy, origin: str, engines: Iterator[EngineName]) -> Iterator[Probe]:
    """Methods and headers, allowed and refused, of one origin."""
    for method in dict.fromkeys((*_METHODS, *sorted(policy.methods)[:6])):
        for credentials in ("omit", "include"):
            yield _fetch(origin, next(engines), credentials, method=method, path="/plain/404")
    names = dict.fromkeys((*_HEADERS, *sorted(policy.request_headers)[:6]))
    for name in names:
        for credentials in ("omit", "include"):
            yield _fetch(origin, next(engines), credentials, headers=((name, "application/json"),), path="/cors/200")
    listed = tuple((name, "application/json") for name in sorted(policy.request_headers))
    yield _fetch(origin, next(engines), "omit", headers=listed, method="DELETE")


def _fetch(
    origin: str,
    engine: EngineName,
    credentials: str,
    *,
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    path: str = "/plain/200",
    body: str | None = None,
) -> Probe:
    request = FetchRequest(
        f"{API}{path}",
        origin,
        method,
        headers=headers,
        credentials="include" if credentials == "include" else "omit",
        body=body,
    )
    named = f", headers {', '.join(name for name, _ in headers)}" if headers else ""
    return Probe(f"{method} {path} from {origin}, credentials {credentials}{named} ({engine})", path, request, engine)
