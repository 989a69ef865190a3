"""What a check found: `Report`, with a `Result` for each request that was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.fetch import Allowed, Blocked, Trace
from corsense.finding import Finding
from corsense.layers.attribution import Attribution

TargetKind = Literal["app", "url", "har"]
Aspect = Literal["outcome", "error", "status", "headers", "console", "requests"]
"""In what a browser and the model can differ. `headers` are the names of those that script can read."""
_OF_ORIGINS = frozenset({"missing-cors-middleware", "mounted-app-without-cors", "manual-options-handler", "origin-mismatch"})
"""Causes that another origin could remove."""


@dataclass(frozen=True, slots=True)
class CheckTarget:
    """What was checked. `name` is as the user gave it, or as it was found."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Where model and browser do not agree: which aspect, and what each says about it, a line each."""

    aspect: Aspect
    model: tuple[str, ...]
    browser: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BrowserVerdict:
    """What a real browser did with the request of a result.

    `version` is the browser's, `error` its own name for the reason where it has one, `console` its console verbatim.
    `differences` are between the browser and the model on the answers that the browser got: each is a fault of corsense.
    `answered_differently`: the server gave the browser other answers than it gave the model.
    """

    version: str
    outcome: Literal["allowed", "blocked", "failed"]
    error: str | None
    console: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    answered_differently: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the model said the same."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Result:
    """One request of one page in one situation, judged.

    `situation` is what the server was made to do (`success`, `error`, `unauthenticated`...). `answered_by` names, for each
    exchange of the trace, what answered it (None where that cannot be known). `findings` are indices into `Report.findings`.
    `browser` is what a real browser did, None when it was not asked. `attributions` say for each exchange what stands between the
    app's answer and the server's; empty where the app is not known.
    """

    origin: str
    method: str
    url: str
    route: str | None
    credentials: str
    situation: str
    trace: Trace
    answered_by: tuple[str | None, ...] = ()
    findings: tuple[int, ...] = ()
    browser: BrowserVerdict | None = None
    attributions: tuple[Attribution | None, ...] = ()

    @property
    def outcome(self) -> Literal["allowed", "blocked", "failed"]:
        """The browser's verdict in one word."""
        if isinstance(self.trace.outcome, Allowed):
            return "allowed"
        return "blocked" if isinstance(self.trace.outcome, Blocked) else "failed"


@dataclass(frozen=True, slots=True)
class BrowserRun:
    """The real browser that requests of a report were made in: how many, and on how many the model says something else."""

    name: Literal["chromium", "firefox", "webkit"]
    version: str
    requests: int
    disagreements: int


@dataclass(frozen=True, slots=True)
class Report:
    """All results and findings of one check, the worst finding first.

    `notes` say what was not tried, and why. `complete` is False when a limit, a redirect that was not followed, or a mounted app
    that cannot be looked into kept the check from trying what was asked for. `browser` is None when no real browser was asked.
    `silenced` are the causes of errors and warnings that are not among the findings because options, configuration or comments
    silence them. `assumed` are the origins that were tried because none was named; empty where the user or the app named any.
    """

    target: CheckTarget
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    browser: BrowserRun | None = None
    complete: bool = True
    silenced: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """What the check says in one sentence: a promise only where everything was tried."""
        if self.found_something:
            return "Something is wrong."
        if self.needs_an_origin:
            return "No verdict yet: no page was named, and those tried are not allowed."
        nothing = "Nothing else found" if self.silenced else "Nothing wrong found"
        return f"{nothing}." if self.complete else f"{nothing} in what was tried; the notes say what was not."

    @property
    def found_something(self) -> bool:
        """Whether a finding is more than information: what decides between exit status 0 and 1."""
        return any(finding.severity != "info" for finding in self.findings)

    @property
    def needs_an_origin(self) -> bool:
        """Whether no origin was named and no assumed page is allowed: the check says little then."""
        refused = any(finding.cause.slug in _OF_ORIGINS for finding in self.findings)
        return bool(self.assumed) and refused and all(result.outcome != "allowed" for result in self.results)

    @property
    def blocked(self) -> int:
        """How many requests the browser would not let through."""
        return sum(result.outcome != "allowed" for result in self.results)
