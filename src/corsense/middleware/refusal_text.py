"""What did not match, in a sentence: for the log and for debug mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corsense.middleware.compiled import TOO_LONG
from corsense.origin import MAX_ORIGIN
from corsense.policy import Reason

if TYPE_CHECKING:
    from corsense.middleware.compiled import CompiledPolicy

_LONGEST_QUOTE = 200
_MOST_LISTED = 1000


def logged(value: object) -> str:
    """A value that came with a request, for a log: on one line, quoted, with nothing that a terminal or a reader of logs could
    misread, cut when it is long (CVE-2024-1681)."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return ascii(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}...")


def sentence(rules: CompiledPolicy, reason: Reason, value: bytes, origin: bytes | None = None) -> str:
    """Why `rules` refuse `value` of a page of `origin`. One line of ASCII."""
    match reason:
        case Reason.METHOD_NOT_ALLOWED:
            allowed = b", ".join(sorted(rules.methods)).decode()
            message = f"origin {logged(origin)} may not use method {logged(value)}; methods allows {allowed}."
        case Reason.HEADER_NOT_ALLOWED if value == TOO_LONG:
            message = f"origin {logged(origin)} asks for a header list that is too long or malformed; it is not read."
        case Reason.HEADER_NOT_ALLOWED:
            message = f"origin {logged(origin)} may not send {logged(value)}; request_headers allows {_names(rules, value)}."
        case Reason.PRIVATE_NETWORK_NOT_ALLOWED:
            message = f"origin {logged(origin)} asks for access to a private network, and private_network is off."
        case _:
            message = _of_origin(rules, value)
    return " ".join(message.encode("ascii", "backslashreplace").decode().split())


def _names(rules: CompiledPolicy, value: bytes) -> str:
    if not rules.any_header:
        return b", ".join(sorted(rules.names)).decode()[:_MOST_LISTED] or "none"
    return "any except authorization, which must be named" if value == b"authorization" else "any name"


def _of_origin(rules: CompiledPolicy, origin: bytes) -> str:
    if rules.closed:
        return f"origin {logged(origin)}: the path has '.', '..' or empty segments and leads from one policy into another."
    if len(origin) > MAX_ORIGIN or not origin.isascii() or not origin.decode("latin-1").isprintable():
        return f"origin {logged(origin)} is not a value that browsers send."
    if rules.decided_by is not None:
        return f"origin {logged(origin)} is refused by {rules.decided_by}."
    return rules.policy.explain(origin.decode("latin-1"))
