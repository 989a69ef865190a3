"""Which foreign origins a regular expression admits: witnesses, each tried against the expression itself."""

from __future__ import annotations

import ipaddress
import re
import warnings
from collections.abc import Iterator

from corsense.fetch.sites import is_public_suffix, registrable_domain
from corsense.origin.backtracking import backtracks
from corsense.url import parse_url

# The parts of an expression that stand for text of somebody else's choice.
_PART = re.compile(
    r"""\\(?P<escaped>[^a-zA-Z0-9])            # an escaped character stands for itself
      | (?P<open>(?:\.|\\[wWSDd]|\[\^?\]?(?:\\.|[^\]\\])*\])(?:[*+?]\??|\{[^}]*\}\??)?)   # any of a class
      | (?P<group>\((?:\?:|\?P<[^>]*>)?)      # a group opens
      | (?P<other>[)|^$?*+]|\\.)              # what only shapes the expression
      | (?P<literal>.)""",
    re.VERBOSE | re.DOTALL,
)
_FILLINGS = ("evil", "evil.", ".evil.example", "evil.example", "-evil", ":1337", "x", "")
_CHOICES = 4


def foreign_origin(pattern: str) -> str | None:
    """An origin that `pattern` fully matches and that belongs to another site than those it was written for; None when none
    was found,
    which is no proof that there is none."""
    compiled = None if backtracks(pattern) else _compiled(pattern)
    if compiled is None:
        return None
    samples = [sample for sample in _samples(pattern) if compiled.fullmatch(sample) and _is_origin(sample)]
    own = _own_sites(pattern)
    return next((sample for sample in samples if _site(sample) not in own and not _is_at_home(sample)), None)


def _is_at_home(origin: str) -> bool:
    """Whether an origin is an address of this machine or of a private network (RFC 1918): nobody else has it by that name."""
    url = parse_url(origin)
    try:
        return url is not None and ipaddress.ip_address(url.host.strip("[]")).is_private
    except ValueError:
        return False


def _compiled(pattern: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of brackets that a later Python may read otherwise
        try:
            return re.compile(pattern)
        except (re.error, RecursionError, OverflowError):
            return None


def shared_suffix(pattern: str) -> str | None:
    """The public suffix below which `pattern` admits any name (`vercel.app`): everybody can have such a name. None when
    there is none."""
    for host in _literal_endings(pattern):
        if "." in host and is_public_suffix(host):
            return host
    return None


def has_bare_dot(pattern: str) -> bool:
    """Whether a dot stands for any one character, as it does where somebody forgot to escape it."""
    return any(part["open"] == "." for part in _PART.finditer(pattern))


def _samples(pattern: str) -> Iterator[str]:
    for alternative in _alternatives(pattern):
        for filling in _FILLINGS:
            yield _filled(alternative, filling)
        yield _filled(alternative, "e", each=True)


def _filled(pattern: str, filling: str, *, each: bool = False) -> str:
    pieces = []
    for part in _PART.finditer(pattern):
        if part["escaped"]:
            pieces.append(part["escaped"])
        elif part["literal"]:
            pieces.append(part["literal"])
        elif part["open"]:
            single = part["open"] == "." or part["open"].endswith("]") or part["open"] in (r"\w", r"\W", r"\S")
            pieces.append(_one(part["open"]) if single or each else filling)
    return "".join(pieces)


def _one(part: str) -> str:
    compiled = _compiled(part)
    return next((char for char in "xe1-" if compiled is not None and compiled.fullmatch(char)), "x")


def _alternatives(pattern: str) -> list[str]:
    """The pattern with each group of alternatives replaced by one of them (the innermost first, a few of them)."""
    found = re.search(r"\((?:\?:|\?P<[^>]*>)?((?:\\.|[^()\\])*\|(?:\\.|[^()\\])*)\)[?*+]?", pattern)
    if found is None:
        return [pattern]
    choices = re.split(r"(?<!\\)\|", found[1])[:_CHOICES]
    return [whole for choice in choices for whole in _alternatives(pattern[: found.start()] + choice + pattern[found.end() :])][
        : _CHOICES**2
    ]


def _own_sites(pattern: str) -> set[str]:
    """The sites the expression was written for: those of the host names that end its alternatives literally."""
    return {registrable_domain(host) for host in _literal_endings(pattern)}


def _literal_endings(pattern: str) -> Iterator[str]:
    for alternative in _alternatives(pattern):
        ending: list[str] = []
        for part in _PART.finditer(alternative):
            text = part["escaped"] or part["literal"]
            if text:
                ending.append(text)
            elif part["open"] == "." and ending and ending[-1].isalnum():
                ending.append(".")  # a dot that somebody forgot to escape
            elif part["open"]:
                ending.append("\0")
        literal = next((text for text in reversed("".join(ending).split("\0")) if text.strip(":")), "")
        yield literal.rpartition("://")[2].partition(":")[0].partition("/")[0].lstrip(".")


def _is_origin(text: str) -> bool:
    url = parse_url(text)
    return url is not None and url.origin == text and all(url.host.split("."))


def _site(origin: str) -> str:
    url = parse_url(origin)
    return registrable_domain(url.host) if url is not None else ""
