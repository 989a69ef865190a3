"""`prove`: a proxy runs, probes are sent, and what browsers conclude is compared with the policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from corsense.errors import InputError
from corsense.fetch.browser import Browser
from corsense.fetch.trace import Allowed, Blocked, Trace
from corsense.fetch.wire import Exchange, NetworkError, WireRequest, WireResponse
from corsense.layers.export import Site
from corsense.layers.export.rules import CORS_HEADERS
from corsense.layers.export.targets import Target, target_of
from corsense.layers.programs import free_port, running
from corsense.layers.proof.app import HIDDEN, VARIES, ProofApp, exposable, serving
from corsense.layers.proof.handshake import handshake
from corsense.layers.proof.probes import API, Probe, failures, probes, trusted_origins, untrusted_origins
from corsense.layers.proof.surroundings import LARGE, OWN_ERRORS, files
from corsense.middleware.compiled import CompiledPolicy
from corsense.policy import Policy
from corsense.transports.drive import drive
from corsense.transports.http import HttpClient

LEAST: Final = 100
"""How many probes a proof has at least."""

_PRIVATE_NETWORK: Final = "access-control-request-private-network"

Text = Callable[[Site], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A probe that the proxy answered unlike the policy."""

    probe: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{self.probe}: {self.expected}, but {self.seen}."


@dataclass(frozen=True, slots=True)
class Proof:
    """How many probes were sent, and which differ; `gained` are those in which the proxy allows what the policy refuses."""

    probes: int
    differences: tuple[Difference, ...]
    gained: int = 0


def prove(policy: Policy, to: str, export: Text, *, app_keeps_cors: bool = False) -> Proof:
    """Run the program of the target `to` with what `export` writes for a site, and compare it with `policy`.

    Raises InputError for a target that cannot be run here; ProgramMissing and ProgramFailed as `running` does.
    """
    target = target_of(to)
    if target.program is None:
        raise InputError(f"{target.title} cannot be run here, so its export cannot be proven; drop --prove.")
    with serving(policy, keeps_cors=app_keeps_cors, several_vary_lines=target.keeps_vary_lines) as app:
        site = Site(app_port=app.port, port=free_port(), address="127.0.0.1")
        running_files = files(target.program, export(site), site)
        with running(target.program, running_files, listen=site.port) as proxy, HttpClient(timeout=10) as client:
            run = _Run(policy, app, client, proxy.url)
            run.send_all(probe for probe in probes(policy) if _carries(target, probe))
            run.send_all(failures(policy, (*OWN_ERRORS[target.program], "/plain/slow")))
            run.check_app()
            run.check_private_network()
            if policy.websockets:
                run.check_handshakes()
            app.shutdown()
            app.server_close()
            run.send_all(failures(policy, ("/plain/200",)))
    if run.sent < LEAST:
        raise AssertionError(f"only {run.sent} probes")
    return Proof(run.sent, tuple(run.differences), run.gained)


class _Run:
    def __init__(self, policy: Policy, app: ProofApp, client: HttpClient, url: str) -> None:
        self.policy, self.app, self.client, self.url = policy, app, client, url
        self.sent = self.gained = 0
        self.compiled = CompiledPolicy(policy)
        self.differences: list[Difference] = []

    def send_all(self, all_probes: Iterable[Probe]) -> None:
        for probe in all_probes:
            self.sent += 1
            if probe.fetch is not None:
                self._fetch(probe)
            else:
                self._raw(probe)

    def check_app(self) -> None:
        """Preflights are answered in front, and an OPTIONS that is no preflight reaches the app."""
        if self.app.preflights:
            self._differ("preflights", "the proxy answers them all", f"the app got {len(self.app.preflights)}")
        self.sent += 1
        origin = "https://app.example.com"
        for headers in ((("origin", origin),), (("access-control-request-method", "PUT"),), ()):
            answer = self._send(WireRequest("OPTIONS", f"{API}/plain/404", headers, credentials=False, preflight=False))
            if not isinstance(answer, WireResponse) or answer.status != 404:
                self._differ("OPTIONS that is no preflight", "the app answers it with 404", f"the proxy answered: {answer}")

    def check_private_network(self) -> None:
        """Preflights for a private network: permitted where the policy and the origin are, else refused altogether."""
        for origin in (*trusted_origins(self.policy)[:2], "https://evil.com"):
            self.sent += 1
            asked = (("origin", origin), ("access-control-request-method", "GET"), (_PRIVATE_NETWORK, "true"))
            answer = self._send(WireRequest("OPTIONS", f"{API}/plain/200", asked, credentials=False, preflight=True))
            allowed = self.policy.private_network and self._admits(origin)
            seen = isinstance(answer, WireResponse) and answer.header("access-control-allow-origin") in ("*", origin)
            if seen and isinstance(answer, WireResponse):
                seen = not self.policy.private_network or answer.header("access-control-allow-private-network") == "true"
            if seen is not allowed:
                self.gained += seen
                what = f"a preflight for a private network from {origin}"
                self._differ(what, f"the policy {_verb(allowed)} it", f"the proxy {_verb(seen)} it")

    def check_handshakes(self) -> None:
        """WebSocket handshakes: those of allowed origins, and those without an Origin, reach the app, others do not."""
        untrusted = [origin for origin, browser in untrusted_origins(self.policy) if browser and origin.isascii()]
        for origin in (None, *trusted_origins(self.policy)[:4], *untrusted[:12]):
            self.sent += 1
            reached = self.app.handshakes
            status = handshake(self.url, origin)
            allowed = origin is None or self._admits(origin)
            if (status == 101, self.app.handshakes > reached) != (allowed, allowed):
                self.gained += not allowed
                what = f"a WebSocket handshake from {origin or 'a client without Origin'}"
                self._differ(what, f"the policy {_verb(allowed)} it", f"the status is {status}")

    def _send(self, wire: WireRequest) -> WireResponse | NetworkError:
        body = b"x" * LARGE if wire.url.endswith("413") and not wire.preflight else b""
        return self.client.send(replace(wire, url=wire.url.replace(API, self.url, 1)), body)

    def _fetch(self, probe: Probe) -> None:
        assert probe.fetch is not None
        expected = self.policy.permits(probe.fetch, engine=probe.engine)
        trace = drive(Browser(probe.engine).fetch(probe.fetch), self._send)
        seen = isinstance(trace.outcome, Allowed)
        if expected is not seen or not isinstance(trace.outcome, (Allowed, Blocked)):
            self.gained += seen
            self._differ(probe.name, f"the policy {_verb(expected)} it", f"the browser concludes {_conclusion(trace)}")
        elif isinstance(trace.outcome, Allowed):
            self._exposure(probe, trace.outcome, trace)
        for exchange in trace.exchanges:
            self._check(probe, exchange)

    def _exposure(self, probe: Probe, outcome: Allowed, trace: Trace) -> None:
        assert probe.fetch is not None
        assert trace.response is not None
        present = {name.lower() for name in exposable(self.policy) if trace.response.header(name) is not None}
        everything = self.policy.exposes_any_header and probe.fetch.credentials != "include"
        listed = {name.lower() for name in self.policy.expose_headers}
        wanted = present if everything else present & listed
        readable = present & set(outcome.exposed)
        if readable != wanted:
            self._differ(probe.name, f"script may read {sorted(wanted)}", f"it can read {sorted(readable)}")

    def _raw(self, probe: Probe) -> None:
        """An `Origin` that a browser need not be able to send: the answer to it, and to a preflight of it."""
        origin = (("origin", probe.raw),) if probe.raw is not None else ()
        allowed = self._admits(probe.raw)
        for method, headers in (("GET", origin), ("OPTIONS", (*origin, ("access-control-request-method", "GET")))):
            wire = WireRequest(method, f"{API}{probe.path}", headers, credentials=False, preflight=method == "OPTIONS")
            answer = self._send(wire)
            if not isinstance(answer, WireResponse):
                self._differ(probe.name, "the proxy answers", f"it did not: {answer}")
                continue
            shown = answer.header("access-control-allow-origin")
            if (shown in ("*", probe.raw)) is not allowed:
                self.gained += not allowed
                self._differ(probe.name, f"the policy {_verb(allowed)} it", f"Access-Control-Allow-Origin is {shown!r}")
            self._check(probe, Exchange(wire, answer))

    def _admits(self, origin: str | None) -> bool:
        """Whether the middleware would let this `Origin` in; without one, whether it says `*` to all."""
        if self._is_uniform:
            return True
        return origin is not None and origin.isascii() and self.compiled.admits(origin.encode())

    def _check(self, probe: Probe, exchange: Exchange) -> None:
        """What holds for every answer: each CORS header once, `Vary`, the age of a preflight."""
        answer = exchange.response
        if not isinstance(answer, WireResponse):
            return
        for name in CORS_HEADERS:
            if len(answer.lines(name)) > 1:
                self._differ(probe.name, f"{name} is there once", f"it is there {len(answer.lines(name))} times")
        named = {part.strip().lower() for _, value in answer.lines("vary") for part in value.split(",")}
        if not self._is_uniform and "origin" not in named:
            self._differ(probe.name, "Vary has Origin", f"it has {sorted(named)} (status {answer.status})")
        if exchange.request.preflight:
            age = answer.header("access-control-max-age")
            shown = answer.header("access-control-allow-origin") is not None
            wanted = str(max(0, self.policy.max_age)) if self.policy.max_age is not None and shown else None
            if shown and age != wanted:
                self._differ(probe.name, f"Access-Control-Max-Age is {wanted}", f"it is {age}")
        elif answer.header(HIDDEN) is not None and not named.issuperset(name.lower() for name in VARIES):
            self._differ(probe.name, "the app's Vary stays", f"Vary has {sorted(named)}")

    @property
    def _is_uniform(self) -> bool:
        return self.policy.any_origin and not self.policy.credentials

    def _differ(self, probe: str, expected: str, seen: str) -> None:
        self.differences.append(Difference(probe, expected, seen))


def _carries(target: Target, probe: Probe) -> bool:
    """Whether the layer forwards the method of a probe at all."""
    return probe.fetch is None or re.fullmatch(target.carries, probe.fetch.method) is not None


def _verb(allowed: bool) -> str:
    return "allows" if allowed else "refuses"


def _conclusion(trace: Trace) -> str:
    outcome = trace.outcome
    if isinstance(outcome, Allowed):
        return "that it is allowed"
    return f"{outcome.error.name}" if isinstance(outcome, Blocked) else f"a failure: {outcome.reason}"


def described(proof: Proof, most: int = 5) -> Iterator[str]:
    """The first differences, a line each."""
    yield from map(str, proof.differences[:most])
    if len(proof.differences) > most:
        yield f"... and {len(proof.differences) - most} more."
