"""The page gets its response, but something is missing: a header it cannot read, a cookie that will not come back, a
cache that mixes."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.causes import Severity
from corsense.clients import profile
from corsense.diagnose.fingerprints import is_mark
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.structure import never_started
from corsense.fetch import Allowed, WireResponse
from corsense.fetch.check import list_of_tokens
from corsense.fetch.safelist import SAFELISTED_RESPONSE_HEADERS

# Headers that servers and proxies add for themselves: no script reads them.
_NOT_FOR_SCRIPTS = frozenset(
    {
        "accept-ranges", "age", "allow", "alt-svc", "connection", "content-encoding", "content-language",
        "content-security-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
        "cross-origin-resource-policy", "date", "etag", "keep-alive", "location", "nel", "origin-agent-cluster",
        "permissions-policy", "referrer-policy", "report-to", "reporting-endpoints", "server", "server-timing", "set-cookie",
        "strict-transport-security", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "vary", "via",
        "www-authenticate", "x-accel-buffering", "x-cache",
        "x-content-type-options", "x-correlation-id", "x-dns-prefetch-control",
        "x-frame-options", "x-permitted-cross-domain-policies", "x-powered-by", "x-process-time", "x-request-id",
        "x-robots-tag", "x-served-by", "x-timer", "x-trace-id", "x-xss-protection",
    }
)  # fmt: skip


def wanting(observation: Observation) -> Iterator[Diagnosis]:
    """What a fetch that is allowed lacks."""
    trace = observation.trace
    outcome = trace.outcome
    assert isinstance(outcome, Allowed)
    if outcome.tainting == "basic":
        message = (
            f"{trace.request.url} has the page's own origin {observation.origin!r}. CORS does not apply, so no CORSMiddleware is "
            "needed."
        )
        yield Diagnosis("same-origin-needs-no-cors", message)
        return
    if outcome.tainting == "opaque":
        message = (
            "mode: 'no-cors' does not switch CORS off. The request is sent, but the page can read nothing of the response, not "
            "even its status."
        )
        yield Diagnosis("opaque-response", message, severity="error")
        return
    if "authorization-covered-by-wildcard" in trace.notes:
        message = (
            "Only Access-Control-Allow-Headers: * allows Authorization. Today's browsers accept it, but the Fetch standard does "
            "not, and Firefox warns that it will stop."
        )
        layer = observation.cors_layers[0] if observation.cors_layers else None
        remedy = "Name it: allow_headers=['Authorization', ...]."
        yield Diagnosis("authorization-not-covered-by-wildcard", message, layer.place if layer else None, {}, remedy=remedy)
    response = trace.response
    if response is not None:
        crash = never_started(observation, len(trace.exchanges) - 1)
        if crash is not None:
            yield crash
        yield from _unread_by_client(observation, response, outcome)
        yield from _unreadable_headers(observation, response, outcome)
        if response.header("set-cookie") is not None:
            from corsense.diagnose.cookies import cookie_faults

            yield from cookie_faults(observation, response)


def admits_untrusted(observation: Observation) -> Diagnosis | None:
    """What a response to an untrusted page shows: whether the server allows any origin."""
    response = observation.trace.response
    if response is None or response.header("access-control-allow-origin") != observation.origin:
        return None
    if any(observation.policy_of(layer).allows_origin(observation.origin) for layer in observation.cors_layers):
        return None  # the layer is configured so: the fault is in its configuration
    evidence = {"sent": observation.origin}
    layer = observation.header_layer
    place = layer.place if layer is not None else None
    if isinstance(observation.trace.outcome, Allowed):
        message = (
            f"The server allows any origin with credentials. It allowed {observation.origin!r}, so any site can read it with "
            "your users' cookies."
        )
        remedy = (
            "Allow only the origins of your own pages. Starlette reflects any origin for allow_origins=['*'] with "
            "allow_credentials=True."
        )
        return Diagnosis("reflected-origin", message, place, evidence, remedy=remedy)
    message = f"The server allows any origin, without credentials. It allowed {observation.origin!r}; that is as open as *."
    return Diagnosis("reflected-origin", message, place, evidence, severity="info")


def admits_lookalike(observation: Observation, trusted: str) -> Diagnosis | None:
    """What a response to a page of another site shows, whose origin looks like the `trusted` one: a comparison by hand lets it
    in."""
    response = observation.trace.response
    if response is None or response.header("access-control-allow-origin") != observation.origin:
        return None
    if any(observation.policy_of(layer).allows_origin(observation.origin) for layer in observation.cors_layers):
        return None  # the layer is configured so: the fault is in its configuration
    with_cookies = isinstance(observation.trace.outcome, Allowed)
    cookies = " with your users' cookies" if with_cookies else ""
    message = (
        f"The app compares origins by hand and lets {observation.origin!r} in{cookies}. A part of the text is equal to that of "
        f"{trusted!r}."
    )
    remedy = "Compare whole origins: use CORSMiddleware with a list, or `origin in {...}` with a set of strings."
    layer = observation.header_layer
    place = layer.place if layer is not None else observation.route.endpoint_place if observation.route is not None else None
    severity: Severity = "error" if with_cookies else "warning"
    evidence = {"sent": observation.origin, "trusted": trusted}
    return Diagnosis("reflected-origin", message, place, evidence, severity, remedy)


def _unread_by_client(observation: Observation, response: WireResponse, outcome: Allowed) -> Iterator[Diagnosis]:
    """Headers that the script of a client reads and that are not exposed. What stands in for a server's response has no
    header of its own, so only the app's stand-in, which the app's layers see, counts."""
    facts = observation.facts_of(len(observation.trace.exchanges) - 1)
    if observation.client is None or (facts.stood_in and observation.app is None):
        return
    exposed = {name.lower() for name in list_of_tokens(response.header("access-control-expose-headers")) or ()}
    if "*" in exposed and observation.trace.request.credentials != "include":
        return
    sent = {name.lower() for name, _ in response.headers}
    for read in profile(observation.client).reads:
        if read.name in exposed or read.name in outcome.exposed or not (read.name in sent or facts.stood_in):
            continue
        layer = observation.cors_layers[0] if observation.cors_layers else None
        message = (
            f"The client {observation.client} cannot read the response header {read.name!r}. Access-Control-Expose-Headers does "
            f"not name it: {read.without}."
        )
        severity: Severity = "error" if read.essential else "warning" if read.name in sent else "info"
        evidence = {"header": read.name, "client": observation.client}
        remedy = f"expose_headers=[{read.name!r}]"
        yield Diagnosis("header-not-exposed", message, layer.place if layer else None, evidence, severity, remedy)


def _unreadable_headers(observation: Observation, response: WireResponse, outcome: Allowed) -> Iterator[Diagnosis]:
    """Headers that the endpoint sends and script cannot see. A stand-in's answer says nothing of the endpoint's headers."""
    facts = observation.facts_of(len(observation.trace.exchanges) - 1)
    if facts.stood_in or response.status >= 400:
        return
    reads = set(profile(observation.client).expose_headers) if observation.client is not None else set()
    names = {name.lower() for name, _ in response.headers} - reads
    hidden = names - set(outcome.exposed) - _NOT_FOR_SCRIPTS - SAFELISTED_RESPONSE_HEADERS
    for name in sorted(name for name in hidden if not name.startswith("access-control-") and not is_mark(name)):
        layer = observation.cors_layers[0] if observation.cors_layers else None
        message = f"Pages cannot read the response header {name!r}. Access-Control-Expose-Headers does not name it."
        remedy = f"expose_headers=[{name!r}]"
        yield Diagnosis("header-not-exposed", message, layer.place if layer else None, {"header": name}, remedy=remedy)
