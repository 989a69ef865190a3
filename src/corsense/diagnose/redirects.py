"""A redirect that leaves the server: to a page where people log in, or to another API."""

from __future__ import annotations

import re

from corsense.app.fetching import NOT_SENT
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.fetch import Failed, FailureReason, WireResponse
from corsense.finding import Place
from corsense.url import ParsedUrl, parse_url

_HOSTS = re.compile(
    r"(?:^|[.-])(?:accounts?|auth\d*|login|sso|idp|iam|id|identity|keycloak|cas|adfs|okta|signin|oauth\d*)(?:[.-]|$)"
)
_HOSTED = re.compile(r"\.(?:auth0|okta|oktapreview|cloudflareaccess|b2clogin|onelogin|amazoncognito|clerk)\.\w+$")
_PATHS = re.compile(
    r"/(?:oauth2?|authorize|authorization|openid-connect|login|log-in|signin|sign-in|sign_in|sso|saml2?|cas|adfs)(?:[/.;?]|$)",
    re.IGNORECASE,
)


_NOT_ASKED = (FailureReason.NOT_FOLLOWED, NOT_SENT)


def leaves_for_login(target: ParsedUrl) -> bool:
    """Whether a URL looks like a page where people log in, by its host or its path."""
    path = target.href.partition("://")[2].partition("/")[2].partition("?")[0]
    return bool(_HOSTS.search(target.host.lower()) or _HOSTED.search(target.host.lower()) or _PATHS.search(f"/{path}"))


def is_explained(observation: Observation) -> bool:
    """Whether it is clear why the fetch ended at a redirect that was not followed: it leads to a login, or away from https."""
    outcome = observation.trace.outcome
    return isinstance(outcome, Failed) and redirected_elsewhere(observation, outcome) is not None


def leaves_https(here: ParsedUrl, there: ParsedUrl) -> bool:
    """Whether a redirect leads to http on the same host."""
    return (here.scheme, here.host, there.scheme) == ("https", there.host, "http")


def downgraded(source: str, target: str) -> Diagnosis:
    """A redirect leads from https to http: the app believes that it was called over http."""
    message = f"The server redirects from https to {target}. A page on https may not load plain http."
    remedy = (
        "Tell the app that it is behind https: uvicorn --proxy-headers --forwarded-allow-ips, so that its redirects stay https."
    )
    return Diagnosis("redirect-downgrades-to-http", message, None, {"from": source, "to": target}, remedy=remedy)


def redirected_elsewhere(observation: Observation, outcome: Failed) -> Diagnosis | None:
    """A redirect leads to another server, which was not asked; None where nothing of the kind happened."""
    index = outcome.exchange
    if index is None or outcome.reason not in _NOT_ASKED:
        return None
    exchange = observation.trace.exchanges[index]
    answered = [before for before in observation.trace.exchanges[:index] if isinstance(before.response, WireResponse)]
    target = parse_url(exchange.request.url)
    redirect = next((before for before in reversed(answered) if not before.request.preflight), None)
    if redirect is None or target is None:
        return None
    source = redirect.request.url
    here = parse_url(source)
    if here is not None and leaves_https(here, target):
        return downgraded(source, target.href)
    login = redirect_to_login(observation, source, target)
    return login or (_to_another_server(observation, source, target) if observation.app is not None else None)


def redirect_to_login(observation: Observation, source: str, target: ParsedUrl) -> Diagnosis | None:
    """A fetch is sent to a page where people log in, of another origin; None where `target` does not look like one."""
    here = parse_url(source)
    if not leaves_for_login(target) or (here is not None and here.origin == target.origin):
        return None
    message = (
        f"{source} redirects to {target.origin}, where people log in: fetch() follows the redirect, and a login page gives no "
        "permission to script."
    )
    remedy = (
        "Navigate, do not fetch: window.location.href = the URL of the API. For calls of script whose session has ended, answer "
        "401 in place of the redirect."
    )
    return Diagnosis("redirect-to-login", message, _endpoint(observation), {"from": source, "to": target.origin}, "error", remedy)


def _to_another_server(observation: Observation, source: str, target: ParsedUrl) -> Diagnosis:
    message = (
        f"{source} redirects to {target.origin}, another server. The page gets there only if that server allows the origin "
        f"{'null' if observation.trace.exchanges[-1].request.header('origin') == 'null' else observation.origin}; "
        "this check did not ask it."
    )
    remedy = f"Check the address itself (corsense check {target.origin}), or return it as JSON and let the page call it."
    return Diagnosis(
        "redirect-loses-cors", message, _endpoint(observation), {"from": source, "to": target.origin}, "warning", remedy
    )


def _endpoint(observation: Observation) -> Place | None:
    return observation.route.endpoint_place if observation.route is not None else None
