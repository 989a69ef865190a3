"""Look-alike origins: for a trusted origin, the untrusted ones that careless comparisons mistake for it.

`check`, `fix` and `corsense.testing` share this list.

Some server has allowed each of them once: prefix and suffix tests, `in` on a string, dots of regular expressions, `null`, names
that look alike. The list is that of CORScanner, Corsy and nuclei, and of the advisories named beside the groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from corsense.errors import InputError, quoted
from corsense.faults import PolicyError
from corsense.origin.pattern import OriginPattern
from corsense.origin.spelling import read_pattern
from corsense.origin.untrusted import UNTRUSTED

_SPECIAL = "_-\"'{}+^!~;&()*,$=|`"
_ENCODED = ("%60", "%0b", "%00", "%20")
_HOSTED = ("https://x.github.io", "https://codepen.io", "https://x.vercel.app", "https://x.netlify.app")
_OF_COMPARISONS = ("special characters", "spelling", "two origins")
_LOOKALIKE = {"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "x": "х"}  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class ForeignOrigin:
    """An untrusted `Origin` header. `kind` says which slip would allow it, `why` how; `browser` whether a
    browser would ever send it (what it would not, other clients do)."""

    origin: str
    kind: str
    why: str
    browser: bool = True


def foreign_origins(trusted: Iterable[str]) -> tuple[ForeignOrigin, ...]:
    """Every probe for the `trusted` origins or patterns (`https://*.example.com`), each once, without those that are trusted
    themselves. Raises InputError for an entry that is not an origin."""
    patterns = [_pattern(text) for text in trusted]
    found: dict[str, ForeignOrigin] = {}
    for probe in _everyone():
        found.setdefault(probe.origin, probe)
    for pattern in patterns:
        for probe in _of(pattern):
            found.setdefault(probe.origin, probe)
    return tuple(probe for probe in found.values() if not any(pattern.matches(probe.origin) for pattern in patterns))


def near_origins(trusted: Iterable[str]) -> tuple[str, ...]:
    """The look-alikes that a browser would send and that one slip in a list or an expression lets in, each once. Entries that are
    not origins are skipped: a list under repair may hold anything."""
    patterns = [text for text in trusted if isinstance(read_pattern(text, "origin"), tuple)]
    probes = foreign_origins(patterns)
    return tuple(probe.origin for probe in probes if probe.browser and probe.kind not in _OF_COMPARISONS)


def listed_untrusted(listed: Iterable[str], trusted: Iterable[str]) -> Iterator[ForeignOrigin]:
    """Those that an app's own list names but nobody trusts: leftovers of development or of a former customer. Entries that are
    not origins match no page and are skipped."""
    own = frozenset(trusted)
    patterns = [_pattern(text) for text in own]
    for text in listed:
        if text not in own and isinstance(read := read_pattern(text, "origin"), tuple):
            origin = OriginPattern(*read).example()
            if not any(pattern.matches(origin) for pattern in patterns):
                yield ForeignOrigin(origin, "listed", "the app's own list names it, but it is not trusted")


def _pattern(text: str) -> OriginPattern:
    try:
        return OriginPattern.parse(text)
    except PolicyError as error:
        raise InputError(f"trusted={quoted(text)} is not an origin that can be trusted: {error.faults[0]}") from None


def _everyone() -> Iterator[ForeignOrigin]:
    for origin in UNTRUSTED:
        yield ForeignOrigin(origin, "reflection", "any site is allowed")
    yield ForeignOrigin("null", "null", "any site can be null, in a sandboxed frame")
    for origin in _HOSTED:
        yield ForeignOrigin(origin, "hosted third party", "anyone can publish a page there")
    yield ForeignOrigin("https://localhost.evil.com", "localhost", "a name that only begins with localhost")
    yield ForeignOrigin("http://localhost:31337", "localhost", "any program on the user's machine, any port")


def _of(pattern: OriginPattern) -> Iterator[ForeignOrigin]:
    from corsense.sites import registrable_domain  # its list takes long to load

    sample = pattern.example()
    scheme, _, authority = sample.partition("://")
    host, port = _split(authority)
    site = registrable_domain(host)
    yield from _begins_and_ends(scheme, host, port, site)
    yield from _dots(scheme, host, port)
    yield from _special_characters(scheme, host)
    yield from _neighbours(scheme, host, port, site)
    yield from _spellings(scheme, host, port)


def _split(authority: str) -> tuple[str, str]:
    """Host and port, the port with its colon."""
    host, colon, port = authority.rpartition(":")
    return (host, colon + port) if colon and port.isdigit() else (authority, "")


def _begins_and_ends(scheme: str, host: str, port: str, site: str) -> Iterator[ForeignOrigin]:
    prefix = "only the beginning is compared"
    yield ForeignOrigin(f"{scheme}://{host}.evil.com{port}", "prefix match", prefix)
    yield ForeignOrigin(f"{scheme}://{host}evil.com{port}", "prefix match", prefix)
    if port:
        yield ForeignOrigin(f"{scheme}://{host}{port}.evil.com", "prefix match", prefix, browser=False)
    suffix = "only the end is compared"
    yield ForeignOrigin(f"{scheme}://evil{site}{port}", "suffix match", suffix)
    yield ForeignOrigin(f"{scheme}://evil{host}{port}", "suffix match", suffix)
    substring = "one text is searched for in the other"
    if len(site) > 2:
        yield ForeignOrigin(f"{scheme}://{site[1:]}{port}", "substring", substring)
    if len(host) > 2:
        yield ForeignOrigin(f"{scheme}://{host[1:]}{port}", "substring", substring)
    yield ForeignOrigin(f"{scheme}://{host}{port}"[:-1], "substring", substring)
    yield ForeignOrigin(f"{scheme}://evil.com.{host}.evil.com{port}", "substring", substring)


def _dots(scheme: str, host: str, port: str) -> Iterator[ForeignOrigin]:
    for index, character in enumerate(host):
        if character == "." and not host.startswith("["):
            other = f"{host[:index]}x{host[index + 1 :]}"
            yield ForeignOrigin(f"{scheme}://{other}{port}", "unescaped dot", "a dot of a regular expression is any character")


def _special_characters(scheme: str, host: str) -> Iterator[ForeignOrigin]:
    for character in (*_SPECIAL, *_ENCODED):
        yield ForeignOrigin(
            f"{scheme}://{host}{character}.evil.com",
            "special characters",
            "a character that some browsers allow in a name ends the comparison",
        )


def _neighbours(scheme: str, host: str, port: str, site: str) -> Iterator[ForeignOrigin]:
    subdomain = "any name below the domain is allowed: one of them, taken over or with a script injected, is enough"
    if "." in site:
        yield ForeignOrigin(f"{scheme}://evil.{site}{port}", "any subdomain", subdomain)
        yield ForeignOrigin(f"{scheme}://a.b.{site}{port}", "any subdomain", subdomain)
        yield ForeignOrigin(f"{scheme}://evil.{host}{port}", "any subdomain", subdomain)
    if scheme == "https":
        twin = "anyone on the user's network can forge http pages"
        yield ForeignOrigin(f"http://{host}{port}", "http twin", twin)
        if "." in site:
            yield ForeignOrigin(f"http://evil.{site}{port}", "http twin", twin)
    other = "another port is another program"
    yield ForeignOrigin(f"{scheme}://{host}:1337", "port wildcard", other)
    yield ForeignOrigin(f"{scheme}://{host}:0", "port wildcard", other, browser=False)
    default = {"https": "443", "http": "80"}.get(scheme)
    if default is not None and not port:
        yield ForeignOrigin(f"{scheme}://{host}:{default}", "port wildcard", other, browser=False)


def _spellings(scheme: str, host: str, port: str) -> Iterator[ForeignOrigin]:
    alike = "spelled differently, and treated as the same"
    whole = f"{scheme}://{host}{port}"
    yield ForeignOrigin(f"{scheme}://{host.upper()}{port}", "spelling", alike, browser=False)
    if "." in host:
        yield ForeignOrigin(f"{scheme}://{host}.{port}", "spelling", "with a dot at the end it is another origin")
    looks_alike = _punycode(host)
    if looks_alike is not None:
        yield ForeignOrigin(f"{scheme}://{looks_alike}{port}", "spelling", "a name in other letters that looks alike")
    yield ForeignOrigin(f"{whole}@evil.com", "spelling", "what stands before @ is a user, not a host", browser=False)
    yield ForeignOrigin(f"{whole} .evil.com", "spelling", "a blank ends the comparison", browser=False)
    yield ForeignOrigin(f"{whole}/", "spelling", "an origin has no path", browser=False)
    two = "two origins in one header, one of them is compared"
    yield ForeignOrigin(f"{whole} https://evil.com", "two origins", two, browser=False)
    yield ForeignOrigin(f"{whole}, https://evil.com", "two origins", two, browser=False)
    yield ForeignOrigin(f"https://evil.com, {whole}", "two origins", two, browser=False)


def _punycode(host: str) -> str | None:
    """`host` with one letter of its first label in Cyrillic, as browsers send it; None if no letter has a look-alike."""
    for index, letter in enumerate(host.partition(".")[0]):
        if letter in _LOOKALIKE:
            try:
                return (host[:index] + _LOOKALIKE[letter] + host[index + 1 :]).encode("idna").decode("ascii")
            except UnicodeError:
                return None
    return None


# The other way round: whether an origin that was seen resembles a trusted one.

_CONFUSED = str.maketrans("015$", "olss")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_LONG_NAME = 8


def resembles(origin: str, trusted: str) -> str | None:
    """How a user, or a careless comparison, could mistake `origin` for the `trusted` one, which belongs to someone else; None
    when it could not. Origins of one site (`a.example.com`, `b.example.com`) do not resemble each other, but http resembles
    https."""
    from corsense.sites import registrable_domain

    one, other = (text.partition("://") for text in (origin, trusted))
    host, _ = _split(one[2])
    known, _ = _split(other[2])
    if origin == trusted or "." not in known or "." not in host:
        return None
    if host == known:
        return "the same host over http, whose pages anyone on the network can forge" if one[0] == "http" != other[0] else None
    own, theirs = registrable_domain(host), registrable_domain(known)
    if own == theirs:
        return None
    if known in host or theirs in host:
        return f"it contains {theirs}, and belongs to {own}"
    mine, named = _skeleton(own), _skeleton(theirs)
    if mine == named or _skeleton(host) == _skeleton(known):
        return f"it reads like {theirs}"
    if _is_one_slip(own, theirs) or _is_one_slip(host, known):
        return f"it is one letter away from {theirs}"
    label = theirs.partition(".")[0]
    if len(label) >= _LONG_NAME - 3 and label in own.partition(".")[0].split("-"):
        return f"it contains the name of {theirs}"
    return None


@lru_cache(maxsize=4096)
def _skeleton(host: str) -> str:
    """What is left of a name where letters that look alike are one: Punycode decoded, digits and pairs read as letters."""
    from unicodedata import normalize

    labels = []
    for label in host.split("."):
        try:
            text = label.encode("ascii").decode("idna") if label.startswith("xn--") else label
        except UnicodeError:
            text = label
        labels.append(normalize("NFKD", text))
    reading = "".join(_LATIN.get(letter, letter) for letter in ".".join(labels) if not letter.isspace() and letter.isprintable())
    reading = "".join(letter for letter in reading if ord(letter) < 0x300 or ord(letter) > 0x36F)
    reading = reading.translate(_CONFUSED)
    for pair, letter in _PAIRS:
        reading = reading.replace(pair, letter)
    return reading


# Letters of other alphabets, by their number, and the Latin ones that they look like.
_LATIN = {
    chr(number): letter
    for letter, numbers in {
        "a": (0x430, 0x3B1), "b": (0x432,), "c": (0x441, 0x3F2), "d": (0x501,), "e": (0x435,), "h": (0x4BB, 0x43D),
        "i": (0x456, 0x131), "j": (0x458,), "k": (0x43A, 0x3BA), "l": (0x4CF, 0x217C), "m": (0x43C,),
        "n": (0x578,), "o": (0x43E, 0x3BF), "p": (0x440, 0x3C1), "s": (0x455,), "t": (0x442, 0x3C4), "u": (0x57D,),
        "v": (0x475, 0x3BD), "w": (0x51D,), "x": (0x445,), "y": (0x443,),
    }.items()
    for number in numbers
}  # fmt: skip


def _is_one_slip(one: str, other: str) -> bool:
    """Whether a letter is added, left out, replaced or swapped with the next. A digit for another digit is a numbering."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _LONG_NAME:
        return False
    start = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, more = one[start:], other[start:]
    if len(one) == len(other):
        swapped = rest[:2] == more[:2][::-1] and rest[2:] == more[2:]
        numbered = rest[:1].isdigit() and more[:1].isdigit()
        return swapped or (rest[1:] == more[1:] and not numbered)
    longer, shorter = (rest, more) if len(rest) > len(more) else (more, rest)
    return longer[1:] == shorter and not longer[:1].isdigit()
