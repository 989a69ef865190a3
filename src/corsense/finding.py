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
    """A span of source text. `file` is a path, relative to the working directory where it lies below it; lines and columns
    count from 1,
    the end column is that after the last character."""

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
    """Edits to named files. `verified` is True once the failing request has passed with the edits applied, False when it was
    tried and
    did not, None when it could not be tried."""

    title: str
    edits: tuple[Edit, ...] = ()
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause of the catalogue, at a place. `message` is the sentence for this very case; `evidence` are the values that
    show it."""

    cause: Cause
    message: str
    severity: Severity
    place: Place | None = None
    evidence: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    fix: Fix | None = None
    remedy: str | None = None
    """What to write, as code or one sentence, where no edit can be offered."""
