"""Something in front of the app answered: what it did, and the setting of that layer."""

from __future__ import annotations

import re

from corsense.diagnose.knobs import Purpose, has_setting, remedy, subject, title
from corsense.diagnose.logins import leads_to_login
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.respondent import Respondent
from corsense.diagnose.statuses import GATEWAY, TOO_LARGE, TOO_SLOW
from corsense.fetch import WireResponse

_NGROK_PAGES = re.compile(r"ERR_NGROK_(?:6022|6023|6024|6030)\b")
_HEADING = re.compile(r"<(?:title|h1)[^<>]{0,40}>\s*([^<]{3,80})", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,300}>?")
_PLAIN = ("server", "via", "x-cache")
"""Headers whose values are shown; those of others may hold what is private."""


def answered_in_front(observation: Observation, index: int) -> Diagnosis | None:
    """The cause where something in front of the app made the answer at `index`; None where the app may have."""
    respondent = observation.respondent_of(index)
    exchange = observation.trace.exchanges[index]
    response = exchange.response
    if not isinstance(response, WireResponse) or not respondent.in_front:
        return None
    if respondent.kind == "tunnel":
        return _tunnel(observation, index, respondent, response)
    if response.status in TOO_LARGE:
        return _too_large(respondent, response.status)
    if response.status in GATEWAY:
        return _gateway(respondent, response.status)
    if 300 <= response.status < 400:
        return _redirect(observation, index, respondent, response)
    return _answered(observation, index, respondent, response)


def gateway_or_app(status: int) -> Diagnosis:
    """A status of a gateway, where nothing shows whether a gateway or the app sent it."""
    message = (
        f"The response is {status} without CORS headers, so browsers report a CORS error. The app sent it, or a proxy that did "
        "not reach the app."
    )
    return Diagnosis("gateway-error", message, None, {"status": status}, remedy=remedy(None, "upstream"))


def _evidence(respondent: Respondent, status: int) -> dict[str, object]:
    return {"status": status, "layer": respondent.layer, "evidence": [_public(mark) for mark in respondent.evidence]}


def _public(mark: str) -> str:
    """A mark without the value of a header that may be private."""
    label, separator, _ = mark.partition(": ")
    return label if separator and label not in (*_PLAIN, "body") and " " not in label else mark


def _address(location: str) -> str:
    """Where a redirect leads, without the query, which may hold a token."""
    return location.partition("?")[0].partition("#")[0]


def _who(respondent: Respondent) -> str:
    """The layer, for the start of a sentence, with what gives it away."""
    name = subject(respondent.layer)
    if respondent.layer is None or not respondent.evidence:
        return name
    label, _, value = respondent.evidence[-1].partition(": ")
    heading = _HEADING.search(value)
    words = " ".join((heading[1] if heading is not None else _TAG.sub(" ", value)).split())
    shown = f"its page says {words[:48]!r}" if label == "body" else _public(respondent.evidence[-1])
    return f"{name} ({shown})"


def _gateway(respondent: Respondent, status: int) -> Diagnosis:
    slow = status in TOO_SLOW
    why = "the app did not answer in time" if slow else "it got no answer from the app, or knows no server for it"
    message = (
        f"{_who(respondent)} answers {status} in place of the app: {why}. Its page has no CORS headers, so browsers report a "
        "CORS error."
    )
    advice = remedy(respondent.layer, "timeout" if slow else "upstream")
    return Diagnosis("gateway-error", message, None, _evidence(respondent, status), remedy=advice)


def _too_large(respondent: Respondent, status: int) -> Diagnosis:
    what = {413: "body", 414: "URL"}.get(status, "header (cookies, a token)")
    message = f"{_who(respondent)} answers {status}, because the request's {what} is too large. The app did not get the request."
    advice = remedy(respondent.layer, "size")
    return Diagnosis("request-too-large", message, None, _evidence(respondent, status), remedy=advice)


def _tunnel(observation: Observation, index: int, respondent: Respondent, response: WireResponse) -> Diagnosis:
    reported = f"{response.header('ngrok-error-code') or ''} {observation.facts_of(index).body_excerpt}"
    offline = response.status >= 400 and response.status not in (401, 403, 511) and not _NGROK_PAGES.search(reported)
    evidence = _evidence(respondent, response.status)
    if offline:
        message = f"{_who(respondent)} answers {response.status} by itself. It is not running, or does not reach the app."
        return Diagnosis("gateway-error", message, None, evidence, remedy=remedy(respondent.layer, "upstream"))
    message = (
        f"{_who(respondent)} shows its own page ({response.status}) in place of the API. It does so to browsers only, and "
        "the page has no CORS headers."
    )
    return Diagnosis("tunnel-interstitial", message, None, evidence, remedy=remedy(respondent.layer, "page"))


def _redirect(observation: Observation, index: int, respondent: Respondent, response: WireResponse) -> Diagnosis | None:
    """A redirect to a login; others (to https, to a slash) are judged by where they lead."""
    location = response.header("location")
    is_login = any(mark.startswith("location: ") for mark in respondent.evidence)  # all known marks of that header are logins
    if location is None or not (is_login or leads_to_login(observation.trace.exchanges[index].request.url, location)):
        return None
    if observation.trace.exchanges[index].request.preflight:
        message = (
            f"{_who(respondent)} redirects the preflight to a login, {_address(location)!r}. A preflight carries no cookie "
            "and no token, and browsers do not follow its redirects."
        )
        advice = remedy(respondent.layer, "preflight")
        return Diagnosis("answered-by-proxy", message, None, _evidence(respondent, response.status), remedy=advice)
    return to_login(observation, location, respondent)


def to_login(observation: Observation, location: str, respondent: Respondent | None = None) -> Diagnosis:
    """A call of script was redirected to a page where people log in."""
    url = observation.trace.request.url
    by = f" by {title(respondent.layer)}" if respondent is not None and respondent.layer is not None else ""
    message = (
        f"{url} is redirected{by} to {_address(location)!r}, a login page. Script of another origin may not read that page, and "
        "no setting of this server changes that."
    )
    advice = (
        f"Navigate, do not fetch: window.location.href = {url!r}. When a session has ended, let the API answer 401 and the page "
        "navigate."
    )
    if respondent is not None and respondent.layer is not None:
        advice += f" {remedy(respondent.layer, 'own')}"
    return Diagnosis("redirect-to-login", message, None, {"from": url, "to": _address(location)}, remedy=advice)


_PURPOSES: dict[int, Purpose] = {404: "route", 429: "limit"}


def _answered(observation: Observation, index: int, respondent: Respondent, response: WireResponse) -> Diagnosis:
    request = observation.trace.exchanges[index].request
    what = "the preflight" if request.preflight else "the request"
    status = response.status
    purpose: Purpose = "preflight" if request.preflight else "own"
    if status in _PURPOSES:
        purpose = _PURPOSES[status]
    reason = {
        401: ", because it requires a login or a key",
        403: ", refusing it",
        404: ", because it has no route for it",
        407: ", because it requires a login",
        429: ", a rate limit",
    }
    page = (response.header("content-type") or "").lower().startswith("text/html") and 200 <= status < 300
    if page and has_setting(respondent.layer, "route"):
        purpose, reason[status] = "route", ", a page of its own"
    consequence = "without CORS headers"
    if response.header("access-control-allow-origin") is not None:
        consequence = "with its own CORS headers, which do not allow this call"
    elif any(name.lower().startswith("access-control-") for name, _ in response.headers):
        consequence = f"and does not allow {observation.origin!r}"
    if request.preflight and consequence != "without CORS headers":
        purpose = "policy"
    message = (
        f"{_who(respondent)} answers {what} itself with {status}{reason.get(status, '')}, {consequence}. The app and its "
        "CORSMiddleware did not get the request."
    )
    return Diagnosis("answered-by-proxy", message, None, _evidence(respondent, status), remedy=remedy(respondent.layer, purpose))
