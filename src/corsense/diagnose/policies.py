"""The settings of a CORS layer, and how it decides by them: the arguments of Starlette's `CORSMiddleware`, or a `Policy` of
corsense's own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from corsense.app.description import LayerInfo, Opaque, PolicyInfo, RouteInfo
from corsense.diagnose.lists import joined_parts, nested_values
from corsense.diagnose.origins import meant_origin
from corsense.origin.not_a_regex import Listed
from corsense.policy.keywords import STARLETTE

if TYPE_CHECKING:
    from corsense.policy import Policy

_ALWAYS_ALLOWED_HEADERS = frozenset({"accept", "accept-language", "content-language", "content-type"})


@dataclass(frozen=True, slots=True)
class LayerPolicy:
    """The policy of a layer, as far as it can be known. `origins` is a string where one was given in place of a list,
    which Starlette searches for substrings. `known` is False for a layer that is neither Starlette's nor corsense's, or takes
    other arguments.

    `policy` is what a layer of corsense's own judges by, None for others; `resolver`: a function of the app decides last
    about origins; `spelt_as_policy`: it was given as a `Policy`, not by Starlette's keywords; `leaves_alone`: requests pass it
    as if it were not there.
    """

    origins: str | tuple[str, ...] = ()
    regex: str | None = None
    methods: tuple[str, ...] = ("GET",)
    headers: tuple[str, ...] = ()
    credentials: bool = False
    expose: tuple[str, ...] = ()
    known: bool = True
    policy: Policy | None = None
    resolver: bool = False
    spelt_as_policy: bool = False
    leaves_alone: bool = False

    @classmethod
    def of(cls, layer: LayerInfo, judging: PolicyInfo | None = None) -> LayerPolicy:
        """Read a layer's arguments; `judging` is the policy that a layer of corsense's own judges the request by, where that is
        another than its own."""
        if layer.policy is not None:
            return _of_own(judging or layer.policy, judging is not None or not _by_keywords(layer.arguments))
        given: Mapping[str, object] = layer.arguments
        if (
            layer.name != "CORSMiddleware"
            or layer.class_module.partition(".")[0] == "corsense"
            or any(isinstance(value, Opaque) for value in given.values())
        ):
            return cls(known=False)
        origins = given.get("allow_origins", ())
        regex = given.get("allow_origin_regex")
        return cls(
            origins=origins if isinstance(origins, str) else _strings(origins),
            regex=regex if isinstance(regex, str) else None,
            methods=_strings(given.get("allow_methods", ("GET",))),
            headers=_strings(given.get("allow_headers", ())),
            credentials=bool(given.get("allow_credentials", False)),
            expose=_strings(given.get("expose_headers", ())),
        )

    @property
    def allows_all_origins(self) -> bool:
        """`"*" in allow_origins`, which for a string is true of any string with a `*` in it."""
        return "*" in self.origins

    @property
    def entries(self) -> tuple[str, ...]:
        """The origins as entries of a list, also when a string was given."""
        return (self.origins,) if isinstance(self.origins, str) else self.origins

    def keyword(self, name: str) -> str:
        """The keyword, called `name` by Starlette, as this policy spells it."""
        return STARLETTE.get(name, name) if self.spelt_as_policy else name

    def allows_origin(self, origin: str) -> bool:
        """What the layer decides about an origin."""
        if self.policy is not None or self.leaves_alone:
            return self.leaves_alone or (self.policy is not None and self.policy.allows_origin(origin))
        if self.allows_all_origins or (self.regex is not None and _full_match(self.regex, origin)):
            return True
        return origin in self.origins

    def allows_method(self, method: str) -> bool:
        """Whether a preflight for this method passes."""
        if self.policy is not None:
            return self.policy.allows_method(method)
        return self.leaves_alone or "*" in self.methods or method in self.methods

    def allows_header(self, name: str, origin: str) -> bool:
        """Whether a preflight of a page of `origin` that names this header (lower case) passes."""
        if self.policy is not None:
            return self.policy.allows_header(name, credentials=self.policy.credentials_for(origin))
        if self.leaves_alone or "*" in self.headers or name in _ALWAYS_ALLOWED_HEADERS:
            return True
        return name in {header.lower() for header in self.headers}


def meant_origins(layer: LayerInfo) -> list[str]:
    """The origins that the list of a layer was meant for, each once: also those of a list within the list, of several in one
    string, of entries that match nothing as they are written, and of a list that stands in the place of the expression."""
    regex = layer.arguments.get("allow_origin_regex")
    misplaced = () if isinstance(regex, str) else Listed.of(_strings(regex)).origins
    entries = [*LayerPolicy.of(layer).entries, *(nested_values(layer.arguments.get("allow_origins")) or ()), *misplaced]
    parts = [part for entry in entries for part in joined_parts(entry) or (entry,)]
    return list(dict.fromkeys(origin for part in parts if (origin := meant_origin(part)) is not None))


def policy_for(layer: LayerInfo, route: RouteInfo | None, path: str) -> PolicyInfo | None:
    """The policy that a layer of corsense's own has for a route, or for a path (decoded), alone; None where it has none."""
    if route is not None and route.policy is not None:
        return route.policy
    if not layer.policies:
        return None
    from corsense.middleware.policy_selection import most_specific  # brings the whole middleware along

    pattern = most_specific((pattern for pattern, _ in layer.policies), path.removeprefix(layer.prefix))
    return None if pattern is None else dict(layer.policies)[pattern]


def missing_in_policy(field: str, allowed: object, values: Sequence[str]) -> str:
    """What to write in a `Policy` so that its list `field` has `values` as well."""
    listed = [*allowed, *values] if isinstance(allowed, list) else list(values)
    return f"Write Policy({field}={listed!r}, ...)."


def _of_own(info: PolicyInfo, spelt_as_policy: bool) -> LayerPolicy:
    if info.document is None:
        return LayerPolicy(methods=(), leaves_alone=True, spelt_as_policy=spelt_as_policy)
    policy = _read(info)
    if policy is None:
        return LayerPolicy(known=False)
    star = policy.allows_any_method, policy.allows_any_header, policy.exposes_any_header
    lists = sorted(policy.methods), sorted(policy.request_headers), list(policy.expose_headers)
    methods, headers, expose = (("*", *names) if any_ else tuple(names) for any_, names in zip(star, lists, strict=True))
    return LayerPolicy(
        origins=policy.origins,
        regex=policy.regex.pattern if policy.regex is not None else None,
        methods=methods,
        headers=headers,
        credentials=policy.credentials,
        expose=expose,
        policy=policy,
        resolver=info.resolver,
        spelt_as_policy=spelt_as_policy,
    )


@lru_cache(maxsize=64)
def _read(info: PolicyInfo) -> Policy | None:
    """The policy that a document spells; None when it cannot be made again. Many requests are judged by the same."""
    from corsense.policy import Policy, PolicyError

    keywords: dict[str, Any] = json.loads(info.document or "{}")
    if info.resolver:
        keywords["origin_resolver"] = _unasked
    try:
        return Policy(**keywords)
    except PolicyError:
        return None


def _unasked(origin: str) -> bool:
    """Stands for a resolver, which lives in the process of the app."""
    return False


def _by_keywords(arguments: Mapping[str, object]) -> bool:
    """Whether a layer of corsense's own was given Starlette's keywords."""
    return any(name in arguments and not isinstance(arguments[name], Opaque | None) for name in STARLETTE)


def _strings(value: object) -> tuple[str, ...]:
    """The values of a list; of a string its letters, which is what Starlette makes of it."""
    if isinstance(value, str):
        return tuple(value)
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _full_match(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False
