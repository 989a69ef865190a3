"""What the parent tells the process of an app, and what it is told back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from corsense.app.description import AppDescription, LateMiddleware
    from corsense.app.probe import Probe, ProbeResult
    from corsense.app.target import AppTarget
    from corsense.app.traceback import ParsedTraceback

Output = Literal["import", "all", "none"]
"""What the app may print: only while it is imported (the default), always, or never. It goes to the standard error of the
parent."""


@dataclass(frozen=True, slots=True)
class Load:
    """Import a target and describe it. `base` is the folder that places are relative to."""

    target: AppTarget
    base: str
    overlay: Mapping[str, str]
    lifespan: bool
    time_limit: float
    output: Output


@dataclass(frozen=True, slots=True)
class Run:
    """Try probes."""

    probes: tuple[Probe, ...]
    run_endpoints: bool
    time_limit: float


@dataclass(frozen=True, slots=True)
class Close:
    """Shut down."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The app is imported."""

    description: AppDescription


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """It is not: one sentence, a remedy, the traceback of the user's code."""

    message: str
    remedy: str | None
    traceback: ParsedTraceback | None


@dataclass(frozen=True, slots=True)
class Hung:
    """Time is up, and the process has ended itself: `doing` is what it was about, `traceback` where it was."""

    doing: str
    traceback: ParsedTraceback | None


@dataclass(frozen=True, slots=True)
class Results:
    """Results of the next probes, in order."""

    results: tuple[ProbeResult, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """All probes of a run are tried. `late`: middleware that was added meanwhile, which is too late."""

    late: tuple[LateMiddleware, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """corsense itself failed there."""

    text: str
