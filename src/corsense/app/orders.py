"""What the parent tells the process of an app, and what it is told back.

Named tuples rather than dataclasses: they are made eight times as fast, in a process that is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from corsense.app.description import AppDescription, LateMiddleware
    from corsense.app.probe import Probe, ProbeResult
    from corsense.app.target import AppTarget
    from corsense.app.traceback import ParsedTraceback

Output = Literal["import", "all", "none"]
"""What the app may print: only while it is imported (the default), always, or never. It goes to the standard error of the
parent."""


class Load(NamedTuple):
    """Import a target and describe it. `base` is the folder that places are relative to."""

    target: AppTarget
    base: str
    overlay: Mapping[str, str]
    lifespan: bool
    time_limit: float
    output: Output


class Run(NamedTuple):
    """Try probes."""

    probes: tuple[Probe, ...]
    run_endpoints: bool
    time_limit: float


class Serve(NamedTuple):
    """Serve the app on a free port of loopback, until the next order."""

    run_endpoints: bool


class Close(NamedTuple):
    """Shut down."""


class Loaded(NamedTuple):
    """The app is imported."""

    description: AppDescription


class LoadFailed(NamedTuple):
    """It is not: one sentence, a remedy, the traceback of the user's code."""

    message: str
    remedy: str | None
    traceback: ParsedTraceback | None


class Hung(NamedTuple):
    """Time is up, and the process has ended itself: `doing` is what it was about, `traceback` where it was."""

    doing: str
    traceback: ParsedTraceback | None


class Results(NamedTuple):
    """Results of the next probes, in order."""

    results: tuple[ProbeResult, ...]


class Done(NamedTuple):
    """All probes of a run are tried. `late`: middleware that was added meanwhile, which is too late."""

    late: tuple[LateMiddleware, ...]


class Serving(NamedTuple):
    """The app is served there."""

    port: int


class ServeFailed(NamedTuple):
    """It is not: one sentence with the remedy."""

    message: str


class Broken(NamedTuple):
    """corsense itself failed there."""

    text: str
