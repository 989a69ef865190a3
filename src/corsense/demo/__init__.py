"""The demo: the scenarios of the article as real servers, a page that runs each, broken and repaired, and what corsense says."""

from __future__ import annotations

from corsense.demo.scenario import Scenario, scenarios
from corsense.demo.stage import Demo

__all__ = ["Demo", "Scenario", "scenarios"]
