"""Unknown keywords of `Policy` or the middleware, and the one that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from corsense.errors import quoted
from corsense.faults import Fault

HATCHES = (
    "dangerously_allow_insecure_origins",
    "dangerously_allow_public_suffixes",
    "dangerously_allow_any_origin_with_credentials",
    "dangerously_allow_broad_regex",
)
"""The keywords that allow what is otherwise refused."""

KEYWORDS = (
    "origins", "origin_regex", "origin_resolver", "origin_resolver_timeout", "origin_resolver_ttl", "origin_resolver_cache",
    "credentials", "methods", "request_headers", "expose_headers", "max_age", "private_network", "websockets", "clients",
    *HATCHES,
)  # fmt: skip
"""Every keyword of `Policy`."""

STARLETTE: Final = {
    "allow_origins": "origins",
    "allow_methods": "methods",
    "allow_headers": "request_headers",
    "allow_credentials": "credentials",
    "allow_origin_regex": "origin_regex",
    "allow_private_network": "private_network",
    "expose_headers": "expose_headers",
    "max_age": "max_age",
}
"""Starlette's keywords, and those of `Policy` that they are."""

LAYER_KEYWORDS = (
    *STARLETTE,
    "policy",
    "policies",
    "debug",
    "telemetry",
    "protection",
    "candidate",
    "observe",
    "rollout",
    *HATCHES,
)
"""Every keyword of `CORSMiddleware` and `install`."""

OF_OTHERS = {
    **STARLETTE,
    "allow_origin": "origins", "allowed_origins": "origins", "allowed_origin": "origins", "origin": "origins",
    "cors_origins": "origins", "access_control_allow_origin": "origins", "allow_all_origins": "origins", "hosts": "origins",
    "allowed_hosts": "origins", "allow_origins_regex": "origin_regex", "origins_regex": "origin_regex", "regex": "origin_regex",
    "allowed_origin_regexes": "origin_regex", "is_allowed_origin": "origin_resolver", "allow_origin_func": "origin_resolver",
    "resolver": "origin_resolver", "allow_credential": "credentials", "supports_credentials": "credentials",
    "credentialed": "credentials", "with_credentials": "credentials", "access_control_allow_credentials": "credentials",
    "allow_method": "methods", "allowed_methods": "methods", "method": "methods", "access_control_allow_methods": "methods",
    "allow_header": "request_headers", "allowed_headers": "request_headers", "headers": "request_headers",
    "header": "request_headers", "request_header": "request_headers", "access_control_allow_headers": "request_headers",
    "expose_header": "expose_headers", "exposed_headers": "expose_headers", "response_headers": "expose_headers",
    "access_control_expose_headers": "expose_headers", "maxage": "max_age", "max_age_in_seconds": "max_age", "ttl": "max_age",
    "access_control_max_age": "max_age", "websocket": "websockets",
}  # fmt: skip
"""What Starlette and others call them, and how they are misspelt."""

_AS_LAYER = {ours: theirs for theirs, ours in STARLETTE.items()}


def unknown_keyword(name: str, value: object) -> Fault:
    """The fault of a keyword that `Policy` does not have."""
    near = nearest_keyword(name)
    remedy = f"Did you mean {near}?" if near else f"The keywords are {', '.join(KEYWORDS)}."
    return Fault(name, value, "unknown-keyword", f"a policy has no {quoted(name)}.", remedy)


def unknown_layer_keyword(name: str, value: object) -> Fault:
    """The fault of a keyword that neither `CORSMiddleware` nor `install` has; for one of `Policy` it says where that goes."""
    message = f"CORSMiddleware has no {quoted(name)}."
    if name in KEYWORDS:
        own = f"{_AS_LAYER[name]}=..., or " if name in _AS_LAYER else ""
        return Fault(name, value, "unknown-keyword", message, f"Write {own}policy=Policy({name}=...).")
    near = nearest_layer_keyword(name)
    remedy = f"Did you mean {near}?" if near else f"The keywords are {', '.join(LAYER_KEYWORDS)}."
    return Fault(name, value, "unknown-keyword", message, remedy)


def nearest_keyword(name: str) -> str | None:
    """The keyword of `Policy` that the unknown `name` was probably meant for; None when none is similar."""
    return _nearest(name, {**OF_OTHERS, **{keyword: keyword for keyword in KEYWORDS}})


def nearest_layer_keyword(name: str) -> str | None:
    """The keyword of `CORSMiddleware` that the unknown `name` was probably meant for; None when none is similar."""
    others = {name: _AS_LAYER.get(meant, "policy") for name, meant in OF_OTHERS.items()}
    return _nearest(name, {**others, **{keyword: keyword for keyword in LAYER_KEYWORDS}})


def _nearest(name: str, known: dict[str, str]) -> str | None:
    # camelCase, dashes and capitals, as other tools write it.
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").removeprefix("cors_")
    if spelt in known:
        return known[spelt]
    close = _best(spelt, known)
    return known[close] if close is not None else None


def _best(spelt: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(spelt, list(known), 1, 0.7)), None)
