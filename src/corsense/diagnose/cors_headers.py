"""The CORS headers of a response, from whatever layer: what in them the browser rejects."""

from __future__ import annotations

from corsense.app.description import LayerInfo
from corsense.diagnose.knobs import remedy as front_remedy
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.origins import compare
from corsense.diagnose.permissions import (
    UNKNOWN_POLICY,
    credentials_refused,
    header_refused,
    method_refused,
    wildcard_with_credentials,
)
from corsense.diagnose.socketio import LEAVE_TO_MIDDLEWARE, is_socketio
from corsense.fetch import CorsError, WireResponse
from corsense.finding import Place

_ONE_ORIGIN_FOR_ANOTHER = frozenset(
    {
        "origin-trailing-slash", "origin-scheme-mismatch", "origin-port-mismatch", "origin-host-mismatch", "origin-default-port",
        "origin-not-normalised", "origin-has-path",
    }
)  # fmt: skip


def doubled_headers(observation: Observation, index: int) -> list[Diagnosis]:
    """The CORS layer gave permission, and something outside of it spoiled the response."""
    response = observation.trace.exchanges[index].response
    named = response.header("access-control-allow-origin") if isinstance(response, WireResponse) else None
    return origin_answer_faults(observation, index, named) if named is not None else []


def credentials_faults(observation: Observation, index: int, layer: LayerInfo | None) -> list[Diagnosis]:
    """Why the page may not send credentials, by the answer to the preflight at `index`."""
    found = []
    policy = UNKNOWN_POLICY if layer is None else observation.policy_of(layer)
    if names_error(observation, index, (CorsError.PreflightWildcardOriginNotAllowed, CorsError.WildcardOriginNotAllowed)):
        found.append(wildcard_with_credentials(layer))
    elif policy.policy is not None:
        # Its refusals carry no CORS header at all, so the response does not show it.
        if observation.trace.request.credentials == "include" and not policy.policy.credentials_for(observation.origin):
            found.append(credentials_refused(layer, policy, observation.origin))
    elif names_error(observation, index, (CorsError.PreflightInvalidAllowCredentials, CorsError.InvalidAllowCredentials)):
        found.append(credentials_refused(layer))
    return found


def names_error(observation: Observation, index: int, errors: tuple[CorsError, ...]) -> bool:
    """Whether the browser found one of `errors` in the answer at `index`."""
    return any(step.exchange == index and step.error in errors for step in observation.trace.failed_steps)


def refused_headers(observation: Observation, index: int) -> list[str]:
    """The request headers that the answer to the preflight at `index` does not allow."""
    error = CorsError.HeaderDisallowedByPreflightResponse
    steps = observation.trace.failed_steps
    return [step.parameter for step in steps if step.exchange == index and step.error is error and step.parameter]


def named_but_wrong(observation: Observation, index: int, response: WireResponse, named: str) -> list[Diagnosis]:
    """The faults of an answer that names an origin, and still does not allow the page."""
    found = origin_answer_faults(observation, index, named)
    found += credentials_faults(observation, index, None)
    status = response.status
    if not 200 <= status < 300 and not found:
        found.append(_bad_status_with_headers(observation, index, status))
    request = observation.trace.exchanges[index].request
    if names_error(observation, index, (CorsError.MethodDisallowedByPreflightResponse,)) and 200 <= status < 300:
        found.append(method_refused(request.header("access-control-request-method") or "", None, None))
    if 200 <= status < 300:
        found += [header_refused(name, None, None) for name in refused_headers(observation, index)]
    for error, header in (
        (CorsError.InvalidAllowMethodsPreflightResponse, "access-control-allow-methods"),
        (CorsError.InvalidAllowHeadersPreflightResponse, "access-control-allow-headers"),
    ):
        if names_error(observation, index, (error,)):
            found.append(_unreadable(header, response.header(header) or ""))
    return found


def _bad_status_with_headers(observation: Observation, index: int, status: int) -> Diagnosis:
    if status == 405:
        message = "CORS headers are set by hand, but nothing handles OPTIONS. The preflight gets 405."
        return Diagnosis("manual-cors-headers", message, None, {"status": status}, severity="error")
    message = f"The response to the preflight has the status {status}. Browsers require 200 to 299."
    return Diagnosis("preflight-bad-status", message, None, {"status": status})


def _unreadable(header: str, value: str) -> Diagnosis:
    message = f"{header.title()} is malformed. {value!r} is not a comma-separated list of names."
    return Diagnosis("invalid-cors-header", message, None, {"header": header, "value": value})


def origin_answer_faults(observation: Observation, index: int, named: str) -> list[Diagnosis]:
    """The answer names an origin, and it is not the page's (or more than one)."""
    errors = {step.error for step in observation.trace.failed_steps if step.exchange == index}
    layer = observation.header_layer
    place = layer.place if layer else None
    evidence = {"sent": observation.origin, "allowed": named}
    multiple = {CorsError.MultipleAllowOriginValues, CorsError.PreflightMultipleAllowOriginValues}
    mismatch = {CorsError.AllowOriginMismatch, CorsError.PreflightAllowOriginMismatch}
    invalid = {CorsError.InvalidAllowOriginValue, CorsError.PreflightInvalidAllowOriginValue}
    if errors & multiple:
        message = f"Access-Control-Allow-Origin has several values: {named!r}. Two layers each add theirs, or one adds a list."
        remedy = "Let one layer alone set CORS headers: the app, or the proxy in front of it."
        front = observation.respondent_of(index).layer
        if front is not None:
            remedy = f"Let one layer alone set CORS headers. {front_remedy(front, 'double')}"
        elif is_socketio(observation.route):
            message = f"Socket.IO and CORSMiddleware both set Access-Control-Allow-Origin. Browsers refuse the two: {named!r}."
            remedy = LEAVE_TO_MIDDLEWARE
        return [Diagnosis("duplicate-cors-headers", message, place, {"value": named}, remedy=remedy)]
    if errors & invalid:
        message = f"Access-Control-Allow-Origin is {named!r}, which is not an origin."
        return [Diagnosis("invalid-cors-header", message, place, evidence)]
    if errors & mismatch:
        return [_mismatch(observation, named, place)]
    return []


def _mismatch(observation: Observation, named: str, place: Place | None) -> Diagnosis:
    likeness = compare(observation.origin, named)
    slug = likeness.slug if likeness.slug in _ONE_ORIGIN_FOR_ANOTHER else "origin-mismatch"
    message = f"The answer allows {named!r}, the page is {observation.origin!r}."
    remedy = f"Let the server answer with {observation.origin!r} for this page: use CORSMiddleware with that origin in its list."
    return Diagnosis(slug, message, place, {"sent": observation.origin, "allowed": named}, remedy=remedy)
