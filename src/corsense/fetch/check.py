"""The CORS check, and which headers of an answer script may read. Source: Fetch, *CORS check* and *Main fetch*."""

from __future__ import annotations

from functools import lru_cache

from corsense.fetch.engines import Engine
from corsense.fetch.errors import CorsError
from corsense.fetch.request import Credentials
from corsense.fetch.safelist import FORBIDDEN_RESPONSE_HEADERS, SAFELISTED_RESPONSE_HEADERS, is_token
from corsense.fetch.trace import Step, Tainting
from corsense.fetch.wire import WireResponse
from corsense.url import parse_url

SECTION = "CORS check"

_PREFLIGHT_TWIN = {
    error: CorsError(f"Preflight{error}")
    for error in (
        CorsError.MissingAllowOriginHeader,
        CorsError.AllowOriginMismatch,
        CorsError.WildcardOriginNotAllowed,
        CorsError.MultipleAllowOriginValues,
        CorsError.InvalidAllowOriginValue,
        CorsError.InvalidAllowCredentials,
    )
}


def cors_check(
    response: WireResponse, origin: str, credentials: Credentials, engine: Engine, exchange: int, *, preflight: bool
) -> list[Step]:
    """The steps of the *CORS check* on `response` for a page of `origin`: each fault is a failed step, also those the first
    hides."""
    include = credentials == "include"
    allow_origin = read_allow_origin(response, engine)
    fault = _origin_fault(response, allow_origin, origin, include, engine)
    steps = [
        Step(
            name="Access-Control-Allow-Origin",
            section=SECTION,
            passed=fault is None,
            seen=allow_origin,
            wanted=origin if include else f"{origin} or *",
            error=_PREFLIGHT_TWIN[fault] if fault and preflight else fault,
            parameter=_named_value(fault, allow_origin),
            exchange=exchange,
        )
    ]
    if include:
        allow_credentials = response.header("access-control-allow-credentials")
        invalid = CorsError.InvalidAllowCredentials
        steps.append(
            Step(
                name="Access-Control-Allow-Credentials",
                section=SECTION,
                passed=allow_credentials == "true",
                seen=allow_credentials,
                wanted="true",
                error=None if allow_credentials == "true" else _PREFLIGHT_TWIN[invalid] if preflight else invalid,
                parameter=allow_credentials or "",
                exchange=exchange,
            )
        )
    return steps


def read_allow_origin(response: WireResponse, engine: Engine) -> str | None:
    """The value of `Access-Control-Allow-Origin` as the engine reads it: Firefox joins its lines without the empty ones."""
    if engine.origin_faults != "firefox":
        return response.header("access-control-allow-origin")
    values = [value.strip(" \t") for _, value in response.lines("access-control-allow-origin")]
    return ", ".join(filter(None, values)) if values else None


def readable_headers(response: WireResponse, credentials: Credentials, tainting: Tainting) -> tuple[str, ...]:
    """Names of the headers of `response` that script can read: lower case, sorted. Source: *CORS-safelisted response-header
    name*."""
    if tainting in ("opaque", "opaqueredirect"):
        return ()
    present = {name.lower() for name, _ in response.headers} - FORBIDDEN_RESPONSE_HEADERS
    if tainting == "basic":
        return tuple(sorted(present))
    exposed = list_of_tokens(response.header("access-control-expose-headers")) or ()
    if "*" in exposed and credentials != "include":
        return tuple(sorted(present))
    return tuple(sorted(present & (SAFELISTED_RESPONSE_HEADERS | {name.lower() for name in exposed})))


@lru_cache(maxsize=4096)
def list_of_tokens(value: str | None) -> tuple[str, ...] | None:
    """*Extract header list values* for a list of tokens: empty members do not count; None when absent or when one member is
    no token."""
    if value is None:
        return None
    members = [member.strip(" \t") for member in value.split(",")]
    tokens = tuple(member for member in members if member)
    return tokens if all(map(is_token, tokens)) else None


def _origin_fault(response: WireResponse, value: str | None, origin: str, include: bool, engine: Engine) -> CorsError | None:
    """What is wrong with `Access-Control-Allow-Origin`, in the words of the engine; None when it lets the page in."""
    if value is None:
        return CorsError.MissingAllowOriginHeader
    if engine.origin_faults == "firefox" and len(_lines_in_canonical_case(response)) > 1:
        return CorsError.MultipleAllowOriginValues
    if value == "*":
        return CorsError.WildcardOriginNotAllowed if include else None
    if value == origin:
        return None
    match engine.origin_faults:
        case "chromium" if "," in value or " " in value:
            return CorsError.MultipleAllowOriginValues
        case "chromium" if value != "null" and parse_url(value) is None:
            return CorsError.InvalidAllowOriginValue
        case "webkit" if "," in value:
            return CorsError.MultipleAllowOriginValues
        case _:
            return CorsError.AllowOriginMismatch


def _named_value(fault: CorsError | None, value: str | None) -> str | None:
    """The value Chromium names with the fault: none for a `*` or a missing header, none when it is not ASCII."""
    if fault in (None, CorsError.MissingAllowOriginHeader, CorsError.WildcardOriginNotAllowed) or value is None:
        return None
    return value if value.isascii() else None


def _lines_in_canonical_case(response: WireResponse) -> list[str]:
    """Firefox counts repeated lines only where they are spelled as the standard spells the name."""
    return [value for name, value in response.headers if name == "Access-Control-Allow-Origin"]
