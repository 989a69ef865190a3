"""Where a finding stands in the source, as narrowly as the source allows; and the files that it stands in."""

from __future__ import annotations

import os
import tokenize
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from corsense.finding import Finding, Place

_ARGUMENT_OF = {
    "method-not-allowed": "allow_methods",
    "header-not-allowed": "allow_headers",
    "authorization-not-covered-by-wildcard": "allow_headers",
    "header-not-exposed": "expose_headers",
    "expose-wildcard-with-credentials": "expose_headers",
    "wildcard-with-credentials": "allow_origins",
    "wildcard-origins": "allow_origins",
    "origins-not-a-list": "allow_origins",
    "nested-origins": "allow_origins",
    "origin-regex-not-a-string": "allow_origin_regex",
    "regex-too-broad": "allow_origin_regex",
    "regex-unescaped-dot": "allow_origin_regex",
    "regex-partial-match": "allow_origin_regex",
}

NOTHING_PATCHED: Mapping[str, str] = MappingProxyType({})


def text_of(file: str, texts: Mapping[str, str]) -> str | None:
    """What a file contains now."""
    path = os.path.abspath(file)
    return texts[path] if path in texts else source_of(file)


def source_of(file: str) -> str | None:
    """The text of a Python file in its own encoding, line ends kept; None when it cannot be read."""
    try:
        with open(file, "rb") as raw:
            encoding, _ = tokenize.detect_encoding(raw.readline)
        with open(file, encoding=encoding, newline="") as text:
            return text.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def pointed(finding: Finding, texts: Mapping[str, str] = NOTHING_PATCHED) -> Place | None:
    """The finding's place, as narrow as the source allows: the literal, else the argument, else the call."""
    if finding.place is None:
        return None
    place = replace(finding.place, file=below_here(finding.place.file))
    source = text_of(place.file, texts)
    if source is None:
        return place
    from corsense.fix.edits.place import argument_span, call_span, literal_span

    span = None
    allowed = finding.evidence.get("allowed", finding.evidence.get("value"))
    if isinstance(allowed, str):
        span = literal_span(source, place.line, allowed)
    if span is None and finding.cause.slug in _ARGUMENT_OF:
        argument = str(finding.evidence.get("argument", _ARGUMENT_OF[finding.cause.slug]))
        span = argument_span(source, place.line, argument)
    if span is None and place.end_line is None:
        span = call_span(source, place.line)
    return Place(place.file, *span) if span is not None else place


def below_here(file: str) -> str:
    """A path as it is shown: relative where it lies below the working directory."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here) if os.path.isabs(file) else file


def is_users(file: str) -> bool:
    """Whether a file is the user's to change: not one of an installed package."""
    return "site-packages" not in file and "dist-packages" not in file
