"""A scenario's request as a page's script writes it."""

from __future__ import annotations

from typing import Any

from corsense.demo.scenario import Scenario


def request_options(scenario: Scenario) -> dict[str, Any]:
    """The second argument of `fetch()` for a scenario's request."""
    options: dict[str, Any] = {"method": scenario.method, "credentials": scenario.credentials}
    if scenario.sent_headers:
        options["headers"] = dict(scenario.sent_headers)
    if scenario.body is not None:
        options["body"] = scenario.body
    return options
