"""What is wrong with a regular expression of origins, independent of any request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from corsense.causes import Severity
from corsense.origin.not_a_regex import Listed


@dataclass(frozen=True, slots=True)
class RegexFault:
    """A fault of a regular expression, with a foreign origin that it admits where one was found."""

    slug: str
    message: str
    admits: str | None
    severity: Severity


@lru_cache(maxsize=256)
def regex_fault(regex: str, credentials: bool) -> RegexFault | None:
    """The fault of `allow_origin_regex`; None when it keeps to its own sites, is not a regular expression, or cannot be
    decided."""
    # These bring the automata along, which most apps do without.
    from corsense.origin.reach import admits_no_origin, foreign_origin, leaves_a_dot_bare, may_take_forever, shared_suffix

    severity: Severity = "error" if credentials else "warning"
    named, written = "allow_origin_regex", f"The expression is {regex!r}."
    admitted = foreign_origin(regex)
    shared = shared_suffix(regex)
    if shared is not None and (credentials or shared[1] == admitted):
        message = f"{named} allows any name below {shared[0]}, and anybody can register one. {shared[1]!r} matches too. {written}"
        if leaves_a_dot_bare(regex):
            message += " It also has an unescaped dot, which matches any character."
        return RegexFault("public-suffix-origin", message, shared[1], severity if credentials else "info")
    if admits_no_origin(regex):
        message = (
            f"{named} matches no origin. Browsers send scheme, host and port, in lower case, without a path or default port. "
            f"{written}"
        )
        return RegexFault("origin-not-normalised", message, None, "error")
    if leaves_a_dot_bare(regex):
        message = f"{named} has an unescaped dot, which matches any character."
        if admitted is None:
            return RegexFault("regex-unescaped-dot", f"{message} {written}", None, "info")
        return RegexFault("regex-unescaped-dot", f"{message} {admitted!r} matches too. {written}", admitted, severity)
    if admitted is not None:
        message = f"{named} allows sites that it was not written for. {admitted!r} matches too. {written}"
        return RegexFault("regex-too-broad", message, admitted, severity)
    if may_take_forever(regex):
        message = f"{named} takes exponential time. An Origin header of a few dozen bytes stops the server. {written}"
        return RegexFault("regex-not-linear", message, None, "error")
    return None


def not_a_string(given: str, texts: Sequence[str], *, is_bytes: bool = False) -> tuple[str, str]:
    """What to say about an `allow_origin_regex` that is neither a string nor a compiled expression, and what to write: `given`
    says what it is, `texts` are the strings in it, `is_bytes` that the one text is an expression written as bytes."""
    message = f"allow_origin_regex must be a string, not {given}. The app answers requests with 500."
    if is_bytes:
        return message, f"Write the expression as a string, without the b: allow_origin_regex=r'{texts[0]}'."
    return message, Listed.of(texts).remedy("allow_origins", "allow_origin_regex")
