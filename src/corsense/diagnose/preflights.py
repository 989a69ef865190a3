"""A preflight did not get through: which layer answered it, and what it did not allow."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from corsense.app.description import LayerInfo
from corsense.diagnose.cors_headers import named_but_wrong
from corsense.diagnose.fronts import answered_in_front, gateway_or_app
from corsense.diagnose.knobs import remedy as front_remedy
from corsense.diagnose.observation import Diagnosis, Observation, at, status_of
from corsense.diagnose.permissions import method_refused
from corsense.diagnose.redirects import downgraded
from corsense.diagnose.refusals import policy_faults, refused_by_policy
from corsense.diagnose.statuses import GATEWAY, NOT_HANDLED, REFUSED
from corsense.diagnose.structure import crashed, lacks_start_up, missing_layer, not_outermost, refused_by_known_server
from corsense.fetch import WireResponse
from corsense.url import parse_url


def refused_preflight(observation: Observation, index: int) -> list[Diagnosis]:
    """Why the preflight at `index` did not get through: every fault of its answer, the one the browser names first."""
    facts = observation.facts_of(index)
    app = observation.app
    if facts.exception is not None:
        never_handled = lacks_start_up(observation) and not observation.cors_layers
        return [missing_layer(observation) if never_handled else crashed(observation, index)]
    if app is not None and isinstance(facts.answered_by, int):
        layer = app.layers[facts.answered_by]
        return refused_by_policy(observation, index, layer) if layer.is_cors else _other_layer(observation, index, layer)
    if facts.answered_by == "endpoint":
        declined = _knows_no_cors(observation, index) and not observation.cors_layers
        return [missing_layer(observation) if declined else _manual_handler(observation, index)]
    if facts.answered_by in ("router", "exception-handler", "server-error", "server"):
        return [_unhandled(observation, index)]
    return _by_status(observation, index)


def _knows_no_cors(observation: Observation, index: int) -> bool:
    """Whether what answered the preflight did not handle OPTIONS, or is an app of another framework that did so without CORS."""
    exchange = observation.trace.exchanges[index]
    if status_of(exchange) in NOT_HANDLED:
        return True
    named = exchange.response.header("access-control-allow-origin") if isinstance(exchange.response, WireResponse) else None
    return named is None and observation.facts_of(index).route is None


def _other_layer(observation: Observation, index: int, layer: LayerInfo) -> list[Diagnosis]:
    """Another layer answered the preflight by itself, so no CORS layer behind it saw the preflight; what that one lacks is
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
    remedy = f"Let the page call {location} directly, or put CORSMiddleware on the outer app."
    evidence = {"sent": exchange.request.url, "allowed": location}
    return Diagnosis("redirect-slashes", message, mounted.mounted_at if mounted else None, evidence, remedy=remedy)


def _redirected(observation: Observation, index: int, layer: LayerInfo | None) -> Diagnosis:
    exchange = observation.trace.exchanges[index]
    location = exchange.response.header("location") if isinstance(exchange.response, WireResponse) else None
    if layer is None and location is not None:
        slug = _redirect_slug(exchange.request.url, location)
        if slug is not None:
            message = f"The server redirects the preflight to {location!r}. Browsers do not follow redirects of a preflight."
            directly = f"Let the page call {location} directly."
            downgrade = slug == "redirect-downgrades-to-http"
            remedy = downgraded(exchange.request.url, location).remedy if downgrade else directly
            return Diagnosis(slug, message, None, {"sent": exchange.request.url, "allowed": location}, remedy=remedy)
    who = layer.name if layer else "The server"
    message = f"{who} redirects the preflight to {location!r}. Browsers do not follow redirects of a preflight."
    place, evidence = layer.place if layer else None, {"location": location, "status": status_of(exchange)}
    there = parse_url(location, exchange.request.url) if location is not None else None
    remedy = None
    if there is not None and there.scheme == "https" and exchange.request.url.startswith("http:"):
        remedy = f"Let the page call https itself, {there.href}, so that nothing redirects."
    elif there is not None:
        remedy = f"Let the page call {there.href} directly, or keep what redirects from answering OPTIONS."
    return Diagnosis("preflight-redirected", message, place, evidence, remedy=remedy)


def _redirect_slug(url: str, location: str) -> str | None:
    here, there = parse_url(url), parse_url(location, url)
    if here is None or there is None:
        return None
    if here.request_url.partition("?")[0].rstrip("/") == there.request_url.partition("?")[0].rstrip("/"):
        return "redirect-slashes"
    return "redirect-downgrades-to-http" if (here.scheme, there.scheme) == ("https", "http") else None


def _by_status(observation: Observation, index: int) -> list[Diagnosis]:
    """Only the response is known: its status shows which kind of layer sent it."""
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    assert isinstance(response, WireResponse)
    status, excerpt = response.status, observation.facts_of(index).body_excerpt
    if excerpt.startswith("Disallowed CORS "):
        return _reported_by_starlette(observation, index, excerpt)
    in_front = answered_in_front(observation, index)
    named = response.header("access-control-allow-origin")
    if named is not None:
        found = named_but_wrong(observation, index, response, named)
        if in_front is None:
            return found
        advice = front_remedy(observation.respondent_of(index).layer, "policy")
        return [replace(fault, remedy=advice) for fault in (in_front, *found)]
    if in_front is not None:
        return [in_front]
    if 300 <= status < 400:
        return [_redirected(observation, index, None)]
    by_known_server = refused_by_known_server(observation) if status not in GATEWAY and status < 500 else None
    if by_known_server is not None:
        return [by_known_server]
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
        remedy = "Let what answers OPTIONS, a handler in the app or a proxy in front, pass preflights on to CORSMiddleware."
        return [Diagnosis("manual-options-handler", message, None, {"status": status}, remedy=remedy)]
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
