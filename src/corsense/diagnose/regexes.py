"""What is wrong with a regular expression of origins, independent of any request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from corsense.causes import Severity
from corsense.origin.not_a_regex import Listed


@dataclass(frozen=True, slots=True)
class RegexFault:
    """A fault of a regular expression, with a foreign origin that it admits where one was found. `names_a_project`: below a
    shared host it admits only names of a certain shape."""

    slug: str
    message: str
    admits: str | None
    severity: Severity
    names_a_project: bool = False

    @property
    def remedy(self) -> str | None:
        """What to do, where no edit is known; None where only the author knows what was meant."""
        return _REMEDIES.get(self.slug if not self.names_a_project else "names-a-project")


_REMEDIES = {
    "public-suffix-origin": r"Name your own project in the expression, such as r'https://shop-[a-z0-9-]+-team\.vercel\.app', or "
    "list the origins.",
    "names-a-project": "If no one else can take a name of this shape, silence this with "
    "`# corsense: ignore[public-suffix-origin]`; else list the origins.",
    "regex-too-broad": r"Write your site out after the scheme, such as r'https://([a-z0-9-]+\.)*example\.com', or list the "
    "origins.",
    "regex-unescaped-dot": r"Write \. for each dot of a name.",
    "regex-not-linear": r"Repeat one class once, such as r'https://[a-z0-9.-]+\.example\.com', never a group of repetitions.",
}

_ANY_NAME = "corsense-7q2v9"
"""A name that no author of an expression had in mind."""


def admits(regex: str, origin: str) -> bool:
    """Whether an expression matches a whole origin; False where it is no regular expression."""
    try:
        return re.fullmatch(regex, origin) is not None
    except re.error:
        return False


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
        narrow = not admits(regex, f"https://{_ANY_NAME}.{shared[0]}")
        return RegexFault("public-suffix-origin", message, shared[1], severity if credentials else "info", narrow)
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
