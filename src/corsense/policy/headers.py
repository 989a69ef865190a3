"""Header names of a policy: what pages may send, and what they may read. Source: Fetch, *Headers*; jub0bs/cors, `Config`."""

from __future__ import annotations

from collections.abc import Iterable

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.fetch.safelist import FORBIDDEN_RESPONSE_HEADERS, is_forbidden_request_header, is_token

_ANSWERS = frozenset(
    {
        "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
        "access-control-allow-origin", "access-control-allow-private-network", "access-control-expose-headers",
        "access-control-max-age",
    }
)  # fmt: skip
_RESPONSE_ONLY = frozenset({"set-cookie", "set-cookie2", "vary", "www-authenticate"})
_QUESTIONS = frozenset(
    {
        "access-control-request-headers", "access-control-request-method", "access-control-request-private-network", "origin",
    }
)  # fmt: skip
_PREFLIGHT_ANSWERS = _ANSWERS - {
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
}


def read_request_headers(values: Iterable[object]) -> tuple[tuple[str, ...], list[Fault]]:
    """The names in lower case, each once, and the faults of invalid ones."""
    return _read("request_headers", values)


def read_expose_headers(values: Iterable[object]) -> tuple[tuple[str, ...], list[Fault]]:
    """The names as written, each once whatever its case, and the faults of invalid ones."""
    return _read("expose_headers", values)


def _read(field: str, values: Iterable[object]) -> tuple[tuple[str, ...], list[Fault]]:
    names: dict[str, str] = {}
    faults: list[Fault] = []
    for value in values:
        fault = _no_name(field, value)
        if fault is None and isinstance(value, str):
            fault = _request_fault(value) if field == "request_headers" else _response_fault(value)
            names.setdefault(value.lower(), value)
        if fault is not None:
            faults.append(fault)
    return tuple(names if field == "request_headers" else names.values()), faults


def _no_name(field: str, value: object) -> Fault | None:
    if not isinstance(value, str):
        return Fault(
            field, value, "invalid-cors-header", f"{quoted(value)} must be a string.", "Write names such as 'X-Request-ID'."
        )
    if is_token(value):
        return None
    stripped = value.strip(" :,;\t\r\n")
    instead = f"Write {quoted(stripped)}." if is_token(stripped) else "Write one name per entry, such as 'X-Request-ID'."
    message = f"{quoted(value)} is not a header name, and one bad name makes browsers drop the whole list."
    return Fault(field, value, "invalid-cors-header", message, instead)


def _request_fault(name: str) -> Fault | None:
    lower = name.lower()
    if lower in _ANSWERS or lower in _RESPONSE_ONLY:
        message = f"{name} is a response header; pages do not send it."
        return Fault("request_headers", name, "name-without-effect", message, "Leave it out; this list is what pages may send.")
    if is_forbidden_request_header(lower, ""):
        message = f"browsers never let script set {name}, so the permission has no effect."
        return Fault("request_headers", name, "name-without-effect", message, "Leave it out.")
    return None


def _response_fault(name: str) -> Fault | None:
    lower = name.lower()
    if lower in FORBIDDEN_RESPONSE_HEADERS:
        message = f"browsers never show {name} to script."
        return Fault("expose_headers", name, "name-without-effect", message, "Leave it out.")
    if lower in _QUESTIONS or lower in _PREFLIGHT_ANSWERS:
        message = f"{name} is not a response header that script could read."
        return Fault("expose_headers", name, "name-without-effect", message, "Leave it out; this list is what pages may read.")
    return None
