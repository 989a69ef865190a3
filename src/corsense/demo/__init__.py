"""The demo: the scenarios of the article as real servers, a page that runs each, broken and repaired, and what corsense says."""

from __future__ import annotations

from corsense.demo.runner import Demo
from corsense.demo.scenario import Scenario, scenarios

__all__ = ["Demo", "Scenario", "scenarios"]
