"""Methods of a policy: read, normalised, judged. Source: Fetch, *Methods*; RFC 9110, section 9.1."""

from __future__ import annotations

from collections.abc import Iterable

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.fetch.safelist import is_forbidden_method, is_token, normalise_method

_KNOWN = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})


def read_methods(values: Iterable[object]) -> tuple[tuple[str, ...], list[Fault]]:
    """The methods as browsers send them, each once, and the faults of invalid ones."""
    methods: dict[str, None] = {}
    faults = []
    for value in values:
        if isinstance(value, str) and (fault := _fault(value)) is None:
            methods[normalise_method(value)] = None
        else:
            faults.append(fault if isinstance(value, str) and fault else _no_text(value))
    return tuple(methods), faults


def _fault(method: str) -> Fault | None:
    if method == "*":
        return None
    if not is_token(method):
        stripped = method.strip(" ,;\t\r\n").upper()
        instead = f"Write {quoted(stripped)}." if is_token(stripped) else "Write one method per entry, such as 'PUT'."
        return Fault(
            "methods", method, "invalid-cors-header", f"{quoted(method)} is not a method: it must be a single token.", instead
        )
    if is_forbidden_method(method):
        message = f"browsers never let script use {method.upper()}, so the permission has no effect."
        return Fault("methods", method, "name-without-effect", message, "Leave it out.")
    if normalise_method(method) not in _KNOWN and method.upper() in _KNOWN:
        message = f"methods are case-sensitive, and {quoted(method)} is not {method.upper()}."
        return Fault("methods", method, "method-not-allowed", message, f"Write {quoted(method.upper())}.")
    return None


def _no_text(value: object) -> Fault:
    return Fault("methods", value, "invalid-cors-header", f"{quoted(value)} must be a string.", "Write names such as 'PUT'.")
