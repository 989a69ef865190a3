"""`Violation`: a cause at a piece of the source, before it becomes a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from corsense.causes import Severity
from corsense.lint.layers import Layer
from corsense.lint.values import Spot


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule found. `severity` None is the cause's own; `layer` is the CORS layer that the fault is a part of."""

    slug: str
    message: str
    spot: Spot
    evidence: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    severity: Severity | None = None
    remedy: str | None = None
    layer: Layer | None = None
