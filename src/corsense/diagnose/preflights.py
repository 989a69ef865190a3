"""A preflight did not get through: which layer answered it, and what it did not allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from corsense.app.description import LayerInfo
from corsense.diagnose.fronts import answered_in_front, gateway_or_app
from corsense.diagnose.list_faults import joined_with
from corsense.diagnose.observation import Diagnosis, Observation, at, status_of
from corsense.diagnose.origin_faults import refused_origin
from corsense.diagnose.origins import compare
from corsense.diagnose.policies import LayerPolicy, missing_in_policy
from corsense.diagnose.statuses import GATEWAY, NOT_HANDLED, REFUSED
from corsense.diagnose.structure import crashed, missing_layer, not_outermost
from corsense.fetch import CorsError, WireResponse
from corsense.fetch.check import list_of_tokens
from corsense.finding import Place
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.policy import Policy

_ONE_ORIGIN_FOR_ANOTHER = frozenset(
    {
        "origin-trailing-slash", "origin-scheme-mismatch", "origin-port-mismatch", "origin-host-mismatch", "origin-default-port",
        "origin-not-normalised", "origin-has-path",
    }
)  # fmt: skip
_UNKNOWN = LayerPolicy(known=False)
"""Statuses by which an endpoint that takes every method (GraphQL, a mounted app) says that it does not handle OPTIONS."""
_ORIGIN_FAULTS = (
    CorsError.PreflightMissingAllowOriginHeader,
    CorsError.PreflightAllowOriginMismatch,
    CorsError.PreflightInvalidAllowOriginValue,
)


def refused_preflight(observation: Observation, index: int) -> list[Diagnosis]:
    """Why the preflight at `index` did not get through: every fault of its answer, the one the browser names first."""
    facts = observation.facts_of(index)
    app = observation.app
    if facts.exception is not None:
        return [crashed(observation, index)]
    if app is not None and isinstance(facts.answered_by, int):
        layer = app.layers[facts.answered_by]
        return refused_by_policy(observation, index, layer) if layer.is_cors else _other_layer(observation, index, layer)
    if facts.answered_by == "endpoint":
        declined = status_of(observation.trace.exchanges[index]) in NOT_HANDLED and not observation.cors_layers
        return [missing_layer(observation) if declined else _manual_handler(observation, index)]
    if facts.answered_by in ("router", "exception-handler", "server-error", "server"):
        return [_unhandled(observation, index)]
    return _by_status(observation, index)


def refused_by_policy(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """The CORS layer itself answered: what its policy lacks, all of it."""
    if observation.policy_of(layer).known:
        found = [*policy_faults(observation, index, layer), *_credentials_faults(observation, index, layer)]
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
    if _names(observation, index, _ORIGIN_FAULTS):
        return [refused_origin(observation, layer)]
    found = []
    if isinstance(response, WireResponse) and 200 <= response.status < 300:
        if _names(observation, index, (CorsError.MethodDisallowedByPreflightResponse,)):
            found.append(method_refused(method, None, layer))
        found += [header_refused(name, None, layer) for name in _refused_headers(observation, index)]
    return found + _credentials_faults(observation, index, layer)


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


def doubled_headers(observation: Observation, index: int) -> list[Diagnosis]:
    """The CORS layer gave permission, and something outside of it spoiled the response."""
    response = observation.trace.exchanges[index].response
    named = response.header("access-control-allow-origin") if isinstance(response, WireResponse) else None
    return origin_answer_faults(observation, index, named) if named is not None else []


def refused_together(slug: str, values: Sequence[str], allowed: object, field: object = None) -> str:
    """The sentence for several methods, or several headers, that one list lacks; `field` is what the list is called where it is
    no argument of Starlette's."""
    is_methods = slug == "method-not-allowed"
    listed = str(field or ("allow_methods" if is_methods else "allow_headers"))
    names = ", ".join(values if is_methods else map(repr, values))
    if allowed is not None:
        return f"{names} are not in {listed}. The list is {allowed!r}."
    what = "methods" if is_methods else "request headers"
    return f"The server does not allow the {what} {names}. The responses to their preflights do not list them."


def method_refused(method: str, allowed: list[str] | None, layer: LayerInfo | None, policy: LayerPolicy = _UNKNOWN) -> Diagnosis:
    """A method that `Access-Control-Allow-Methods` lacks."""
    field = policy.keyword("allow_methods")
    message = f"The server does not allow {method}. The response to the preflight does not list it."
    if allowed is not None:
        json = "A POST with JSON needs a preflight. " if allowed == ["GET"] and method == "POST" else ""
        message = f"{method} is not in {field}. {json}The list is {allowed!r}."
    evidence: dict[str, object] = {"method": method} | ({"allow_methods": allowed} if allowed is not None else {})
    remedy = None if layer else f"Add {method} to the methods that the server allows."
    if policy.spelt_as_policy:
        evidence["field"] = field
        remedy = missing_in_policy(field, allowed, [method])
    return Diagnosis("method-not-allowed", message, layer.place if layer else None, evidence, remedy=remedy)


def header_refused(name: str, allowed: list[str] | None, layer: LayerInfo | None, policy: LayerPolicy = _UNKNOWN) -> Diagnosis:
    """A request header that `Access-Control-Allow-Headers` lacks."""
    field = policy.keyword("allow_headers")
    message = f"The server does not allow the request header {name!r}. The response to the preflight does not list it."
    if allowed is not None:
        message = f"{name!r} is not in {field}. The list is {allowed!r}."
    evidence: dict[str, object] = {"header": name} | ({"allow_headers": allowed} if allowed is not None else {})
    remedy = None if layer else f"Add {name} to the request headers that the server allows."
    if policy.spelt_as_policy:
        evidence["field"] = field
        remedy = missing_in_policy(field, allowed, [name])
    return Diagnosis(
        "header-not-allowed",
        message,
        layer.place if layer else None,
        evidence,
        remedy=remedy,
    )


def _credentials_faults(observation: Observation, index: int, layer: LayerInfo | None) -> list[Diagnosis]:
    found = []
    policy = _UNKNOWN if layer is None else observation.policy_of(layer)
    if _names(observation, index, (CorsError.PreflightWildcardOriginNotAllowed, CorsError.WildcardOriginNotAllowed)):
        found.append(wildcard_with_credentials(layer))
    elif policy.policy is not None:
        # Its refusals carry no CORS header at all, so the answer does not tell.
        if observation.trace.request.credentials == "include" and not policy.policy.credentials_for(observation.origin):
            found.append(credentials_refused(layer, policy, observation.origin))
    elif _names(observation, index, (CorsError.PreflightInvalidAllowCredentials, CorsError.InvalidAllowCredentials)):
        found.append(credentials_refused(layer))
    return found


def wildcard_with_credentials(layer: LayerInfo | None, *, is_sent: bool = True) -> Diagnosis:
    """The first truth: a browser takes no `*` when the page sends credentials. With `is_sent` the answer has the `*`; without it
    the layer named the origin of a request with cookies, as Starlette's does before 1.0, and did not allow the cookies."""
    message = (
        "The page sends cookies, and the response allows '*'. Browsers refuse that pair: with credentials, the response must "
        "name the page's origin."
        if is_sent
        else "The page sends cookies, and allow_origins=['*'] allows pages only without them. To accept cookies, name the "
        "origins and set allow_credentials."
    )
    remedy = "Name the origins that may send cookies, or let the page use credentials: 'omit' if the API needs none."
    return Diagnosis(
        "wildcard-with-credentials",
        message,
        layer.place if layer else None,
        {"header": "Access-Control-Allow-Origin: *"} if is_sent else {"allow_origins": ["*"]},
        remedy=remedy,
    )


def credentials_refused(layer: LayerInfo | None, policy: LayerPolicy = _UNKNOWN, origin: str = "") -> Diagnosis:
    """`Access-Control-Allow-Credentials: true` is missing."""
    if policy.policy is not None and policy.spelt_as_policy:
        return _credentials_not_in_policy(layer, policy.policy, origin)
    message = "The page sends cookies, and allow_credentials is not set. Browsers then withhold the response."
    remedy = "Set allow_credentials=True and name the origins, or drop credentials: 'include' if the API needs no cookies."
    return Diagnosis("credentials-not-allowed", message, layer.place if layer else None, {}, remedy=remedy)


def _credentials_not_in_policy(layer: LayerInfo | None, policy: Policy, origin: str) -> Diagnosis:
    """The policy lets the page in, and its cookies not: for nobody, or for others only."""
    trusted = None if policy.credential_set is None else list(policy.credential_set.patterns())
    message = "The page sends cookies, and the policy does not set credentials. Browsers then withhold the response."
    remedy = "Write Policy(credentials=True, ...), or drop credentials: 'include' if the API needs no cookies."
    if trusted is not None:
        message = f"The page sends cookies, and {origin!r} is not in credentials. The list is {trusted!r}."
        remedy = (
            f"{missing_in_policy('credentials', trusted, [origin])} Do so only if you trust that page with your users' cookies."
        )
    place = layer.place if layer is not None else None
    return Diagnosis("credentials-not-allowed", message, place, {"sent": origin, "field": "credentials"}, remedy=remedy)


def _names(observation: Observation, index: int, errors: tuple[CorsError, ...]) -> bool:
    return any(step.exchange == index and step.error in errors for step in observation.trace.failed_steps)


def _refused_headers(observation: Observation, index: int) -> list[str]:
    error = CorsError.HeaderDisallowedByPreflightResponse
    steps = observation.trace.failed_steps
    return [step.parameter for step in steps if step.exchange == index and step.error is error and step.parameter]


def _other_layer(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """Another layer answered the preflight by itself, so that no CORS layer behind it was asked; what that one lacks is
    hidden."""
    status = status_of(observation.trace.exchanges[index])
    if 300 <= status < 400:
        return [_redirected(observation, index, layer)]
    inner = next((found for found in observation.cors_layers if found.index > layer.index), None)
    if inner is not None:
        return [not_outermost(observation, layer, status), *policy_faults(observation, index, inner)]
    if not observation.cors_layers:
        return [missing_layer(observation)]
    message = f"{layer.name}{at(layer.place)} answers the preflight itself ({status}), without CORS headers."
    return [Diagnosis("preflight-answered-by-other-layer", message, layer.place, {"status": status, "layer": layer.name})]


def _manual_handler(observation: Observation, index: int) -> Diagnosis:
    facts = observation.facts_of(index)
    route = observation.app.routes[facts.route] if observation.app is not None and facts.route is not None else None
    exchange = observation.trace.exchanges[index]
    named = exchange.response.header("access-control-allow-origin") if isinstance(exchange.response, WireResponse) else None
    lacks = "names no origin" if named is None else "does not allow all that the page asks for"
    name = f" {route.name}" if route and route.name else ""
    message = f"The OPTIONS handler{name} answers the preflight. Its response ({status_of(exchange)}) {lacks}."
    remedy = "Remove the handler and let CORSMiddleware answer preflights."
    return Diagnosis(
        "manual-options-handler", message, route.endpoint_place if route else None, {"status": status_of(exchange)}, remedy=remedy
    )


def _unhandled(observation: Observation, index: int) -> Diagnosis:
    """The router answered the preflight: no CORS layer is in front of it."""
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    if isinstance(response, WireResponse) and response.header("access-control-allow-origin") is not None:
        message = f"CORS headers are set by hand, but nothing handles OPTIONS. The preflight gets {response.status}."
        remedy = "Replace the headers by CORSMiddleware, which also answers preflights."
        layer = observation.header_layer
        place = layer.place if layer else None
        return Diagnosis("manual-cors-headers", message, place, {"status": response.status}, severity="error", remedy=remedy)
    slash = _slash_redirect(observation, index)
    return slash if slash is not None else missing_layer(observation)


def _slash_redirect(observation: Observation, index: int) -> Diagnosis | None:
    """The router of an app without a CORS layer redirects to the slash, behind which a mounted app has one."""
    exchange, app = observation.trace.exchanges[index], observation.app
    location = exchange.response.header("location") if isinstance(exchange.response, WireResponse) else None
    if (
        app is None
        or not app.cors_layers
        or location is None
        or _redirect_slug(exchange.request.url, location) != "redirect-slashes"
    ):
        return None
    path = urlsplit(exchange.request.url).path.rstrip("/")
    mounted = next((found for found in app.apps if found.prefix and path == found.prefix.rstrip("/")), None)
    message = f"The router redirects the preflight to {location!r}. Browsers do not follow redirects of a preflight."
    remedy = f"Let the page call {location} right away, or put CORSMiddleware on the outer app."
    evidence = {"sent": exchange.request.url, "allowed": location}
    return Diagnosis("redirect-slashes", message, mounted.mounted_at if mounted else None, evidence, remedy=remedy)


def _redirected(observation: Observation, index: int, layer: LayerInfo | None) -> Diagnosis:
    exchange = observation.trace.exchanges[index]
    location = exchange.response.header("location") if isinstance(exchange.response, WireResponse) else None
    if layer is None and location is not None:
        slug = _redirect_slug(exchange.request.url, location)
        if slug is not None:
            message = f"The server redirects the preflight to {location!r}. Browsers do not follow redirects of a preflight."
            remedy = f"Let the page call {location} right away."
            return Diagnosis(slug, message, None, {"sent": exchange.request.url, "allowed": location}, remedy=remedy)
    who = layer.name if layer else "The server"
    message = f"{who} redirects the preflight to {location!r}. Browsers do not follow redirects of a preflight."
    return Diagnosis(
        "preflight-redirected", message, layer.place if layer else None, {"location": location, "status": status_of(exchange)}
    )


def _redirect_slug(url: str, location: str) -> str | None:
    here, there = parse_url(url), parse_url(location, url)
    if here is None or there is None:
        return None
    if here.request_url.partition("?")[0].rstrip("/") == there.request_url.partition("?")[0].rstrip("/"):
        return "redirect-slashes"
    return "redirect-downgrades-to-http" if (here.scheme, there.scheme) == ("https", "http") else None


def _by_status(observation: Observation, index: int) -> list[Diagnosis]:
    """Nothing is known but the answer: its status tells which kind of layer sent it."""
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    assert isinstance(response, WireResponse)
    status, excerpt = response.status, observation.facts_of(index).body_excerpt
    if excerpt.startswith("Disallowed CORS "):
        return _reported_by_starlette(observation, index, excerpt)
    in_front = answered_in_front(observation, index)
    named = response.header("access-control-allow-origin")
    if named is not None:
        found = _named_but_wrong(observation, index, response, named)
        return found if in_front is None else [in_front, *(replace(fault, remedy=in_front.remedy) for fault in found)]
    if in_front is not None:
        return [in_front]
    if 300 <= status < 400:
        return [_redirected(observation, index, None)]
    if status in REFUSED:
        message = (
            f"The preflight gets {status} without CORS headers. A layer outside CORS (authentication, a rate limit) answers "
            "by itself."
        )
        remedy = "Add CORSMiddleware last, so that it is outermost and answers preflights before that layer."
        return [Diagnosis("preflight-answered-by-other-layer", message, None, {"status": status}, remedy=remedy)]
    if status in GATEWAY:
        return [gateway_or_app(status)]
    if status >= 500:
        message = f"The server answers the preflight with {status}. It, or a proxy in front of it, fails before CORS is checked."
        return [Diagnosis("preflight-bad-status", message, None, {"status": status})]
    if 200 <= status < 300:
        message = f"The preflight gets {status} without CORS headers. Something handles OPTIONS that does not know CORS."
        return [Diagnosis("manual-options-handler", message, None, {"status": status})]
    return [missing_layer(observation, status)]


def _reported_by_starlette(observation: Observation, index: int, excerpt: str) -> list[Diagnosis]:
    """Starlette says in the body, which no browser shows, what it refused."""
    parts = {part.strip() for part in excerpt.removeprefix("Disallowed CORS ").splitlines()[0].split(",")}
    request = observation.trace.exchanges[index].request
    found = []
    if "origin" in parts:
        message = f"The server has a CORS layer, which does not allow {observation.origin!r}."
        remedy = f"Add {observation.origin!r} to the origins that the server allows."
        found.append(Diagnosis("origin-mismatch", message, None, {"sent": observation.origin}, remedy=remedy))
    if "method" in parts:
        found.append(method_refused(request.header("access-control-request-method") or "", None, None))
    if "headers" in parts:
        asked = request.header("access-control-request-headers") or ""
        message = f"The server does not allow one of the request headers {asked!r}."
        remedy = "Add the header to the request headers that the server allows."
        found.append(Diagnosis("header-not-allowed", message, None, {"headers": asked}, remedy=remedy))
    return found or [missing_layer(observation)]


def _named_but_wrong(observation: Observation, index: int, response: WireResponse, named: str) -> list[Diagnosis]:
    found = origin_answer_faults(observation, index, named)
    found += _credentials_faults(observation, index, None)
    status = response.status
    if not 200 <= status < 300 and not found:
        found.append(_bad_status_with_headers(observation, index, status))
    request = observation.trace.exchanges[index].request
    if _names(observation, index, (CorsError.MethodDisallowedByPreflightResponse,)) and 200 <= status < 300:
        found.append(method_refused(request.header("access-control-request-method") or "", None, None))
    if 200 <= status < 300:
        found += [header_refused(name, None, None) for name in _refused_headers(observation, index)]
    for error, header in (
        (CorsError.InvalidAllowMethodsPreflightResponse, "access-control-allow-methods"),
        (CorsError.InvalidAllowHeadersPreflightResponse, "access-control-allow-headers"),
    ):
        if _names(observation, index, (error,)):
            found.append(_unreadable(header, response.header(header) or ""))
    return found


def _bad_status_with_headers(observation: Observation, index: int, status: int) -> Diagnosis:
    if status == 405:
        message = (
            "The answer to the preflight names the origin, but its status is 405: headers are set by hand and nothing "
            "handles OPTIONS."
        )
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
        message = (
            f"Access-Control-Allow-Origin holds more than one value, {named!r}: two layers each add theirs, or one adds a list."
        )
        remedy = "Let one layer alone set CORS headers: the app, or the proxy in front of it."
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
