"""What is wrong with a regular expression of origins, whoever asks."""

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
    named = f"allow_origin_regex {regex!r}"
    admitted = foreign_origin(regex)
    shared = shared_suffix(regex)
    if shared is not None and (credentials or shared[1] == admitted):
        message = f"{named} leaves the name below {shared[0]} open, and anybody can register one: {shared[1]!r} for one."
        if leaves_a_dot_bare(regex):
            message += " It also has a dot that is not escaped, which stands for any character."
        return RegexFault("public-suffix-origin", message, shared[1], severity if credentials else "info")
    if admits_no_origin(regex):
        message = (
            f"{named} matches no origin: browsers send scheme, host and port, in lower case, without a path or default port."
        )
        return RegexFault("origin-not-normalised", message, None, "error")
    if leaves_a_dot_bare(regex):
        message = f"{named} has a dot that is not escaped: it stands for any character"
        if admitted is None:
            return RegexFault("regex-unescaped-dot", f"{message}.", None, "info")
        return RegexFault("regex-unescaped-dot", f"{message}, so foreign hosts match, {admitted!r} for one.", admitted, severity)
    if admitted is not None:
        message = f"{named} lets in sites it was not written for, {admitted!r} for one."
        return RegexFault("regex-too-broad", message, admitted, severity)
    if may_take_forever(regex):
        message = (
            f"{named} can read one text in more ways with each character, so an Origin header of a few dozen bytes stops the "
            "server."
        )
        return RegexFault("regex-not-linear", message, None, "error")
    return None


def not_a_string(given: str, texts: Sequence[str], *, is_bytes: bool = False) -> tuple[str, str]:
    """What to say of an `allow_origin_regex` that is neither a string nor a compiled expression, and what to write: `given` says
    what it is, `texts` are the strings in it, `is_bytes` that the one text is an expression written as bytes."""
    if is_bytes:
        message = f"allow_origin_regex is {given}, not a string: it matches no header, so the app answers requests with a 500."
        return message, f"Write the expression as a string, without the b: allow_origin_regex=r'{texts[0]}'."
    message = f"allow_origin_regex is {given}, not a string: re cannot match it, so the app answers requests with a 500."
    return message, Listed.of(texts).remedy("allow_origins", "allow_origin_regex")
