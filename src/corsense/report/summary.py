"""In a few words: what the browser met, the core of a console message, and numbers with their nouns."""

from __future__ import annotations

import re

from corsense.fetch import Blocked, Exchange, Failed, NetworkError, Trace
from corsense.finding import Finding

SITUATIONS = {
    "success": "",
    "error": "when the endpoint crashes",
    "http_exception": "when the endpoint raises HTTPException",
    "validation_error": "when the input is invalid",
    "unauthenticated": "without credentials",
    "unknown_path": "on a path that does not exist",
    "wrong_slash": "with an extra or missing slash",
}
"""What the server was made to do for a result, in words."""

_WORDS = {
    "MissingAllowOriginHeader": "the {what} without Access-Control-Allow-Origin",
    "AllowOriginMismatch": "the {what} and allows {seen!r}, not {origin!r}",
    "WildcardOriginNotAllowed": "the {what} and allows *, but the page sends cookies",
    "MultipleAllowOriginValues": "the {what} with several origins: {seen!r}",
    "InvalidAllowOriginValue": "the {what} with {seen!r}, which is not an origin",
    "InvalidAllowCredentials": "the {what} without Access-Control-Allow-Credentials: true",
    "InvalidStatus": "the preflight asks for {method} and gets {status}",
    "DisallowedRedirect": "the preflight gets a redirect ({status})",
    "MethodDisallowedByPreflightResponse": "the preflight asks for {method} and does not get it",
    "HeaderDisallowedByPreflightResponse": "the preflight asks for {parameter!r} and does not get it",
    "InvalidAllowMethodsPreflightResponse": "the preflight gets a malformed Access-Control-Allow-Methods",
    "InvalidAllowHeadersPreflightResponse": "the preflight gets a malformed Access-Control-Allow-Headers",
    "RedirectContainsCredentials": "the redirect leads to a URL with a user name or password",
}
"""By Chromium's name for the reason, that of the preflight without its first word."""

_PREFIX = re.compile(
    r"^.*?has been blocked by CORS policy: (?:Response to preflight request doesn't pass access control check: )?", re.DOTALL
)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/]+")
_SENTENCE_END = re.compile(r"\. (?=[A-Z])")
_LONGEST_CONSOLE = 200


def label_of(finding: Finding, trace: Trace | None) -> str | None:
    """What happens to the marked source; None where nothing is known that the message does not say."""
    evidence = finding.evidence
    sent, admits = evidence.get("sent"), evidence.get("admits")
    if isinstance(sent, str) and "allowed" in evidence and _ORIGIN.fullmatch(sent):
        return f"browsers send {sent!r}"
    met = met_by(trace) if trace is not None else None
    asked = _asked_for(finding)
    if asked is not None and trace is not None and not _is_about_permissions(trace):
        return f"the preflight asks for {asked}"
    if met is not None:
        return met
    return f"{admits!r} matches too" if isinstance(admits, str) else None


def _asked_for(finding: Finding) -> str | None:
    """The methods or headers that a list lacks."""
    evidence = finding.evidence
    for one, many in (("method", "methods"), ("header", "headers")):
        value = evidence.get(one, evidence.get(many))
        if f"allow_{many}" in evidence and value:
            return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return None


def _is_about_permissions(trace: Trace) -> bool:
    """Whether what stopped a fetch is what a preflight's answer does not permit, and no other fault before it."""
    outcome = trace.outcome
    if not isinstance(outcome, Blocked) or outcome.exchange is None:
        return False
    exchange = trace.exchanges[outcome.exchange]
    refused = str(outcome.error) == "PreflightInvalidStatus" and _status(exchange) == "400"
    return refused or str(outcome.error).endswith("DisallowedByPreflightResponse")


def met_by(trace: Trace) -> str | None:
    """What stopped a fetch, in a few words; None when nothing did."""
    outcome = trace.outcome
    if isinstance(outcome, Failed):
        return f"the request fails: {outcome.reason}"
    if not isinstance(outcome, Blocked) or outcome.exchange is None:
        return None
    exchange = trace.exchanges[outcome.exchange]
    words = _WORDS.get(str(outcome.error).removeprefix("Preflight")) or _WORDS.get(str(outcome.error))
    if words is None:
        return None
    seen = next((step.seen for step in trace.failed_steps if step.error == outcome.error), None)
    asked = exchange.request.header("access-control-request-method")
    return words.format(
        what=f"{'preflight' if exchange.request.preflight else 'request'} gets {_status(exchange)}",
        seen=seen,
        origin=trace.request.origin,
        method=asked or trace.request.method,
        parameter=outcome.parameter,
        status=_status(exchange),
    )


def _status(exchange: Exchange) -> str:
    return "none" if isinstance(exchange.response, NetworkError) else str(exchange.response.status)


def short_console(line: str) -> str:
    """The sentence of a console message that names the reason, behind dots where something goes before it."""
    core = _PREFIX.sub("", line, count=1)
    first = _SENTENCE_END.split(core, maxsplit=1)[0]
    first = first if first == core else f"{first}."
    if len(first) > _LONGEST_CONSOLE:
        first = f"{first[:_LONGEST_CONSOLE].rsplit(' ', 1)[0]} ..."
    return first if core == line else f"... {first}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
