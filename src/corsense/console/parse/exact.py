"""Lines that are exactly what a browser prints, read back by the templates that print them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from corsense.console import chromium, firefox
from corsense.console.catalogue import catalogue, entry, net_error, net_error_is_known
from corsense.console.model import CatalogueEntry
from corsense.console.parse.matchers import Matcher, Sighting
from corsense.console.templates import Template

_PREFIX = 8
_GLUE = (
    "blocked by CORS policy",
    "Cross-Origin Request Blocked",
    "Failed to load resource:",
    "net::ERR_",
    "due to access control checks",
    "is not allowed by Access-Control-Allow-",
    "TypeError: ",
    "The 'Access-Control-Allow-",
    "requested insecure content",
    "(Reason: ",
)
"""Signs that a value has swallowed the next message."""


def exact_lines(text: str) -> Iterator[Sighting]:
    """The lines of the text that are printed messages, with nothing before or after."""
    position = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = position + line.index(stripped)
            found = _read(stripped)
            if found is not None:
                known, template, values = found
                yield Sighting(Matcher(known, template), start, start + len(stripped), values, True, len(stripped), printed=True)
        position += len(line) + 1


_ONLY_IN_CONTEXT = frozenset(
    {
        ("chromium", "frame"), ("chromium", "frame:redirected"), ("chromium", "frame:short"), ("chromium", "console:net-error"),
        ("chromium", "devtools:network-line"), ("firefox", "frame"), ("webkit", "wrap:failed"), ("webkit", "redirect-denied"),
        ("webkit", "wrap:beacon"), ("webkit", "fetch:same-origin-mode"), ("angular", "HttpErrorResponse:status"),
    }
)  # fmt: skip
"""Entries that contain another message, or that one line cannot identify."""
_SHORTER_ONCE = frozenset({"not-allowed", "preflight-status"})
"""Entries that once ended before the status: the status may be in the next line."""
_Reading = tuple[CatalogueEntry, Template, dict[str, str]]


def _read(line: str) -> _Reading | None:
    if line.startswith("Access to "):
        return _chromium(line)
    if line.startswith("Cross-Origin Request Blocked: "):
        found = _firefox(line)
        if found is not None:
            return found
    network = chromium.NET_ERROR.read(line)
    if network is not None and net_error_is_known(network["net_error"]):
        return net_error(network["net_error"]), chromium.NET_ERROR, {}
    for known, template in _by_prefix().get(line[:_PREFIX], ()):
        values = template.read(line)
        if values is not None and not any(mark in value for value in values.values() for mark in _GLUE):
            return known, template, values
    return None


@cache
def _by_prefix() -> dict[str, list[tuple[CatalogueEntry, Template]]]:
    """The templates that begin with words of their own, the longest (most specific) first."""
    found: dict[str, list[tuple[CatalogueEntry, Template]]] = {}
    for known in catalogue():
        if known.product == "chromium-old" or (known.product, known.code) in _ONLY_IN_CONTEXT:
            continue
        for template in (known.template, *known.others):
            cut = template is not known.template and known.code in _SHORTER_ONCE
            if len(template.pieces[0]) >= _PREFIX and "\n" not in template.text and not cut:
                found.setdefault(template.text[:_PREFIX], []).append((known, template))
    for listed in found.values():
        listed.sort(key=lambda pair: -sum(map(len, pair[1].pieces)))
    return found


def _chromium(line: str) -> _Reading | None:
    for frame in (chromium.REDIRECTED, chromium.FRAME):
        values = frame.read(line)
        if values is not None:
            detail = values.pop("detail")
            read = _detail(detail, values["initiator"])
            if read is None or any(mark in value for value in read[1].values() for mark in _GLUE):
                return None
            return read[0], frame, {**values, **read[1]}
    return None


def _detail(text: str, initiator: str) -> tuple[CatalogueEntry, dict[str, str]] | None:
    for tail in _tails(initiator):
        if not text.endswith(tail):
            continue
        bare = text.removesuffix(tail)
        for error, template in chromium.DETAILS.items():
            values = template.read(bare)
            if values is not None:
                return entry("chromium", str(error)), values
    return None


def _tails(initiator: str) -> tuple[str, ...]:
    hint = chromium.HINT_FOR_FETCH if initiator == "fetch" else chromium.HINT_FOR_XHR
    return (hint, *chromium.OLD_HINTS, "")


def _firefox(line: str) -> _Reading | None:
    for code in firefox.REASONS:
        known = entry("firefox", code)
        values = known.template.read(line)
        if values is not None and not any(mark in value for value in values.values() for mark in _GLUE):
            return known, known.template, values
        if code in firefox.WITH_STATUS:
            without = Template(known.template.text.removesuffix(firefox.STATUS_TAIL.text))
            values = without.read(line)
            if values is not None:
                return known, without, values
    return None
