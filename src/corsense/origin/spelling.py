"""How an origin pattern is spelt: its parts, or the one `Fault` that says what is wrong with it and what was probably meant."""

from __future__ import annotations

import re
from typing import Final

from corsense.errors import quoted
from corsense.faults import Fault
from corsense.url import assumed_scheme, parse_url

MAX_HOST: Final = 253
MAX_LABEL: Final = 63
MAX_SCHEME: Final = 64
MAX_ORIGIN: Final = MAX_SCHEME + len("://") + MAX_HOST + len(":65535")
"""Longest origin that is looked at, in bytes: scheme, host (RFC 1035, section 2.3.4) and port at their longest."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}

Parts = tuple[str, str, int | str | None, bool]
"""Scheme, host, port, and whether any subdomain of the host is meant."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_REGEX_SIGNS = re.compile(r"[\\^$()|{}]|(?<![*a-z0-9])\.[*+]|(?<!\*)\.[*+](?=.)|[\w/]\?\.|\?:|https\?:|\[[^\]]*-[^\]]*\]")
_SOME_HOST = re.compile(r"(?:\((?:\?:)?)?(?:\.|\[[^\]]+\]|\\w)[*+](?:\\\.|\.)\)?[*+?]?")
_GUESSES = 5
_EXAMPLE = "Write scheme, host and port only, such as 'https://app.example.com'."
_SEVERAL = re.compile(r"[,;\s]+")


def read_pattern(text: object, field: str) -> Parts | Fault:
    """The parts of the pattern `text`, or its fault, reported for `field`."""
    if not isinstance(text, str):
        message_text = f"{quoted(text)} must be a string."
        return Fault(field, text, "origin-not-normalised", message_text, "Write 'https://app.example.com'.")
    return _Reading(text, field).read()


class _Reading:
    """One text being read. Each step returns None when it finds no fault.

    `instead` is the pattern that was probably meant, once there is a fault; a proposal that has a fault itself is replaced by
    what that one proposes, so that what a remedy says can be written as it stands.
    """

    def __init__(self, text: str, field: str, guesses: int = _GUESSES) -> None:
        self.text, self.field, self.guesses = text, field, guesses
        self.instead: str | None = None

    def fault(self, slug: str, message: str, *, write: str | None = None, remedy: str = _EXAMPLE, more: str = "") -> Fault:
        """The fault. `write`: what was probably meant; `more` is added to the proposal, `remedy` stands where there is none."""
        self.instead = self._sound(write) if write is not None and self.guesses else None
        if self.instead is not None:
            remedy = f"Write {quoted(self.instead)}{more}."
        return Fault(self.field, self.text, slug, message, remedy)

    def _sound(self, proposal: str) -> str | None:
        reading = _Reading(proposal, self.field, self.guesses - 1)
        return proposal if isinstance(reading.read(), tuple) else reading.instead

    def read(self) -> Parts | Fault:
        refused = self._no_origin() or self._another_language()
        if refused is not None:
            return refused
        scheme, _, rest = self.text.partition("://")
        refused = self._scheme(scheme) or self._beyond(scheme, rest)
        if refused is not None:
            return refused
        host, port = _authority(rest)
        number = self._port(scheme, host, port)
        if isinstance(number, Fault):
            return number
        subdomains = host.startswith("*.")
        name = host[2:] if subdomains else host
        return self._host(scheme, name, port, subdomains) or (scheme, name, number, subdomains)

    def _no_origin(self) -> Fault | None:
        text = self.text
        if len(text) > MAX_ORIGIN:
            message_text = f"an origin of {len(text)} characters is longer than any that a browser sends."
            return self.fault("origin-not-normalised", message_text, remedy=f"Write at most {MAX_ORIGIN} characters.")
        if text == "null":
            message_text = (
                "'null' is the origin of every sandboxed frame, and every page can open one; allowing it allows everyone."
            )
            return self.fault("null-origin", message_text, remedy="Serve the page from an origin of its own, and list that.")
        if text == "*":
            message_text = "'*' is not a pattern; it stands for every origin and must stand alone."
            return self.fault("wildcard-origins", message_text, remedy='Write origins="*", or list the origins that you mean.')
        if text.strip() != text and text.strip():
            message_text = f"{quoted(text)} has white space around it, and no browser sends that."
            return self.fault("env-split-without-strip", message_text, write=text.strip())
        if not text:
            message_text = "an empty string is not an origin; splitting an empty setting leaves one."
            return self.fault("env-split-without-strip", message_text, remedy="Leave it out.")
        return None

    def _another_language(self) -> Fault | None:
        text = self.text
        parts = [part for part in _SEVERAL.split(text) if part]
        if len(parts) > 1 and "://" in parts[1]:
            message_text = f"{quoted(text)} is one string that holds {len(parts)} origins; each must be an entry of its own."
            return self.fault("origins-not-a-list", message_text, remedy=f"Write {quoted(parts)}.")
        if any(character < " " or character == "\x7f" for character in text):
            message_text = f"{quoted(text)} has control characters, which no browser sends."
            return self.fault("origin-not-normalised", message_text, remedy="Write one origin, on one line.")
        if _REGEX_SIGNS.search(text.partition("?")[0] if "://" in text and "?" in text.partition("://")[2] else text):
            message_text = f"{quoted(text)} is a regular expression, but the list holds origins; it matches no page."
            remedy = "Pass it as origin_regex, or write a pattern such as 'https://*.example.com'."
            return self.fault("regex-in-origins", message_text, write=self._plainly(), remedy=remedy)
        if "://" not in text:
            rest = text.removeprefix("//")
            scheme = assumed_scheme(rest)
            rest = rest.removeprefix(f"{scheme}:")
            message_text = f"{quoted(text)} has no scheme, and browsers always send one."
            return self.fault("origin-without-scheme", message_text, write=f"{scheme}://{rest}")
        return None

    def _plainly(self) -> str:
        """The pattern that says the same as a regular expression, where there is one."""
        bare = self.text.removeprefix("^").removesuffix("$").replace("https?", "https").replace("\\/", "/")
        return _SOME_HOST.sub("*.", bare).replace("\\", "")

    def _scheme(self, scheme: str) -> Fault | None:
        if "*" in scheme:
            rest = self.text.partition("://")[2]
            message_text = (
                f"{quoted(self.text)} leaves the scheme open, which would allow pages that anyone on the network can forge."
            )
            return self.fault("glob-in-origins", message_text, write=f"https://{rest}")
        if scheme == "file":
            message_text = "pages from files have the origin 'null', so this matches none of them."
            return self.fault(
                "null-origin", message_text, remedy="Serve the page over http, for example from http://localhost:8080."
            )
        if _SCHEME.fullmatch(scheme) and len(scheme) <= MAX_SCHEME:
            return None
        if _SCHEME.fullmatch(scheme.lower()) and len(scheme) <= MAX_SCHEME:
            return self._not_as_sent("upper case in the scheme", self.text.lower())
        message_text = (
            f"{quoted(scheme)} is not a scheme: a lower-case letter, then letters, digits, '+', '-', '.', at most {MAX_SCHEME}."
        )
        return self.fault("origin-not-normalised", message_text)

    def _beyond(self, scheme: str, rest: str) -> Fault | None:
        """What stands behind or before the host."""
        end = re.search(r"[/?#]", rest)
        origin = f"{scheme}://{rest[: end.start()] if end else rest}"
        if end and rest[end.start() :] == "/":
            message_text = f"{quoted(self.text)} ends in a slash, and browsers send the origin without one: it matches no page."
            return self.fault("origin-trailing-slash", message_text, write=origin)
        if end:
            message_text = (
                f"{quoted(self.text)} has {quoted(rest[end.start() :])} after the host, but an origin ends with host and port."
            )
            return self.fault("origin-has-path", message_text, write=origin)
        if "@" in rest:
            message_text = f"{quoted(self.text)} names a user, but browsers send only host and port."
            return self.fault("origin-not-normalised", message_text, write=f"{scheme}://" + rest.rpartition("@")[2])
        return None

    def _port(self, scheme: str, host: str, port: str | None) -> Fault | int | str | None:
        if port is None or port == "*":
            return port
        without = f"{scheme}://{host}"
        if not (port.isascii() and port.isdigit()) or not 0 < int(port) <= 65535:
            message_text = f"{quoted(port)} is not a port: ports are 1 to 65535, or '*' for any."
            return self.fault("origin-not-normalised", message_text, write=without, more=", with its port if it has one")
        if int(port) == DEFAULT_PORTS.get(scheme):
            message_text = f"{port} is the default port of {scheme}, which browsers omit: {quoted(self.text)} matches no page."
            return self.fault("origin-default-port", message_text, write=without)
        if port[0] == "0":
            return self._not_as_sent("a port with leading zeros", f"{without}:{int(port)}")
        return int(port)

    def _host(self, scheme: str, name: str, port: str | None, subdomains: bool) -> Fault | None:
        behind = "" if port is None else f":{port}"
        if "*" in name or not name:
            return self._other_wildcard(scheme, name, subdomains)
        if (name[0].isdigit() or name.startswith("[")) and subdomains and _is_address(name):
            message_text = f"{quoted(self.text)} asks for subdomains of an address, which has none."
            return self.fault("glob-in-origins", message_text, write=f"{scheme}://{name}{behind}")
        labels = name.removesuffix(".").split(".")
        if len(name) > (MAX_HOST - 2 if subdomains else MAX_HOST) or max(map(len, labels)) > MAX_LABEL:
            message_text = f"the host is longer than a name can be: {MAX_LABEL} characters a label, {MAX_HOST} in all."
            return self.fault("origin-not-normalised", message_text, remedy="Write the name as it is in DNS.")
        sent = parse_url(f"https://a.{name}" if subdomains else f"https://{name}")
        canonical = sent.host.removeprefix("a.") if sent is not None and subdomains else sent.host if sent is not None else ""
        if canonical == name and "" not in labels and not re.search(r"[^a-z0-9._:\[\]-]", name):
            return None
        if not canonical or "" in labels or re.search(r"[^a-z0-9._:\[\]-]", canonical):
            message_text = f"{quoted(name)} is not a host name: letters, digits, '-', '_' and '.', or an address."
            return self.fault(
                "origin-not-normalised", message_text, remedy="Write the host as the browser's address bar shows it."
            )
        what = "Unicode, and browsers send Punycode" if not name.isascii() else "a form that browsers rewrite"
        if name.lower() == canonical:
            what = "upper case, and browsers send lower case"
        return self._not_as_sent(what, f"{scheme}://{'*.' if subdomains else ''}{canonical}{behind}")

    def _other_wildcard(self, scheme: str, name: str, subdomains: bool) -> Fault:
        if not name or (name == "*" and not subdomains):
            message_text = f"{quoted(self.text)} names no host: it would allow almost every page on the web."
            return self.fault(
                "glob-in-origins", message_text, remedy='Write the host; or origins="*" if everyone may read the responses.'
            )
        domain = name.rpartition("*")[2].partition(".")[2]
        message_text = (
            f"{quoted(self.text)} has a wildcard within the name; '*' can only stand for whole leading labels, as '*.'."
        )
        if "." not in domain:
            return self.fault("glob-in-origins", message_text, remedy="Write 'https://*.example.com', or list the origins.")
        exactly = self._as_regex()
        from corsense.sites import is_public_suffix  # the list takes 80 ms to load

        if is_public_suffix(domain):
            hatch = f"with credentials set dangerously_allow_public_suffixes=True too: anyone can register a name below {domain}"
            return self.fault("glob-in-origins", message_text, remedy=f"Write origin_regex={exactly}; {hatch}.")
        more = f", if you trust each of its subdomains; or origin_regex={exactly}, which matches exactly that"
        return self.fault("glob-in-origins", message_text, write=f"{scheme}://*.{domain}", more=more)

    def _as_regex(self) -> str:
        """The expression that matches what was meant, as it is written in source."""
        parts = [re.escape(part).replace(r"\-", "-") for part in self.text.removesuffix(":*").split("*")]
        return f"r'{'[a-z0-9-]+'.join(parts)}{'(:[0-9]+)?' if self.text.endswith(':*') else ''}'"

    def _not_as_sent(self, what: str, instead: str) -> Fault:
        message_text = f"{quoted(self.text)} has {what}: it matches no page."
        return self.fault("origin-not-normalised", message_text, write=instead)


def _authority(rest: str) -> tuple[str, str | None]:
    """Host and port as written; the colons of an IPv6 address are no separators."""
    if rest.endswith("]") or ":" not in rest:
        return rest, None
    host, _, port = rest.rpartition(":")
    return host, port


def _is_address(name: str) -> bool:
    return name.startswith("[") or name.replace(".", "").isdigit()
