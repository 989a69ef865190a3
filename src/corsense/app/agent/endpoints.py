"""What is known about one endpoint: its methods, and what it and its dependencies read from a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .example_paths import example_value

_AUTHENTICATING = re.compile(
    r"sess|(?<![a-z])s?sid(?![a-z])|token|auth|jwt|user|login|access|refresh|ticket|remember", re.IGNORECASE
)
"""Names of cookies that identify the user."""


def methods_of(route: Any, endpoint: Any) -> list[str]:
    """The methods of a route, sorted; empty for any."""
    methods = getattr(route, "methods", None)
    if methods:
        return sorted(map(str, methods))
    if isinstance(endpoint, type) and any(base.__name__ == "HTTPEndpoint" for base in endpoint.__mro__):
        verbs = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
        found = {verb for verb in verbs if getattr(endpoint, verb.lower(), None) is not None}
        return sorted(found | ({"HEAD"} if "GET" in found else set()))
    return []


def dotted(thing: Any) -> str | None:
    """`module.name` of a function or class, or of the class of an object."""
    if thing is None:
        return None
    while hasattr(thing, "func") and not hasattr(thing, "__name__"):
        thing = thing.func
    owner = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{owner.__module__}.{owner.__qualname__}"


def body_kind(body_field: Any) -> str | None:
    """The kind of body that an endpoint declares, as FastAPI found it."""
    if body_field is None:
        return None
    names = [base.__name__ for base in type(getattr(body_field, "field_info", None)).__mro__]
    if "File" in names:
        return "multipart"
    return "form" if "Form" in names else "json"


class Needs:
    """What an endpoint of FastAPI and its dependencies read from a request: annotations of path parameters, names of required
    and of optional headers, of headers with credentials, and of cookies; `query` has the required parameters with a plausible
    value. `ambient`: a browser attaches by itself what it authenticates with, a cookie or a password of HTTP authentication."""

    def __init__(self, dependant: Any) -> None:
        self.path_types: dict[str, Any] = {}
        self.headers: set[str] = set()
        self.optional_headers: set[str] = set()
        self.security: set[str] = set()
        self.cookies: set[str] = set()
        self.query: dict[str, str] = {}
        self.ambient = False
        seen: set[int] = set()
        waiting = [dependant] if dependant is not None else []
        while waiting:
            current = waiting.pop()
            if id(current) not in seen:
                seen.add(id(current))
                self._read(current)
                waiting.extend(getattr(current, "dependencies", ()))

    def _read(self, dependant: Any) -> None:
        for parameter in getattr(dependant, "path_params", ()):
            self.path_types[str(parameter.alias)] = _annotation(parameter)
        for parameter in getattr(dependant, "header_params", ()):
            found = self.headers if _is_required(parameter) else self.optional_headers
            found.update(name.lower() for name in _parameter_names(parameter, "-"))
        for parameter in getattr(dependant, "cookie_params", ()):
            names = _parameter_names(parameter, "_")
            self.cookies.update(names)
            self.ambient = self.ambient or any(_AUTHENTICATING.search(name) for name in names)
        for parameter in getattr(dependant, "query_params", ()):
            if _is_required(parameter):
                self.query[str(parameter.alias)] = example_value(_annotation(parameter))
        requirements = getattr(dependant, "security_requirements", None) or getattr(dependant, "security_schemes", None) or ()
        for scheme in (*(getattr(found, "security_scheme", None) for found in requirements), getattr(dependant, "call", None)):
            self._add_scheme(scheme)

    def _add_scheme(self, scheme: Any) -> None:
        names = [base.__name__ for base in type(scheme).__mro__]
        if "SecurityBase" not in names:
            return
        if "APIKeyHeader" in names:
            self.security.add(str(scheme.model.name).lower())
        elif "APIKeyCookie" in names:
            self.cookies.add(str(scheme.model.name))
            self.ambient = True
        elif "APIKeyQuery" not in names:
            self.security.add("authorization")
            self.ambient = self.ambient or "HTTPBasic" in names or "HTTPDigest" in names


def _is_required(parameter: Any) -> bool:
    info = getattr(parameter, "field_info", None)
    if info is not None and hasattr(info, "is_required"):
        return bool(info.is_required())
    return bool(getattr(parameter, "required", True))


def _annotation(parameter: Any) -> Any:
    info = getattr(parameter, "field_info", None)
    return getattr(info, "annotation", None) or getattr(parameter, "type_", None)


def _parameter_names(parameter: Any, joint: str) -> list[str]:
    """The names on the wire: one, or those of the fields of a model."""
    fields = getattr(_annotation(parameter), "model_fields", None)
    if isinstance(fields, dict):
        return [str(info.alias or name.replace("_", joint)) for name, info in fields.items()]
    return [str(parameter.alias)]


def flat_routes(routes: Any) -> Iterator[Any]:
    """The routes of a router, those of lazily included routers in place of the inclusion: as contexts that carry what the
    inclusion adds."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
            continue
        for context in contexts():
            yield context if getattr(context, "starlette_route", None) is None else context.starlette_route


def frontends_of(router: Any) -> Iterator[tuple[Any, str]]:
    """Groups of `frontend()` routes, tried after all others, with the prefix of their inclusion."""
    for group in getattr(router, "_low_priority_routes", ()):
        yield group, ""
    for route in getattr(router, "routes", ()):
        contexts = getattr(route, "effective_low_priority_routes", None)
        for context in contexts() if contexts is not None else ():
            yield context, getattr(context, "frontend_prefix", "")


def original_of(route: Any) -> Any:
    """The route as it was written, behind what an inclusion adds."""
    return getattr(route, "original_route", route)
