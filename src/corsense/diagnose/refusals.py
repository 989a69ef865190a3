"""A CORS layer answered the preflight and refused it: what its policy lacks."""

from __future__ import annotations

from corsense.app.description import LayerInfo
from corsense.diagnose.cors_headers import credentials_faults, doubled_headers, names_error, refused_headers
from corsense.diagnose.list_faults import joined_with
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.origin_faults import refused_origin
from corsense.diagnose.permissions import header_refused, method_refused
from corsense.fetch import CorsError, WireResponse
from corsense.fetch.check import list_of_tokens

_ORIGIN_FAULTS = (
    CorsError.PreflightMissingAllowOriginHeader,
    CorsError.PreflightAllowOriginMismatch,
    CorsError.PreflightInvalidAllowOriginValue,
)


def refused_by_policy(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """The CORS layer itself answered: what its policy lacks, all of it."""
    if observation.policy_of(layer).known:
        found = [*policy_faults(observation, index, layer), *credentials_faults(observation, index, layer)]
        return found or doubled_headers(observation, index)
    return _unknown_policy_faults(observation, index, layer)


def _unknown_policy_faults(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """What a CORS layer refused whose policy cannot be read: by its own words, else by the headers it sent."""
    exchange = observation.trace.exchanges[index]
    request, response = exchange.request, exchange.response
    method = request.header("access-control-request-method") or ""
    excerpt = observation.facts_of(index).body_excerpt
    if excerpt.startswith("Disallowed CORS "):
        reported = {part.strip() for part in excerpt.removeprefix("Disallowed CORS ").splitlines()[0].split(",")}
        asked = list_of_tokens(request.header("access-control-request-headers")) or ()
        found = [refused_origin(observation, layer)] if "origin" in reported else []
        found += [method_refused(method, None, layer)] if "method" in reported else []
        return found + ([header_refused(name, None, layer) for name in asked] if "headers" in reported else [])
    if names_error(observation, index, _ORIGIN_FAULTS):
        return [refused_origin(observation, layer)]
    found = []
    if isinstance(response, WireResponse) and 200 <= response.status < 300:
        if names_error(observation, index, (CorsError.MethodDisallowedByPreflightResponse,)):
            found.append(method_refused(method, None, layer))
        found += [header_refused(name, None, layer) for name in refused_headers(observation, index)]
    return found + credentials_faults(observation, index, layer)


def policy_faults(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """What the layer's policy lacks for the request at `index`, whether the layer was asked or not."""
    policy, request = observation.policy_of(layer), observation.trace.exchanges[index].request
    if not policy.known or policy.leaves_alone:
        return []
    found = (
        []
        if policy.allows_origin(observation.origin) or (policy.resolver and _resolved(observation, index))
        else [refused_origin(observation, layer)]
    )
    method = request.header("access-control-request-method")
    if method is not None and not policy.allows_method(method):
        joined = joined_with(layer, "allow_methods", method)
        found.append(joined or method_refused(method, list(policy.methods), layer, policy))
    asked = list_of_tokens(request.header("access-control-request-headers")) or ()
    origin = observation.origin
    return found + [
        joined_with(layer, "allow_headers", name) or header_refused(name, list(policy.headers), layer, policy)
        for name in asked
        if not policy.allows_header(name, origin)
    ]


def _resolved(observation: Observation, index: int) -> bool:
    """Whether the policy's resolver let an origin in that its lists do not name. A refused preflight says in its body which
    part was refused, and nothing in its headers."""
    response, excerpt = observation.trace.exchanges[index].response, observation.facts_of(index).body_excerpt
    if excerpt.startswith("Disallowed CORS "):
        return not excerpt.startswith("Disallowed CORS origin")
    return isinstance(response, WireResponse) and response.header("access-control-allow-origin") == observation.origin
