"""Guards of an endpoint: what in its code, and in that of its dependencies, looks at the page that sends a request.

A stand-in cannot show whether an endpoint compares `Origin` itself, so the endpoint's code is read for it, never run.
Dependencies that look at the page do run when an untrusted page is tried, in a route of FastAPI's own with a stand-in as
endpoint: they refuse, or let pass, as they would.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from .frames import is_own_code
from .places import code_of

_PAGE = re.compile(r"(?<![a-z])origins?(?![a-z])|sec[-_]?fetch|referr?er|csrf|xsrf", re.IGNORECASE)
_MOST_FUNCTIONS = 40
_MOST_WRAPPERS = 50
_LONGEST_WORD = 100
_AS_IT_COMES = frozenset({"bytes", "str", "Any", "object"})


def looks_at_page(function: Any) -> bool:
    """Whether the code of a function, or of the user's functions that it calls, names what identifies the page: an origin,
    `Sec-Fetch-Site`, a referrer, a CSRF token."""
    code = _code(function)
    if code is None:
        return False
    if id(code) not in _LOOKS:
        _LOOKS[id(code)] = any(_PAGE.search(word) for found in reached_code(function) for word in _words(found))
    return _LOOKS[id(code)]


_LOOKS: dict[int, bool] = {}


def reached_code(function: Any) -> Iterator[CodeType]:
    """The code of a function and of the user's functions that it calls, each once, up to `_MOST_FUNCTIONS`."""
    waiting: list[Any] = [function]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_FUNCTIONS:
        current = waiting.pop(0)
        code = _code(current)
        if code is None or id(code) in seen:
            continue
        seen.add(id(code))
        yield code
        if is_own_code(code.co_filename):
            known = _globals(current)
            called = (known[name] for name in code.co_names if name in known)
            # Reading an attribute of a module or an object may run any code.
            waiting += [found for found in called if isinstance(found, (FunctionType, partial))]


def _globals(function: Any) -> dict[str, Any]:
    """The names that a function's code refers to: those of its module."""
    for _ in range(_MOST_WRAPPERS):
        names = ("__wrapped__", "func", "__func__")
        inner = next((found for name in names if (found := getattr(function, name, None)) is not None), None)
        if inner is None:
            break
        function = inner
    found = getattr(function, "__globals__", None)
    found = found if found is not None else getattr(_call_method(function), "__globals__", {})
    return found if isinstance(found, dict) else {}


def guards_of(dependant: Any) -> list[Any]:
    """The dependencies of an endpoint that look at the page, by themselves or through their own: what FastAPI calls for them."""
    found = getattr(dependant, "dependencies", ())
    return [guard.call for guard in found if getattr(guard, "call", None) is not None and _guards(guard)]


class GuardedRoute:
    """The guards of one route of FastAPI with a stand-in behind them, made on first use."""

    def __init__(self, route: Any, calls: list[Any], body: str | None) -> None:
        self._route = route
        self._calls = calls
        self._body = body
        self._handler: Any = None

    async def answer(self, request: Any, stand_in: Any) -> Any:
        """What the guards, and FastAPI's reading of the body, make of a request: the answer of `stand_in`, or the exception that
        refuses it."""
        if self._handler is None:
            self._handler = self._made(stand_in)
        return await self._handler(request)

    def _made(self, stand_in: Any) -> Any:
        routing, fastapi = sys.modules["fastapi.routing"], sys.modules["fastapi"]
        response: Any = sys.modules["starlette.responses"].Response
        endpoint = _endpoint(stand_in, self._body_annotation(), self._needs_body())
        depends = [fastapi.Depends(call) for call in self._calls]
        path = "/" + str(getattr(self._route, "path_format", "")).lstrip("/")
        keywords = {"methods": ["POST"], "dependencies": depends, "response_class": response, "response_model": None}
        made = routing.APIRoute(path, endpoint, **keywords)
        made.dependency_overrides_provider = getattr(self._route, "dependency_overrides_provider", None)
        strict = getattr(self._route, "strict_content_type", None)
        if strict is not None:
            made.strict_content_type = strict
        return made.get_route_handler()

    def _body_annotation(self) -> Any:
        """How the body is read: a model needs a JSON object; text and bytes are taken as they are."""
        if self._body != "json":
            return None
        field = getattr(self._route, "body_field", None)
        info = getattr(field, "field_info", None)
        annotation = getattr(info, "annotation", None) or getattr(field, "type_", None)
        as_it_comes = getattr(annotation, "__name__", str(annotation).rpartition(".")[2]) in _AS_IT_COMES
        return Any if as_it_comes else dict

    def _needs_body(self) -> bool:
        field = getattr(self._route, "body_field", None)
        info: Any = getattr(field, "field_info", None)
        return bool(info.is_required()) if hasattr(info, "is_required") else bool(getattr(field, "required", True))


def _endpoint(stand_in: Any, annotation: Any, required: bool) -> Any:
    fastapi: Any = sys.modules["fastapi"]

    async def without_body(request: Any) -> Any:
        return await stand_in(request)

    async def with_body(request: Any, body: Any) -> Any:
        return await stand_in(request)

    endpoint = without_body if annotation is None else with_body
    endpoint.__annotations__ = {"request": fastapi.Request}
    if annotation is not None:
        endpoint.__annotations__["body"] = annotation
        endpoint.__defaults__ = (fastapi.Body(... if required else None),)
    return endpoint


def _guards(dependant: Any) -> bool:
    parameters = [
        *getattr(dependant, "header_params", ()),
        *getattr(dependant, "cookie_params", ()),
    ]
    names = (str(getattr(parameter, "alias", "")) for parameter in parameters)
    if any(_PAGE.search(name) for name in names) or looks_at_page(getattr(dependant, "call", None)):
        return True
    return any(_guards(below) for below in getattr(dependant, "dependencies", ()))


def _code(function: Any) -> CodeType | None:
    if function is None or isinstance(function, type):
        return None
    found = code_of(function)
    if found is None:
        found = code_of(_call_method(function))
    return found


def _words(code: CodeType) -> Iterator[str]:
    """The names and short texts of a function, and of those within it."""
    yield from (*code.co_names, *code.co_varnames, *code.co_freevars)
    yield from _texts(code.co_consts)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)


def _texts(constants: Iterable[Any]) -> Iterator[str]:
    for constant in constants:
        if isinstance(constant, str) and len(constant) <= _LONGEST_WORD and "\n" not in constant:
            yield constant
        elif isinstance(constant, (tuple, frozenset)):
            yield from _texts(constant)


def _call_method(value: Any) -> Any:
    """The function that runs when an object is called; None where its class has none."""
    return getattr(type(value), "__call__", None)  # noqa: B004  # the method, not whether there is one
