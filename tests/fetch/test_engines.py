"""The model agrees with what three real engines did."""

from __future__ import annotations

from typing import Any

import pytest

from corsense.fetch import Allowed, Blocked, CorsError, Exchange, FailureReason, NetworkError, Trace
from corsense.fetch.trace import EngineName
from tests.fetch.recorded import Scenario, run, scenarios

SCENARIOS = scenarios("fetch", "xhr")
ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
CASES = [
    pytest.param(row, engine, id=f"{row['id']}-{engine}") for row in SCENARIOS for engine in ENGINES if row["observed"][engine]
]

# What the model leaves out, each with the reason. Patterns are of the scenario's nature, not of its name.
INTEGRITY = "Subresource Integrity judges the body, which the model does not see"
RETRIES = "Firefox's network stack repeats a request whose connection broke; the Fetch standard knows no such retry"
LOCAL_NETWORK_DOWN = (
    "Chromium asks for the local network permission only once a connection stands: a server that is down is refused first"
)


def left_out(scenario: Scenario, engine: EngineName) -> str | None:
    """Why this scenario is outside of the model, or None."""
    if any("integrity" in step.get("init", {}) for step in scenario["request"]):
        return INTEGRITY
    if engine == "chromium" and "chromium_flags" in scenario and ":48009/" in scenario["request"][0]["url"]:
        return LOCAL_NETWORK_DOWN
    return None


def observed_of(scenario: Scenario, engine: EngineName) -> dict[str, Any]:
    observed: dict[str, Any] = scenario["observed"][engine]
    return observed


def results(scenario: Scenario, engine: EngineName) -> list[dict[str, Any]]:
    return [result for result in observed_of(scenario, engine)["js"] if result["outcome"] != "waited"]


def replay(scenario: Scenario, engine: EngineName) -> list[Trace]:
    reason = left_out(scenario, engine)
    if reason is not None:
        pytest.skip(reason)
    return run(scenario, engine)


@pytest.mark.parametrize(("scenario", "engine"), CASES)
def test_the_model_does_what_the_engine_did(scenario: Scenario, engine: EngineName) -> None:
    traces = replay(scenario, engine)
    assert wire(traces, engine) == seen(scenario, engine)
    for trace, result in zip(traces, results(scenario, engine), strict=True):
        assert isinstance(trace.outcome, Allowed) == (result["outcome"] in ("resolved", "load"))
        if isinstance(trace.outcome, Allowed):
            assert readable(trace) == readable_by_script(result)


@pytest.mark.parametrize("scenario", [pytest.param(row, id=row["id"]) for row in SCENARIOS])
def test_the_error_is_the_one_chromium_names(scenario: Scenario) -> None:
    traces = replay(scenario, "chromium")
    failures = observed_of(scenario, "chromium")["loading_failed"]
    named = [
        (failure["corsErrorStatus"]["corsError"], failure["corsErrorStatus"]["failedParameter"])
        for failure in failures
        if "corsErrorStatus" in failure
    ]
    # Chromium reports a refused permission for the preflight and again for the request; it is one refusal.
    named = [pair for index, pair in enumerate(named) if pair not in named[:index] or "LocalNetwork" not in pair[0]]
    # Script's own choice of mode is refused with a text, but without an entry of Chromium's enumeration.
    unnamed = (CorsError.DisallowedByMode, CorsError.NoCorsRedirectModeNotFollow)
    blocked = [trace.outcome for trace in traces if isinstance(trace.outcome, Blocked) and trace.outcome.error not in unnamed]
    assert [(outcome.error, outcome.parameter or "") for outcome in blocked] == named


def wire(traces: list[Trace], engine: EngineName) -> list[tuple[Any, ...]]:
    """What the model sent, as far as a server can see it."""
    exchanges = [exchange for trace in traces for exchange in trace.exchanges if reached(exchange)]
    return [
        (
            exchange.request.method,
            exchange.request.url,
            exchange.request.preflight,
            exchange.request.header("origin"),
            exchange.request.header("access-control-request-method"),
            exchange.request.header("access-control-request-headers"),
        )
        for exchange in exchanges
        if ":41730/localhost:" not in exchange.request.url  # a relative URL: the page's own server keeps no record
    ]


def reached(exchange: Exchange) -> bool:
    """Whether the server could see the request."""
    unseen = (FailureReason.CONNECTION_REFUSED, FailureReason.NAME_NOT_RESOLVED, FailureReason.TLS)
    plain_to_tls = exchange.request.url.startswith("http://localhost:48443/")
    return not plain_to_tls and not (isinstance(exchange.response, NetworkError) and exchange.response.reason in unseen)


def seen(scenario: Scenario, engine: EngineName) -> list[tuple[Any, ...]]:
    """What the server saw of the engine."""
    rows = [
        (row["method"], row["url"], row["preflight"], row["origin"], row.get("acrm"), row.get("acrh"))
        for row in observed_of(scenario, engine)["seen"]
    ]
    if engine == "firefox" and breaks_connection(scenario):  # RETRIES
        return [row for index, row in enumerate(rows) if row not in rows[:index]]
    return rows


def breaks_connection(scenario: Scenario) -> bool:
    server = scenario["server"]
    return any(isinstance(server.get(kind), dict) and "action" in server[kind] for kind in ("preflight", "actual"))


def readable(trace: Trace) -> tuple[str | None, int | None, tuple[str, ...]]:
    """Type, status and header names of the answer, as script sees them."""
    assert isinstance(trace.outcome, Allowed)
    opaque = trace.outcome.tainting.startswith("opaque")
    status = 0 if opaque or trace.response is None else trace.response.status
    if trace.request.initiator == "xhr":
        return None, status, trace.outcome.exposed
    if trace.request.url.startswith("data:"):
        return trace.outcome.tainting, None, ("content-type",)
    return trace.outcome.tainting, status, trace.outcome.exposed


def readable_by_script(result: dict[str, Any]) -> tuple[str | None, int | None, tuple[str, ...]]:
    response = result["response"]
    if "headers_raw" in response:
        names = [line.partition(":")[0].lower() for line in response["headers_raw"].split("\r\n") if line]
        return None, response["status"], tuple(sorted(names))
    if response["url"].startswith("data:"):
        return response["type"], None, ("content-type",)
    return response["type"], response["status"], tuple(sorted(response["headers"]))
