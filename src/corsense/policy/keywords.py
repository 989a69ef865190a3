"""Keywords that `Policy` does not have, and the one that was probably meant."""

from __future__ import annotations

from difflib import get_close_matches

from corsense.faults import Fault

KEYWORDS = (
    "origins", "origin_regex", "origin_resolver", "origin_resolver_timeout", "origin_resolver_ttl", "origin_resolver_cache",
    "credentials", "methods", "request_headers", "expose_headers", "max_age", "private_network", "websockets",
    "dangerously_allow_insecure_origins", "dangerously_allow_public_suffixes",
    "dangerously_allow_any_origin_with_credentials", "dangerously_allow_broad_regex",
)  # fmt: skip
"""Every keyword of `Policy`."""

OF_OTHERS = {
    "allow_origins": "origins", "allowed_origins": "origins", "origin": "origins", "cors_origins": "origins",
    "allow_origin_regex": "origin_regex", "allow_origins_regex": "origin_regex", "origins_regex": "origin_regex",
    "regex": "origin_regex", "allow_credentials": "credentials", "supports_credentials": "credentials",
    "credentialed": "credentials", "allow_methods": "methods", "method": "methods", "allow_headers": "request_headers",
    "allowed_headers": "request_headers", "headers": "request_headers", "response_headers": "expose_headers",
    "exposed_headers": "expose_headers", "max_age_in_seconds": "max_age", "ttl": "max_age",
    "allow_private_network": "private_network", "resolver": "origin_resolver",
}  # fmt: skip
"""What Starlette and others call them."""


def unknown_keyword(name: str, value: object) -> Fault:
    """The fault of a keyword that there is not."""
    near = OF_OTHERS.get(name.lower()) or next(iter(get_close_matches(name, KEYWORDS, 1)), None)
    remedy = f"Did you mean {near}?" if near else f"There are {', '.join(KEYWORDS)}."
    return Fault(name, value, "unknown-keyword", f"a policy has no {name}.", remedy)
