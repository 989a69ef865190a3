"""Observations as JSON lines: a line about the file, then one for each tuple."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from corsense.observe.request_tuple import ObservedRequests

LONGEST_LINE: Final = 4096
"""Maximum bytes of a line; a longer one is broken."""


@dataclass(frozen=True, slots=True)
class Observations:
    """What was read: the tuples, how many requests were counted but not kept, and how many lines are `broken`."""

    requests: tuple[ObservedRequests, ...]
    unkept: int = 0
    broken: int = 0


def written(requests: Iterable[ObservedRequests], unkept: int, version: str) -> str:
    """The lines, with a line break after each. `version` is that of corsense."""
    head = json.dumps({"corsense": version, "schema": 1, "unkept": unkept}, separators=(",", ":"))
    return "".join(f"{line}\n" for line in (head, *(seen.line() for seen in requests)))


def read(lines: Iterable[bytes]) -> Observations:
    """Read lines, including those about files. Any other line is counted as broken and skipped."""
    requests: list[ObservedRequests] = []
    unkept = broken = 0
    for line in lines:
        if not line.strip():
            continue
        try:
            if len(line) > LONGEST_LINE:
                raise ValueError("the line is too long")
            document = json.loads(line)
            if isinstance(document, dict) and "corsense" in document:
                unkept += _unkept(document)
            else:
                requests.append(ObservedRequests.of_document(document))
        except (ValueError, RecursionError):
            broken += 1
    return Observations(tuple(requests), unkept, broken)


def _unkept(head: dict[str, Any]) -> int:
    unkept = head.get("unkept", 0)
    if head.get("schema") != 1 or type(unkept) is not int or unkept < 0:
        raise ValueError("the first line is of another schema")
    return unkept
