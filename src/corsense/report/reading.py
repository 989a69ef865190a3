"""What was read from a configuration of a proxy: as Python to paste, and as a JSON document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from corsense.causes import cause
from corsense.layers.reading.result import PlacedPolicy, Reading, Remark

_WIDTH = 100


def reading_text(reading: Reading) -> str:
    """The policies as Python, everything else as comments, so that all of it can be pasted."""
    blocks = ["\n".join(_place(place, reading.file)) for place in reading.places]
    if reading.unknown:
        blocks.append("\n".join(line for remark in reading.unknown for line in remark_lines(remark)))
    if not reading.places:
        blocks.append(f"# {reading.file} sets no CORS headers: the app decides.")
    if reading.places and not reading.proven:
        blocks.append(f"# Read by its documentation: no program that enforces {reading.format} was compared.")
    return "\n\n".join(blocks)


def _place(place: PlacedPolicy, file: str) -> Iterator[str]:
    where = place.file if place.line is None else f"{place.file}:{place.line}"
    yield from _comment(f"{where}: {place.where}")
    if place.policy is not None:
        from corsense.policy.written import written_policy

        yield f"policy = {written_policy(place.policy)}"
    for remark in place.remarks:
        yield from remark_lines(remark)


def remark_lines(remark: Remark) -> Iterator[str]:
    """A remark as comments."""
    kind = "not understood" if remark.slug is None else f"{remark.severity}[{cause(remark.slug).code}] {remark.slug}"
    yield from _comment(f"{remark.place}: {kind}: {remark.message}{f' {remark.remedy}' if remark.remedy else ''}")


def _comment(text: str) -> list[str]:
    harmless = "".join(char if char.isprintable() else "?" for char in text)
    return textwrap.wrap(harmless, _WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False)


def reading_document(reading: Reading) -> dict[str, Any]:
    """The JSON document of a reading."""
    return {
        "file": reading.file,
        "format": reading.format,
        "proven": reading.proven,
        "places": [_placed(place) for place in reading.places],
        "unknown": [remark_document(remark) for remark in reading.unknown],
    }


def _placed(place: PlacedPolicy) -> dict[str, Any]:
    return {
        "where": place.where,
        "file": place.file,
        "line": place.line,
        "policy": place.policy.document() if place.policy is not None else None,
        "exact": place.is_exact,
        "answers_preflights": place.answers_preflights,
        "doubled": list(place.doubled),
        "replaced": list(place.replaced),
        "remarks": [remark_document(remark) for remark in place.remarks],
    }


def remark_document(remark: Remark) -> dict[str, Any]:
    """A remark as JSON; `code` and `slug` are null where something was not understood."""
    return {
        "code": cause(remark.slug).code if remark.slug is not None else None,
        "slug": remark.slug,
        "severity": remark.severity,
        "message": remark.message,
        "file": remark.file,
        "line": remark.line,
        "remedy": remark.remedy,
    }
