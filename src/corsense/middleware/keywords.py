"""From the arguments of the middleware to a `Policy`: the keywords of Starlette's `CORSMiddleware` are understood as well."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, Final, ParamSpec

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.fetch.engines import LONGEST_AGE
from corsense.middleware.policy_selection import pattern_faults
from corsense.middleware.refused_settings import report_refusal, warn
from corsense.policy import Policy, PolicyError
from corsense.policy.keywords import LAYER_KEYWORDS, STARLETTE, unknown_layer_keyword
from corsense.warnings import IgnoredSettingWarning

P = ParamSpec("P")

_STARLETTE_AGE = 600
_STARLETTE_HEADERS = ("accept", "accept-language", "content-language", "content-type")
# Settings without any effect: Starlette accepts them silently, and many apps have them.
_SHOWN: Final = 3
_CONTAINERS: Final = frozenset({"_collections_abc", "collections", "typing"})
"""Modules whose containers look for equal members."""
_NAMES = frozenset({"methods", "request_headers", "expose_headers"})
_WITHOUT_EFFECT = frozenset({"name-without-effect", "method-not-allowed"})
_AS_GIVEN: Final = {ours: theirs for theirs, ours in STARLETTE.items()}


def names_unknown(init: Callable[P, None]) -> Callable[P, None]:
    """Let a constructor answer keywords that it does not have with a `PolicyError` that names the nearest, all other faults
    included, in place of Python's `TypeError`. Its signature, and so what type checkers see, does not change.

    A refusal is reported as well (see `report_refusal`): an app makes its layers when the server first calls it, and servers take
    an exception there for an app without lifespan.
    """

    @wraps(init)
    def reported(*args: P.args, **given: P.kwargs) -> None:
        unknown = {name: value for name, value in given.items() if name not in LAYER_KEYWORDS and name != "app"}
        try:
            if not unknown:
                return init(*args, **given)
            known: Any = {name: value for name, value in given.items() if name not in unknown}
            faults = [unknown_layer_keyword(name, value) for name, value in unknown.items()]
            raise PolicyError([*faults, *_faults_beside(lambda: init(*args, **known))])
        except (PolicyError, TypeError, ValueError) as refused:
            layer, *others = args
            app: Any = others[0] if others else given.get("app")
            if not report_refusal(layer, app, refused):
                raise

    return reported


def policy_of(
    policy: Policy | None,
    policies: Mapping[str, Policy | None] | None,
    given: Mapping[str, Any],
    resolver: Callable[[str], Any] | None,
) -> Policy | None:
    """The policy that the arguments of the middleware mean; None when there is one for some paths only. `resolver` is the method
    of a subclass that decides about origins. Raises `PolicyError`, the faults of the paths in `policies` included, or `TypeError`
    when arguments conflict."""
    faults = pattern_faults(policies or {})
    if faults:
        raise PolicyError([*faults, *_faults_beside(lambda: policy_of(policy, None, given, resolver))])
    first = given.get("allow_origins")
    if isinstance(first, Policy):
        policy, given = first, {name: value for name, value in given.items() if name != "allow_origins"}
    if policy is not None:
        if given:
            raise TypeError(f"policy conflicts with {', '.join(sorted(given))}; set it in the Policy instead")
        if not isinstance(policy, Policy):
            raise TypeError(f"policy must be a Policy, not {type(policy).__name__}")
        return policy
    if not given and policies is not None:
        return None
    return _from_starlette(given, resolver)


def _faults_beside(make: Callable[[], object]) -> list[Fault]:
    """What else is wrong. That there is no origin may be because its keyword is misspelt."""
    try:
        make()
    except PolicyError as error:
        return [fault for fault in error.faults if fault.slug != "no-origins"]
    except TypeError:
        return []
    return []


def _from_starlette(given: Mapping[str, Any], resolver: Callable[[str], Any] | None) -> Policy:
    fields: dict[str, Any] = {STARLETTE.get(name, name): value for name, value in given.items()}
    if resolver is not None:
        fields.setdefault("origin_resolver", resolver)
    _take_star(fields)
    headers = fields.get("request_headers", ())
    if isinstance(headers, (list, tuple, set, frozenset)):
        # A '*' of Starlette's covers Authorization.
        always = (*_STARLETTE_HEADERS, "authorization") if "*" in headers else _STARLETTE_HEADERS
        fields["request_headers"] = [*headers, *always]
    age = fields.setdefault("max_age", _STARLETTE_AGE)
    if isinstance(age, int) and age > LONGEST_AGE:
        _warn(f"max_age={age}: no browser remembers a preflight for more than {LONGEST_AGE} s, which is what is sent")
        fields["max_age"] = LONGEST_AGE
    try:
        return Policy(**fields)
    except PolicyError as error:
        return _without_idle_names(fields, error, given)


def _take_star(fields: dict[str, Any]) -> None:
    """Let a `*` beside other origins win, with a warning, as it does with Starlette. Raises `PolicyError` for a list that
    computes its members: corsense reads a list once."""
    listed = fields.get("origins")
    if isinstance(listed, str) or not isinstance(listed, Collection):
        return
    contains = getattr(type(listed), "__contains__", None)
    if inspect.isfunction(contains) and contains.__module__ not in _CONTAINERS:
        message = f"{type(listed).__name__} computes its members, but corsense reads the list only once."
        remedy = "Override is_allowed_origin in a subclass, or pass policy=Policy(origin_resolver=...)."
        raise PolicyError([Fault("allow_origins", listed, "origins-not-a-list", message, remedy)])
    others = [entry for entry in listed if entry != "*"]
    if len(others) < len(listed) and others and not fields.get("credentials"):
        shown = ", ".join(quoted(entry) for entry in others[:_SHOWN]) + (", ..." if len(others) > _SHOWN else "")
        _warn(f"'*' in allow_origins allows every origin; {shown} beside it changes nothing")
        fields["origins"] = "*"


def _without_idle_names(fields: dict[str, Any], error: PolicyError, given: Mapping[str, Any]) -> Policy:
    """The policy without the names that have no effect, when nothing else is wrong."""
    idle = [fault for fault in error.faults if fault.field in _NAMES and fault.slug in _WITHOUT_EFFECT]
    if len(idle) < len(error.faults):
        raise PolicyError(_as_given(fault, given) for fault in error.faults) from None
    for fault in idle:
        _warn(str(_as_given(fault, given)))
        fields[fault.field] = [value for value in fields[fault.field] if value != fault.value]
    return Policy(**fields)


def _as_given(fault: Fault, given: Mapping[str, Any]) -> Fault:
    """The fault in terms of Starlette's keywords."""
    theirs = _AS_GIVEN.get(fault.field, fault.field)
    if theirs == fault.field or (theirs not in given and fault.slug != "no-origins"):
        return fault
    remedy = re.sub(rf"(?<![\w.]){fault.field}=", f"{theirs}=", fault.remedy)
    return replace(fault, field=theirs, remedy=remedy)


def _warn(text: str) -> None:
    warn(text, IgnoredSettingWarning)
