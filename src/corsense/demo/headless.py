"""Every scenario in a headless Chromium: its verdicts and its console beside those of the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corsense.browsers.chromium import ChromiumDriver
from corsense.browsers.driver import Driver
from corsense.browsers.installed import find_browser
from corsense.demo.analysis import Analysis
from corsense.demo.request import request_options
from corsense.demo.runner import Demo
from corsense.demo.scenario import Scenario, Variant
from corsense.fetch import Allowed
from corsense.report.console import console_lines

_LIMIT = 20.0


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """The result of one request: `allowed` and `predicted_allowed` are the verdicts of Chromium and of the model, `console` and
    `predicted` the lines of the console. `headers` are the names that script could read."""

    variant: Variant
    allowed: bool
    predicted_allowed: bool
    console: tuple[str, ...]
    predicted: tuple[str, ...]
    headers: frozenset[str]

    @property
    def agrees(self) -> bool:
        """Whether Chromium did what the model said."""
        return self.allowed == self.predicted_allowed

    @property
    def agrees_in_words(self) -> bool:
        """Whether its console shows the predicted lines, word for word."""
        return self.console == self.predicted


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario as Chromium saw it: broken, then repaired (where there is something to repair)."""

    scenario: Scenario
    analysis: Analysis
    seen: tuple[ScenarioRun, ...]

    @property
    def agrees(self) -> bool:
        """Whether the model predicted all of it."""
        return all(seen.agrees and seen.agrees_in_words for seen in self.seen)

    @property
    def is_repaired(self) -> bool:
        """Whether the repair does what it is for."""
        return not self.scenario.has_repair or good(self.scenario, self.seen[-1])


def good(scenario: Scenario, seen: ScenarioRun) -> bool:
    """Whether Chromium did what this scenario expects."""
    if scenario.kind == "open door":
        return not seen.allowed
    return seen.allowed and (scenario.reads is None or scenario.reads in seen.headers)


class Headless:
    """A Chromium for a demo; a context manager. `version` is its name and version.

    Raises BrowserError when there is none, or it, or Playwright, cannot be used.
    """

    def __init__(self, demo: Demo, browser_path: str | None = None) -> None:
        self._demo = demo
        self._driver: Driver = ChromiumDriver(find_browser("chromium", browser_path), demo.port, _LIMIT)
        self._page: str | None = None

    @property
    def version(self) -> str:
        """Name and version of the browser."""
        return self._driver.version

    def rows(self) -> Iterator[Row]:
        """Each scenario of the demo, as soon as it has been tried."""
        self._demo.analyse_ahead()
        for scenario in self._demo.scenarios:
            variants: tuple[Variant, ...] = ("broken", "repaired") if scenario.has_repair else ("broken",)
            yield Row(
                scenario,
                self._demo.analysis(scenario.name),
                tuple(self._seen(scenario, variant) for variant in variants),
            )

    def _seen(self, scenario: Scenario, variant: Variant) -> ScenarioRun:
        trace = self._demo.judge(scenario.name, variant)
        predicted = tuple(console_lines(trace, "chromium"))
        self._open(f"{scenario.origin(self._demo.port)}/runner.html")
        request = {"url": self._demo.server(scenario.name, variant) + scenario.path, "options": request_options(scenario)}
        ran = self._driver.run(f"runRequest({json.dumps(request)}).then(JSON.stringify)", len(predicted), _LIMIT)
        saw: dict[str, Any] = json.loads(ran.text)
        return ScenarioRun(
            variant,
            bool(saw["allowed"]),
            isinstance(trace.outcome, Allowed),
            ran.console,
            predicted,
            frozenset(saw.get("headers", ())),
        )

    def _open(self, page: str) -> None:
        if page != self._page:
            self._driver.open(page)
            self._page = page

    def close(self) -> None:
        """End the browser."""
        self._driver.close()

    def __enter__(self) -> Headless:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
