"""From the arguments of the middleware to a `Policy`: the keywords of Starlette's `CORSMiddleware` are understood as well."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

from corsense.policy import Policy, PolicyError

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
"""Starlette's keywords, and the fields of `Policy` that they are."""

LONGEST_AGE: Final = 86400
_STARLETTE_AGE = 600
_STARLETTE_HEADERS = ("accept", "accept-language", "content-language", "content-type")
# Settings that have no effect at all: Starlette takes them without a word, and apps are full of them.
_NAMES = frozenset({"methods", "request_headers", "expose_headers"})
_WITHOUT_EFFECT = frozenset({"method-not-allowed", "header-not-allowed", "header-not-exposed"})


class IgnoredSettingWarning(UserWarning):
    """A setting of Starlette's middleware that has no effect was left out."""


def policy_of(
    policy: Policy | None,
    policies: Mapping[str, Policy | None] | None,
    given: Mapping[str, Any],
    resolver: Callable[[str], Any] | None,
) -> Policy | None:
    """The policy that the arguments of the middleware mean; None when there is one for some paths only. `resolver` is the
    method of a subclass that tells origins. Raises `PolicyError`, or `TypeError` when arguments exclude each other."""
    first = given.get("allow_origins")
    if isinstance(first, Policy):
        policy, given = first, {name: value for name, value in given.items() if name != "allow_origins"}
    if policy is not None:
        if given:
            raise TypeError(f"policy says it all: leave out {', '.join(sorted(given))}, or say it in the Policy")
        if not isinstance(policy, Policy):
            raise TypeError(f"policy is a Policy, not {type(policy).__name__}")
        return policy
    if not given and resolver is None and policies is not None:
        return None
    return _from_starlette(given, resolver)


def _from_starlette(given: Mapping[str, Any], resolver: Callable[[str], Any] | None) -> Policy:
    fields: dict[str, Any] = {STARLETTE.get(name, name): value for name, value in given.items()}
    headers = fields.get("request_headers", ())
    if isinstance(headers, (list, tuple, set, frozenset)):
        # A '*' of Starlette's covers Authorization.
        always = (*_STARLETTE_HEADERS, "authorization") if "*" in headers else _STARLETTE_HEADERS
        fields["request_headers"] = [*headers, *always]
    age = fields.setdefault("max_age", _STARLETTE_AGE)
    if isinstance(age, int) and age > LONGEST_AGE:
        _warn(f"max_age={age}: no browser remembers a preflight for more than {LONGEST_AGE} s, which is what is sent")
        fields["max_age"] = LONGEST_AGE
    if resolver is not None:
        fields.setdefault("origin_resolver", resolver)
    try:
        return Policy(**fields)
    except PolicyError as error:
        return _without_idle_names(fields, error)


def _without_idle_names(fields: dict[str, Any], error: PolicyError) -> Policy:
    """The policy without the names that have no effect, when nothing else is wrong."""
    idle = [fault for fault in error.faults if fault.field in _NAMES and fault.slug in _WITHOUT_EFFECT]
    if len(idle) < len(error.faults):
        raise error
    for fault in idle:
        _warn(str(fault))
        fields[fault.field] = [value for value in fields[fault.field] if value != fault.value]
    return Policy(**fields)


def _warn(text: str) -> None:
    warnings.warn(f"CORS: {text}", IgnoredSettingWarning, stacklevel=6)
