"""The call that a console message is about, as a request for a check; and what trying it showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from corsense.check.request import ANY_METHOD, CheckOperation, CheckRequest
from corsense.check.results import Report, Result
from corsense.console.parse import Message
from corsense.explain import Explanation, LikelyCause
from corsense.explain.code import fix_code
from corsense.fetch import CorsError
from corsense.finding import Finding
from corsense.url import parse_url

_AS_IT_RUNS = ("success", "unauthenticated", "wrong_slash", "unknown_path")
_WITH_CREDENTIALS = (
    CorsError.WildcardOriginNotAllowed,
    CorsError.PreflightWildcardOriginNotAllowed,
    CorsError.InvalidAllowCredentials,
    CorsError.PreflightInvalidAllowCredentials,
)


def fix_options_of(explanations: Sequence[Explanation], *, on_app: bool, url: str | None = None) -> CheckRequest | None:
    """What to try so that the messages come again; None when no message names a URL. Where none names the page, the usual
    origins of development are tried; where none names the method, every method of the route. `url` is the server to ask in place
    of the one in the messages, or the address itself when it has a path."""
    messages = [explanation.message for explanation in explanations if explanation.message.is_cors and explanation.message.url]
    if not messages:
        return None
    origins = dict.fromkeys(message.origin for message in messages if message.origin is not None and parse_url(message.origin))
    operations = dict.fromkeys(_operation(message, url) for message in messages)
    bases = {parsed.origin for message in messages if (parsed := parse_url(message.initial_url or message.url or "")) is not None}
    headers = dict.fromkeys((message.header, "example") for message in messages if message.header is not None)
    include = any(message.error in _WITH_CREDENTIALS for message in messages)
    return CheckRequest(
        origins=tuple(origins),
        operations=tuple(operations),
        headers=tuple(headers),
        credentials="include" if include else None,
        base_url=bases.pop() if on_app and len(bases) == 1 else None,
    )


def _operation(message: Message, target: str | None) -> CheckOperation:
    address = urlsplit(message.initial_url or message.url or "")
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    if target is not None and urlsplit(target).path not in ("", "/"):
        path = target
    simple = message.method is None and message.preflight is False and message.error is not None
    return CheckOperation(message.method or ("GET" if simple else ANY_METHOD), path)


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying the call of one message has shown: `found` are the findings that block it, the worst first; `elsewhere` that
    the target does not serve that address; `in_error_only` that the call passes, and would not if the endpoint failed."""

    found: tuple[Finding, ...] = ()
    elsewhere: bool = False
    in_error_only: bool = False


def tried(explanation: Explanation, report: Report) -> Tried:
    """What the report says about the call of a message. Only a finding on that very call, as it runs, is its cause; what would
    happen if an endpoint failed, or what is wrong elsewhere in the configuration, does not count."""
    results = [result for result in report.results if _is_about(result, explanation.message)]
    blocked = [result for result in results if result.outcome != "allowed"]
    as_it_runs = [result for result in blocked if result.situation in _AS_IT_RUNS]
    indices = dict.fromkeys(index for result in as_it_runs for index in result.findings)
    found = tuple(report.findings[index] for index in sorted(indices) if report.findings[index].severity != "info")
    missing = any(finding.cause.slug == "route-not-found" for finding in report.findings)
    if report.target.kind == "app" and missing and not any(result.route for result in results):
        return Tried(elsewhere=True)
    found = tuple(finding for finding in found if finding.cause.slug != "route-not-found") or found
    return Tried(found, in_error_only=bool(blocked) and not as_it_runs)


def settled(explanations: Sequence[Explanation], report: Report) -> list[Explanation]:
    """The explanations, with what was found on that call as the only causes where trying it has shown them."""
    return [_settled(explanation, report) for explanation in explanations]


def _settled(explanation: Explanation, report: Report) -> Explanation:
    found = tried(explanation, report).found if explanation.message.error is not None else ()
    causes = tuple(LikelyCause(finding.cause, "certain", fix_code(finding.cause.slug, explanation.message)) for finding in found)
    return replace(explanation, causes=causes) if causes else explanation


def _is_about(result: Result, message: Message) -> bool:
    if message.origin is not None and parse_url(message.origin) is not None and result.origin != message.origin:
        return False
    return message.method in (None, result.method)
