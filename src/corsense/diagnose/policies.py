"""What a CORS layer was told: the arguments of Starlette's `CORSMiddleware`, and how it judges by them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from corsense.app.description import LayerInfo, Opaque

_ALWAYS_ALLOWED_HEADERS = frozenset({"accept", "accept-language", "content-language", "content-type"})


@dataclass(frozen=True, slots=True)
class LayerPolicy:
    """The policy of a layer, as far as its arguments tell. `origins` is a string where somebody gave one in place of a list,
    which
    Starlette searches for substrings. `known` is False for a layer that is not Starlette's, or takes other arguments."""

    origins: str | tuple[str, ...] = ()
    regex: str | None = None
    methods: tuple[str, ...] = ("GET",)
    headers: tuple[str, ...] = ()
    credentials: bool = False
    expose: tuple[str, ...] = ()
    known: bool = True

    @classmethod
    def of(cls, layer: LayerInfo) -> LayerPolicy:
        """Read a layer's arguments."""
        given: Mapping[str, object] = layer.arguments
        ours = layer.class_module.partition(".")[0] == "corsense"  # it judges by a `Policy`, not by Starlette's rules
        if ours or layer.name != "CORSMiddleware" or any(isinstance(value, Opaque) for value in given.values()):
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

    def allows_origin(self, origin: str) -> bool:
        """What Starlette decides about an origin."""
        if self.allows_all_origins or (self.regex is not None and _full_match(self.regex, origin)):
            return True
        return origin in self.origins

    def allows_method(self, method: str) -> bool:
        """Whether a preflight for this method passes."""
        return "*" in self.methods or method in self.methods

    def allows_header(self, name: str) -> bool:
        """Whether a preflight that names this header (lower case) passes."""
        return "*" in self.headers or name in _ALWAYS_ALLOWED_HEADERS or name in {header.lower() for header in self.headers}


def _strings(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(item for item in value if isinstance(item, str))
    return ()


def _full_match(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False
