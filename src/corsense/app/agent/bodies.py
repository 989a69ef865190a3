"""The body that an endpoint reads by itself: `await request.json()` declares nothing, but a page sends JSON."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any

from .frames import is_own_code
from .guards import reached_code
from .places import code_of

_RAW = frozenset({"body", "stream"})
_PARSERS = frozenset({"loads", "model_validate_json", "validate_json", "parse_raw"})
"""What makes a value of a raw body that is JSON."""


def undeclared_body(endpoint: Any, dependant: Any) -> str | None:
    """The kind of body that an endpoint, or a dependency of it, reads from the request by itself: from what its code looks up. A
    library's endpoint that takes the whole request is assumed to read JSON. None where no body seems to be read. Without a
    `dependant`, the endpoint is Starlette's and always takes the request."""
    users = _own(endpoint) if dependant is None else _users_of_request(dependant)
    names = {name for found in users for name in (*_attributes(found), *_PARSERS.intersection(found.co_names))}
    if "json" in names or (names & _RAW and names & _PARSERS):
        return "json"
    if "form" in names or names & _RAW:  # a raw body may be anything
        return "form" if "form" in names else None
    code = code_of(endpoint)
    foreign = code is not None and not is_own_code(code.co_filename)
    return "json" if foreign and (dependant is None or getattr(dependant, "request_param_name", None)) else None


def _users_of_request(dependant: Any) -> Iterator[CodeType]:
    """The code of the user's functions that get the whole request."""
    if getattr(dependant, "request_param_name", None):
        yield from _own(getattr(dependant, "call", None))
    for below in getattr(dependant, "dependencies", ()):
        yield from _users_of_request(below)


def _own(function: Any) -> Iterator[CodeType]:
    return (found for found in reached_code(function) if is_own_code(found.co_filename))


def _attributes(code: CodeType) -> Iterator[str]:
    """The attributes that a function looks up, and those within it: `request.json()`, not `json.loads()`."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(step.argval, str):
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _attributes(constant)
