"""What is wrong with a regular expression of origins, whoever asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corsense.causes import Severity
from corsense.origin.backtracking import backtracks
from corsense.origin.regex import foreign_origin, has_bare_dot, shared_suffix

# Pages that no list of ours is meant for. A regular expression that admits one of them admits the world.
_STRANGERS = ("https://evil.example", "http://evil.example", "https://evil.example:8443", "null")


@dataclass(frozen=True, slots=True)
class RegexFault:
    """A fault of a regular expression, with a foreign origin that it admits where one was found."""

    slug: str
    message: str
    admits: str | None
    severity: Severity


def regex_fault(regex: str, credentials: bool) -> RegexFault | None:
    """The fault of `allow_origin_regex`; None when it keeps to its own sites, is no regular expression, or may take forever."""
    if backtracks(regex):
        return None
    try:
        pattern = re.compile(regex)
    except (re.error, RecursionError, OverflowError):
        return None
    severity: Severity = "error" if credentials else "warning"
    suffix = shared_suffix(regex)
    admitted = next((origin for origin in _STRANGERS if pattern.fullmatch(origin)), None) or foreign_origin(regex)
    if suffix is not None:
        message = (
            f"allow_origin_regex {regex!r} lets in every name below {suffix}, and anybody can have one: {admitted!r} for one."
        )
        return RegexFault("public-suffix-origin", message, admitted, severity if credentials else "info")
    if has_bare_dot(regex):
        dotted = f", {admitted!r} for one" if admitted else ""
        message = (
            f"allow_origin_regex {regex!r} has a dot that is not escaped: it stands for any character, so foreign hosts "
            f"match{dotted}."
        )
        return RegexFault("regex-unescaped-dot", message, admitted, severity)
    if admitted is not None:
        message = f"allow_origin_regex {regex!r} lets in sites it was not written for, {admitted!r} for one."
        return RegexFault("regex-too-broad", message, admitted, severity)
    return None
