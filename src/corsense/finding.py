"""`Finding`: a cause at a place, with evidence; `Fix`: the edits that remove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from corsense.causes import Cause

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Place:
    """A span of source text. `file` is a path, relative to the working directory if it lies below it. Lines and columns count
    from 1; the end column is the one after the last character."""

    file: str
    line: int
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in a file: `before` and `after` are the whole text of `file`."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits to named files. `verified` is True if the failing request passed with the edits applied, False if it did not, None if
    it could not be tried."""

    title: str
    edits: tuple[Edit, ...] = ()
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause of the catalogue, at a place. `message` is the sentence for this case; `evidence` holds the values that show it."""

    cause: Cause
    message: str
    severity: Severity
    place: Place | None = None
    evidence: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    fix: Fix | None = None
    remedy: str | None = None
    """What to write, as code or one sentence, if no edit is possible."""
