"""The CORS-preflight request: when it is needed, what it sends, how its answer is judged. Source: Fetch, *CORS-preflight
fetch*."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corsense.fetch.check import cors_check, list_of_tokens
from corsense.fetch.engines import Engine
from corsense.fetch.errors import CorsError
from corsense.fetch.request import Credentials
from corsense.fetch.safelist import SAFELISTED_METHODS
from corsense.fetch.trace import Step
from corsense.fetch.wire import REDIRECT_STATUSES, WireRequest, WireResponse

SECTION = "CORS-preflight fetch"


@dataclass(frozen=True, slots=True)
class PreflightNeed:
    """Why a request may need a preflight: its method, its unsafe header names (script order), or because one is forced.

    `forced` is the *use-CORS-preflight flag*: listeners on `xhr.upload`, or a stream as body.
    """

    method: str
    header_names: tuple[str, ...]
    forced: bool = False

    @property
    def unsafe(self) -> bool:
        """Whether the request needs a preflight, cache aside (*Main fetch*)."""
        return self.forced or self.method not in SAFELISTED_METHODS or bool(self.header_names)

    @property
    def reasons(self) -> str:
        """What makes the preflight necessary, for people."""
        reasons = [] if self.method in SAFELISTED_METHODS else [f"method {self.method}"]
        reasons += [f"header {name}" for name in sorted(self.header_names)]
        if self.forced:
            reasons.append("upload listeners or a streamed body")
        return ", ".join(reasons)


def preflight_request(url: str, origin: str, need: PreflightNeed) -> WireRequest:
    """The `OPTIONS` request that asks for permission, header lines as browsers send them."""
    headers = [("Accept", "*/*"), ("Access-Control-Request-Method", need.method)]
    if need.header_names:
        headers.append(("Access-Control-Request-Headers", ",".join(sorted(need.header_names))))
    headers.append(("Origin", origin))
    return WireRequest(method="OPTIONS", url=url, headers=tuple(headers), credentials=False, preflight=True)


@dataclass(frozen=True, slots=True)
class PreflightAnswer:
    """A preflight's answer, judged: the `steps`, and what may be cached when all passed. `deprecated` says that `Authorization`
    passed by a `*` only, which the standard does not allow."""

    steps: tuple[Step, ...]
    methods: tuple[str, ...] = ()
    header_names: tuple[str, ...] = ()
    deprecated: bool = False


def judge_preflight(
    response: WireResponse, need: PreflightNeed, origin: str, credentials: Credentials, engine: Engine, exchange: int
) -> PreflightAnswer:
    """Judge the answer to a preflight, every check of it, in the order in which `engine` reports faults."""
    redirected = response.status in REDIRECT_STATUSES and response.header("location") is not None
    by_origin = cors_check(response, origin, credentials, engine, exchange, preflight=True)
    by_status = [_status_step(response, redirected, engine, exchange)]
    early = engine.preflight_checks == "status-origin" or (engine.preflight_checks == "redirect-origin-status" and redirected)
    steps = by_status + by_origin if early else by_origin + by_status

    methods = list_of_tokens(response.header("access-control-allow-methods"))
    names = list_of_tokens(response.header("access-control-allow-headers"))
    by_method = _method_steps(response, methods, need, credentials, exchange)
    lowered = tuple(name.lower() for name in names or ())
    by_headers = _header_steps(response, names, lowered, need, credentials, engine, exchange)
    unreadable = names is None and response.header("access-control-allow-headers") is not None
    refused = by_method[0].error is CorsError.MethodDisallowedByPreflightResponse
    headers_first = unreadable and refused and engine.reads_both_lists_first
    steps += by_headers + by_method if headers_first else by_method + by_headers
    if methods is None and need.forced:
        methods = (need.method,)
    authorization_by_wildcard = "authorization" in need.header_names and "authorization" not in lowered
    return PreflightAnswer(tuple(steps), methods or (), lowered, deprecated=authorization_by_wildcard)


def _status_step(response: WireResponse, redirected: bool, engine: Engine, exchange: int) -> Step:
    ok = 200 <= response.status <= 299
    says_redirect = redirected and engine.preflight_checks != "status-origin"
    error = CorsError.PreflightDisallowedRedirect if says_redirect else CorsError.PreflightInvalidStatus
    return Step(
        name="preflight status",
        section=SECTION,
        passed=ok,
        seen=str(response.status),
        wanted="200 to 299",
        error=None if ok else error,
        exchange=exchange,
    )


def _method_steps(
    response: WireResponse, methods: Sequence[str] | None, need: PreflightNeed, credentials: Credentials, exchange: int
) -> list[Step]:
    value = response.header("access-control-allow-methods")
    if value is not None and methods is None:
        return [
            Step(
                name="Access-Control-Allow-Methods can be read",
                section=SECTION,
                passed=False,
                seen=value,
                wanted="a comma-separated list of methods",
                error=CorsError.InvalidAllowMethodsPreflightResponse,
                exchange=exchange,
            )
        ]
    listed = methods if methods is not None else (need.method,) if need.forced else ()
    by_wildcard = "*" in listed and credentials != "include"
    allowed = need.method in listed or need.method in SAFELISTED_METHODS or by_wildcard
    return [
        Step(
            name="Access-Control-Allow-Methods",
            section=SECTION,
            passed=allowed,
            seen=value,
            wanted=need.method,
            error=None if allowed else CorsError.MethodDisallowedByPreflightResponse,
            parameter=need.method,
            exchange=exchange,
        )
    ]


def _header_steps(
    response: WireResponse,
    names: Sequence[str] | None,
    lowered: tuple[str, ...],
    need: PreflightNeed,
    credentials: Credentials,
    engine: Engine,
    exchange: int,
) -> list[Step]:
    value = response.header("access-control-allow-headers")
    if value is not None and names is None:
        return [
            Step(
                name="Access-Control-Allow-Headers can be read",
                section=SECTION,
                passed=False,
                seen=value,
                wanted="a comma-separated list of header names",
                error=CorsError.InvalidAllowHeadersPreflightResponse,
                exchange=exchange,
            )
        ]
    by_wildcard = "*" in lowered and credentials != "include"
    asked = need.header_names if engine.refused_header_order == "script" else sorted(need.header_names)
    steps = []
    for name in asked:
        covered = by_wildcard and (name != "authorization" or engine.wildcard_covers_authorization)
        allowed = name in lowered or covered
        steps.append(
            Step(
                name="Access-Control-Allow-Headers",
                section=SECTION,
                passed=allowed,
                seen=value,
                wanted=name,
                error=None if allowed else CorsError.HeaderDisallowedByPreflightResponse,
                parameter=name,
                exchange=exchange,
            )
        )
    return steps
