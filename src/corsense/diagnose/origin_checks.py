"""A check of the server's own, beside CORS, that refuses the page for its `Origin`, or the request for its `Host`."""

from __future__ import annotations

import re
from dataclasses import replace

from corsense.diagnose.observation import Diagnosis, Observation
from corsense.fetch import Allowed, Blocked, WireResponse
from corsense.url import parse_url

_STATUSES = frozenset({400, 403, 421})
_REFUSAL = r"(?:in-?valid|forbidden|bad|disallowed|untrusted|unexpected|unknown|mismatched|rejected)"
_NOT = (
    r"(?:is |was )?(?:not (?:an? )?(?:allowed|accepted|permitted|trusted|valid|authorized|whitelisted)|refused|rejected|denied)"
)
_FAILED = r"(?: \w+)?[ _-](?:mismatch|(?:check(?:ing)?|validation|verification)(?: \w+)? failed)"
_ORIGIN = re.compile(
    rf"\b{_REFUSAL}[ _-]origin\b(?! (?:or|and) destination)|\borigin(?: header|[ /]\S{{1,100}})? {_NOT}\b"
    rf"|\borigin(?:/\w+)?{_FAILED}\b"
    r"|\bcross-(?:origin|site) requests?(?: \w+)? (?:blocked|denied|forbidden|refused|detected)\b",
    re.IGNORECASE,
)
_HOST = re.compile(rf"\b{_REFUSAL}[ _-]host\b|\bhost(?: header| \S{{1,100}})? {_NOT}\b", re.IGNORECASE)
_HEADER = re.compile(r"\b(?:origin|host)[ _-](?:header|check)|\bcross-(?:origin|site)\b|\bcsrf\b", re.IGNORECASE)
"""What makes clear that a header is meant: an input may have an origin too, of a journey or a parcel."""
_OF_STARLETTE = "Disallowed CORS "
"""With this its CORS layer begins the body of a preflight that it refuses."""


def refused_by_own_check(observation: Observation) -> Diagnosis | None:
    """What the body of the decisive response says about such a check; None where it says nothing of the kind."""
    index = _decisive(observation)
    response = observation.trace.exchanges[index].response if index is not None else None
    if index is None or not isinstance(response, WireResponse) or response.status not in _STATUSES:
        return None
    facts = observation.facts_of(index)
    if facts.stood_in or facts.body_excerpt.startswith(_OF_STARLETTE):
        return None
    if response.status == 400 and not (_HEADER.search(facts.body_excerpt) or observation.origin in facts.body_excerpt):
        return None
    if _ORIGIN.search(facts.body_excerpt):
        return _of_origin(observation, index, response.status)
    # A host that is refused by a layer outside CORS is the fault of the order of the layers, which has a cause of its own.
    if _HOST.search(facts.body_excerpt) and isinstance(observation.trace.outcome, Allowed):
        return _of_host(observation, index, response.status)
    return None


def _decisive(observation: Observation) -> int | None:
    outcome = observation.trace.outcome
    if isinstance(outcome, Blocked):
        return outcome.exchange
    return len(observation.trace.exchanges) - 1 if isinstance(outcome, Allowed) and observation.trace.exchanges else None


def _of_origin(observation: Observation, index: int, status: int) -> Diagnosis:
    said = _first_line(observation, index)
    message = (
        f"The server checks Origin itself and refuses {observation.origin!r}: it answers {status}, {said!r}. No CORS setting "
        "changes that."
    )
    remedy = (
        f"Add {observation.origin!r} to the list of that check. In the mcp package it is allowed_origins of "
        "TransportSecuritySettings; keep the check on."
    )
    return _diagnosis(observation, index, message, {"sent": observation.origin, "status": status}, remedy)


def _of_host(observation: Observation, index: int, status: int) -> Diagnosis:
    url = parse_url(observation.trace.exchanges[index].request.url)
    host = url.origin.partition("://")[2] if url is not None else ""
    said = _first_line(observation, index)
    message = f"The server checks Host itself and refuses {host!r}: it answers {status}, {said!r}. No CORS setting changes that."
    remedy = (
        f"Add {host!r} to the list of that check. In the mcp package it is allowed_hosts of TransportSecuritySettings; keep the "
        "check on."
    )
    found = _diagnosis(observation, index, message, {"host": host, "status": status}, remedy)
    # The address is assumed where no base URL was named.
    return replace(found, severity="info") if observation.assumed_place else found


def _diagnosis(observation: Observation, index: int, message: str, evidence: dict[str, object], remedy: str) -> Diagnosis:
    answered_by = observation.facts_of(index).answered_by
    app = observation.app
    place = app.layers[answered_by].place if app is not None and isinstance(answered_by, int) else None
    if place is None and observation.route is not None:
        place = observation.route.endpoint_place
    return Diagnosis("origin-check-refused", message, place, evidence, "error", remedy)


def _first_line(observation: Observation, index: int) -> str:
    return observation.facts_of(index).body_excerpt.strip().partition("\n")[0][:80]
