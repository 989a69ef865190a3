"""The request itself was sent, and the page may not read its response: who answered, and why without permission."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from corsense.clients import profile
from corsense.diagnose.cors_headers import origin_answer_faults
from corsense.diagnose.fronts import answered_in_front, gateway_or_app, to_login
from corsense.diagnose.knobs import remedy as front_remedy
from corsense.diagnose.knobs import subject
from corsense.diagnose.logins import leads_to_login
from corsense.diagnose.observation import Diagnosis, Observation, status_of
from corsense.diagnose.origin_faults import refused_origin
from corsense.diagnose.permissions import credentials_refused, wildcard_with_credentials
from corsense.diagnose.policies import LayerPolicy
from corsense.diagnose.redirects import downgraded, leaves_https, redirect_to_login
from corsense.diagnose.refusals import policy_faults
from corsense.diagnose.statuses import GATEWAY, REFUSED, TOO_LARGE
from corsense.diagnose.structure import (
    crashed,
    error_without_headers,
    missing_layer,
    not_outermost,
    refused_by_known_server,
)
from corsense.fetch import CorsError, WireResponse
from corsense.url import parse_url


def refused_answer(observation: Observation, index: int) -> list[Diagnosis]:
    """Why the page may not read the response at `index`: all its faults, the one the browser names first."""
    found = _faults(observation, index)
    layer = _layer_of_preflight(observation, index)
    if layer is None:
        return found
    said = f"{subject(layer)} answered the preflight itself; this response comes from behind it."
    return [replace(fault, message=f"{fault.message} {said}") for fault in found]


def _layer_of_preflight(observation: Observation, index: int) -> str | None:
    """The layer in front that answered the preflight of a request that it passed on; None where the same answered both."""
    preflights = (at for at in range(index) if observation.trace.exchanges[at].request.preflight)
    before = next(preflights, None)
    if before is None or observation.respondent_of(index).in_front:
        return None
    respondent = observation.respondent_of(before)
    return respondent.layer if respondent.in_front else None


def _faults(observation: Observation, index: int) -> list[Diagnosis]:
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    assert isinstance(response, WireResponse)
    facts = observation.facts_of(index)
    if facts.exception is not None:
        return [crashed(observation, index)]
    named = response.header("access-control-allow-origin")
    away = _away_from_https(observation, index)
    if away is not None:
        return [away]
    in_front = answered_in_front(observation, index)
    if in_front is not None:
        return [in_front]
    redirected = _after_redirect(observation, index)
    if redirected is not None:
        return [redirected]
    if named is None:
        return _no_header(observation, index, response)
    return _wrong_header(observation, index, named)


def _no_header(observation: Observation, index: int, response: WireResponse) -> list[Diagnosis]:
    facts, app, status = observation.facts_of(index), observation.app, response.status
    if app is None:
        return [_by_status(observation, index, response)]
    layers = observation.cors_layers
    outer = app.layers[facts.answered_by] if isinstance(facts.answered_by, int) else None
    inner = next((found for found in layers if outer is not None and found.index > outer.index), None)
    if outer is not None and inner is not None:
        return [not_outermost(observation, outer, status), *policy_faults(observation, index, inner)]
    if facts.answered_by in ("server-error", "server") and (layers or observation.situation == "error"):
        return [error_without_headers(observation, status)]
    refusing = [
        layer for layer in observation.layers_passed(index) if not observation.policy_of(layer).allows_origin(observation.origin)
    ]
    if refusing:
        return [refused_origin(observation, refusing[0])]
    if app.cors_layers and 300 <= status < 400 and _only_slash(observation, index, response.header("location")):
        return [_slash_without_permission(observation, response)]
    if any(exchange.request.preflight for exchange in observation.trace.exchanges):
        return [_only_on_options(observation, index)]
    return [missing_layer(observation)]


def _slash_without_permission(observation: Observation, response: WireResponse) -> Diagnosis:
    """The router of an app that has no CORS layer redirects to the slash, perhaps to a mounted app that has one."""
    location = response.header("location")
    message = f"The router redirects to {location!r} without CORS headers. The browser stops there."
    owner = observation.app.apps[observation.route.app] if observation.app is not None and observation.route is not None else None
    place = owner.mounted_at if owner is not None else None
    remedy = f"Let the page call {location} directly, or put CORSMiddleware on the outer app."
    return Diagnosis("redirect-slashes", message, place, {"location": location}, remedy=remedy)


def _only_on_options(observation: Observation, index: int) -> Diagnosis:
    message = "Only the response to the preflight has CORS headers. The request runs, but the page cannot read its response."
    app = observation.app
    layer = _layer_of_preflight(observation, index)
    if layer is not None:
        return Diagnosis("answered-by-proxy", message, None, {"layer": layer}, remedy=front_remedy(layer, "responses"))
    handler = next(
        (facts.route for facts in observation.facts if facts.answered_by == "endpoint" and facts.route is not None), None
    )
    place = app.routes[handler].endpoint_place if app is not None and handler is not None else None
    remedy = "Remove the OPTIONS handler; CORSMiddleware answers preflights and adds the headers to all responses."
    return Diagnosis("manual-options-handler", message, place, {}, remedy=remedy)


def _by_status(observation: Observation, index: int, response: WireResponse) -> Diagnosis:
    """Only the response is known."""
    status = response.status
    preflighted = any(exchange.request.preflight for exchange in observation.trace.exchanges)
    if status in TOO_LARGE:
        message = (
            f"The request is too large: it gets {status} without CORS headers. The server, or a proxy in front, sets the limit."
        )
        return Diagnosis("request-too-large", message, None, {"status": status}, remedy=front_remedy(None, "size"))
    if status in GATEWAY:
        return gateway_or_app(status)
    if status >= 500:
        message = (
            f"The server answers {status} without CORS headers, so browsers report a CORS error. It crashed: its log has the "
            "traceback."
        )
        remedy = "Look at the server's log and fix the crash. To let pages read 500s, wrap the whole app in CORSMiddleware."
        return Diagnosis("unhandled-exception", message, None, {"status": status}, severity="error", remedy=remedy)
    by_known_server = refused_by_known_server(observation) if not 300 <= status < 400 else None
    if by_known_server is not None:
        return by_known_server
    if status in REFUSED:
        message = (
            f"The server answers {status} without CORS headers. A layer outside CORS (authentication, a rate limit) answers by "
            "itself."
        )
        remedy = "Add CORSMiddleware last, so that it is outermost."
        return Diagnosis("cors-not-outermost", message, None, {"status": status}, remedy=remedy)
    if 300 <= status < 400:
        location = response.header("location")
        if location is not None and leads_to_login(observation.trace.exchanges[index].request.url, location):
            return to_login(observation, location)
        message = f"The server redirects to {location!r} without CORS headers. The browser stops there."
        slug = "redirect-slashes" if _only_slash(observation, index, location) else "redirect-loses-cors"
        return Diagnosis(
            slug, message, None, {"status": status, "location": location}, remedy=f"Let the page call {location} directly."
        )
    if preflighted:
        return _only_on_options(observation, index)
    if response.header("vary") and "origin" in (response.header("vary") or "").lower():
        message = f"The server has a CORS layer, which does not allow {observation.origin!r}. It sends Vary: Origin."
        return Diagnosis(
            "origin-mismatch", message, None, {"sent": observation.origin}, remedy=f"Add {observation.origin!r} to its origins."
        )
    return missing_layer(observation)


def _only_slash(observation: Observation, index: int, location: str | None) -> bool:
    here = parse_url(observation.trace.exchanges[index].request.url)
    there = parse_url(location, here.href) if here is not None and location is not None else None
    return here is not None and there is not None and here.request_url.rstrip("/") == there.request_url.rstrip("/")


def _wrong_header(observation: Observation, index: int, named: str) -> list[Diagnosis]:
    errors = {step.error for step in observation.trace.failed_steps if step.exchange == index}
    layers = observation.cors_layers
    layer = layers[0] if layers else None
    if CorsError.WildcardOriginNotAllowed in errors:
        return [wildcard_with_credentials(layer)]
    if CorsError.InvalidAllowCredentials in errors and layer is not None and _lets_all_in(observation.policy_of(layer)):
        return [wildcard_with_credentials(layer, is_sent=False)]
    found = origin_answer_faults(observation, index, named)
    if CorsError.InvalidAllowCredentials in errors:
        found.append(
            credentials_refused(layer)
            if layer is None
            else credentials_refused(layer, observation.policy_of(layer), observation.origin)
        )
    return found


def _lets_all_in(policy: LayerPolicy) -> bool:
    return policy.policy is None and policy.allows_all_origins


def _away_from_https(observation: Observation, index: int) -> Diagnosis | None:
    """A redirect on the way left https for http on the same host; from there on the browser sends `Origin: null`."""
    requests = [exchange.request for exchange in observation.trace.exchanges[: index + 1] if not exchange.request.preflight]
    urls = [parse_url(request.url) for request in requests]
    for here, there in pairwise(urls):
        if here is not None and there is not None and leaves_https(here, there):
            return downgraded(here.href, there.href)
    return None


def _after_redirect(observation: Observation, index: int) -> Diagnosis | None:
    """A redirect on the way changed the origin or the scheme, and that is why the last answer does not fit."""
    requests = [exchange for exchange in observation.trace.exchanges[: index + 1] if not exchange.request.preflight]
    if len(requests) < 2:
        return None
    before, last = requests[-2], requests[-1]
    here, there = parse_url(before.request.url), parse_url(last.request.url)
    if here is None or there is None:
        return None
    if here.origin != there.origin and leads_to_login(here.href, there.href):
        redirecting = observation.facts_of(observation.trace.exchanges.index(before)).route
        place = observation.app.routes[redirecting].endpoint_place if observation.app and redirecting is not None else None
        return replace(to_login(observation, there.href), place=place)
    answered = observation.trace.exchanges[index]
    login = redirect_to_login(observation, before.request.url, there) if here.origin != there.origin else None
    if login is not None:
        return login
    if last.request.header("origin") == "null" and observation.origin != "null":
        message = (
            f"{before.request.url} redirects to another origin, {there.href}. From there on the browser sends Origin: null, "
            f"which the response ({status_of(answered)}) does not allow."
        )
        evidence = {"from": before.request.url, "to": there.href}
        redirecting = observation.facts_of(observation.trace.exchanges.index(before)).route
        place = observation.app.routes[redirecting].endpoint_place if observation.app and redirecting is not None else None
        return Diagnosis("redirect-loses-cors", message, place, evidence, remedy=f"Let the page call {there.href} directly.")
    return None


def describe_slash_redirect(observation: Observation) -> Diagnosis | None:
    """An allowed request that took a redirect of slashes: a needless round trip, and on some paths a lost `Authorization`."""
    requests = [exchange.request for exchange in observation.trace.exchanges if not exchange.request.preflight]
    if len(requests) < 2 or requests[0].url.rstrip("/") != requests[1].url.rstrip("/"):
        return None
    here, there = parse_url(requests[0].url), parse_url(requests[1].url)
    if here is None or there is None or here.origin != there.origin:
        return None
    place = observation.route.endpoint_place if observation.route else None
    evidence = {"sent": requests[0].url, "allowed": requests[1].url}
    if observation.client is not None and not profile(observation.client).follows_redirects:
        message = (
            f"{requests[0].url} redirects to {requests[1].url}, and the client {observation.client} follows no redirects. Its "
            "calls fail."
        )
        remedy = f"Let the client call {requests[1].url}, or serve the path without a redirect."
        return Diagnosis("redirect-slashes", message, place, evidence, "error", remedy)
    message = (
        f"{requests[0].url} redirects to {requests[1].url}. Each call takes two requests, and two preflights where one is needed."
    )
    return Diagnosis("redirect-slashes", message, place, evidence, severity="info")
