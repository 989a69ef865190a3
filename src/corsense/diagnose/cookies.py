"""A cookie that the browser will not store, or not send back: which attribute keeps it, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from corsense.causes import Severity
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.fetch import WireResponse
from corsense.fetch.cookies import Cookie, cookie_verdict, parse_set_cookie, same_site
from corsense.url import is_loopback_host, parse_url

Attribute = Literal["credentials", "secure", "same-site", "domain", "path", "third-party", "other"]
"""What keeps a cookie from being stored or sent."""


def cookie_faults(observation: Observation, response: WireResponse) -> Iterator[Diagnosis]:
    """The cookies of a response that the browser does not store, or does not send with the next request."""
    request = observation.trace.request
    for name, value in response.headers:
        cookie = parse_set_cookie(value) if name.lower() == "set-cookie" else None
        if cookie is None or cookie.deleted:
            continue
        verdict = cookie_verdict(cookie, observation.origin, request.url, request.credentials, observation.trace.engine)
        if verdict.stored and verdict.sent:
            continue
        reasons = [verdict.reason or "it is refused", *_next_reason(cookie, verdict.reason or "", observation)]
        what = "does not store" if not verdict.stored else "does not send back"
        why = " and ".join(reasons)
        message = f"The browser {what} the cookie {cookie.name!r}, because {why}. This is a matter of cookies, not of CORS."
        attribute = _attribute(cookie, verdict.reason or "")
        severity: Severity | None = None
        remedy = _remedy(attribute, observation.origin, request.url, secure=cookie.secure)
        for reason in reasons[1:]:
            remedy += f" {_remedy(_attribute(cookie, reason), observation.origin, request.url, secure=True)}"
        if _is_deployed_elsewhere(observation):
            named = "Say where the API will live, because cookies depend on it: --base-url https://api.example.com."
            severity, remedy = ("info", named) if observation.assumed_place else (None, f"{named} On another site: {remedy}")
        stack = observation.app.layers if observation.app is not None else ()
        place = next((layer.place for layer in stack if layer.name == "SessionMiddleware"), None)
        evidence = {"cookie": cookie.name, "attribute": attribute}
        yield Diagnosis("cookie-not-sent", message, place, evidence, severity, remedy)


def _next_reason(cookie: Cookie, reason: str, observation: Observation) -> list[str]:
    """What else keeps a cookie back that lacks Secure: the fault that shows once Secure is added."""
    if cookie.secure or _attribute(cookie, reason) != "secure":
        return []
    request = observation.trace.request
    secured = replace(cookie, secure=True)
    verdict = cookie_verdict(secured, observation.origin, request.url, request.credentials, observation.trace.engine)
    return [] if verdict.reason is None or verdict.reason.startswith("it is Secure") else [verdict.reason]


def _is_deployed_elsewhere(observation: Observation) -> bool:
    """Whether a deployed page was tried on an app that is assumed to run on this machine."""
    page, target = parse_url(observation.origin), parse_url(observation.trace.request.url)
    if observation.app is None or page is None or target is None or page.origin == "null":
        return False
    return is_loopback_host(target.host) and not is_loopback_host(page.host) and "." in page.host


def _attribute(cookie: Cookie, reason: str) -> Attribute:
    """What the reason of a verdict is about."""
    if "credentials:" in reason:
        return "credentials"
    if reason.startswith("it is Secure") or "only accepted together with Secure" in reason:
        return "secure"
    if "SameSite" in reason:
        return "same-site"
    if reason.startswith("its Domain"):
        return "domain"
    if reason.startswith("its Path"):
        return "path"
    return "third-party" if reason.startswith(("this browser", "the page has no site")) else "other"


def _remedy(attribute: Attribute, origin: str, target: str, *, secure: bool) -> str:
    url = parse_url(target)
    host = url.host if url is not None else "the API's host"
    if attribute == "credentials":
        return "Let the page send credentials: 'include' (axios: withCredentials), and set allow_credentials=True."
    if attribute == "secure":
        if url is not None and url.scheme == "https":
            return "Add Secure: set_cookie(..., secure=True), or SessionMiddleware(https_only=True)."
        if not secure:
            one_site = "Page and API are on one site" if same_site(origin, target) else "With page and API on one site"
            return (
                f"Add Secure: set_cookie(..., secure=True), and serve the API over https. {one_site}: samesite='lax' is enough."
            )
        return "Serve the API over https, or leave Secure out where it is not: secure=False in development."
    if attribute == "domain":
        return f"Leave domain= out, or name {host} or a parent of it that you own."
    if attribute == "path":
        return "Set path='/', so that all routes get the cookie."
    if attribute == "third-party":
        return "Put page and API on one site, such as app.example.com and api.example.com: this browser blocks other cookies."
    if attribute != "same-site":
        return "Correct that attribute in set_cookie()."
    page = parse_url(origin)
    if page is not None and url is not None and is_loopback_host(page.host) and is_loopback_host(url.host):
        return "Use one name for this machine in the page and in the API's URL: localhost for both."
    if page is not None and url is not None and page.host != url.host and same_site(origin, url.origin, schemeful=False):
        return "Use https for both page and API: with different schemes they are different sites."
    return (
        "Put page and API on one site (app.example.com and api.example.com), where SameSite=Lax is enough; else set "
        "SameSite=None; Secure over https, and guard what changes state against forged requests."
    )
