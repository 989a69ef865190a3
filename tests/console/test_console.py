"""`Trace.console` prints exactly what three real engines printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from corsense.fetch import (
    Allowed,
    Blocked,
    Browser,
    CorsError,
    Failed,
    FailureReason,
    FetchRequest,
    NetworkError,
    Trace,
    WireResponse,
)
from corsense.fetch.trace import EngineName
from corsense.transports import drive
from tests.fetch.recorded import RecordedServer, Scenario, run, scenarios

ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")

# What a scenario did that is not in a `FetchRequest`, or that Subresource Integrity and not CORS judged.
GAVE_UP = "script gave up waiting: nothing failed that a browser would report"
SYNCHRONOUS = "a synchronous XMLHttpRequest: WebKit prints in another order, Firefox adds a warning"
INTEGRITY = "Subresource Integrity judges the body, which the model does not see"
LOCAL_NETWORK_DOWN = (
    "Chromium asks for the local network permission only once a connection stands: a server that is down is refused first"
)

# Lines that other code of the page, or the cookie store, is answerable for.
OF_THE_SCRIPT = re.compile(
    r"Uncaught \(in promise\)|Unhandled Promise Rejection|TypeError: NetworkError|Refused to get unsafe header"
)
PAGE = re.compile(r"((?:page|Content) at '?[a-z]+://[^/']+/)page\.html")
OF_THE_COOKIES = re.compile(r"Cookie “")
OF_THE_FONT = re.compile(r"downloadable font: ")  # names the font's family, which no request carries


def left_out(scenario: Scenario, engine: EngineName) -> str | None:
    """Why a scenario's console is outside of the model, or None."""
    steps = scenario["request"]
    if any("integrity" in step.get("init", {}) or "integrity" in step.get("attrs", {}) for step in steps):
        return INTEGRITY
    if any(step.get("abort_ms") or step.get("timeout") for step in steps):
        return GAVE_UP
    if any(step.get("sync") for step in steps) and engine != "chromium":
        return SYNCHRONOUS
    if engine == "chromium" and "chromium_flags" in scenario and ":48009/" in steps[0]["url"]:
        return LOCAL_NETWORK_DOWN
    return None


def observed(scenario: Scenario, engine: EngineName) -> list[str]:
    """The console, as far as a fetch is answerable for it. The page's path and the server's own phrases are not in a `Trace`."""
    texts = (entry["text"] for entry in scenario["observed"][engine]["console"])
    strange = (OF_THE_SCRIPT, OF_THE_COOKIES, OF_THE_FONT)
    return [without_phrase(PAGE.sub(r"\1", text)) for text in texts if not any(lines.match(text) for lines in strange)]


def without_phrase(line: str) -> str:
    return re.sub(r"(a status of \d+) \(X\)$", r"\1 (its own phrase)", line)


def printed(traces: Iterable[Trace], engine: EngineName, wanted: list[str]) -> list[str]:
    """What the traces print; where the server wrote a phrase of its own, that one counts."""
    lines = [line for trace in traces for line in trace.console(engine)]
    return [
        re.sub(r"\(.*\)$", "(its own phrase)", line)
        if index < len(wanted) and wanted[index].endswith("(its own phrase)")
        else line
        for index, line in enumerate(lines)
    ]


BY_SCRIPT = [
    pytest.param(row, engine, id=f"{row['id']}-{engine}")
    for row in scenarios("fetch", "xhr")
    for engine in ENGINES
    if row["observed"][engine]
]


@pytest.mark.parametrize(("scenario", "engine"), BY_SCRIPT)
def test_a_fetch_prints_what_the_engine_printed(scenario: Scenario, engine: EngineName) -> None:
    reason = left_out(scenario, engine)
    if reason is not None:
        pytest.skip(reason)
    wanted = observed(scenario, engine)
    assert printed(run(scenario, engine), engine, wanted) == wanted


def element_request(step: dict[str, Any], origin: str) -> FetchRequest | None:
    """The request of an element or object, as far as it is made with CORS."""
    if step["kind"] == "eventsource":
        include = step.get("init", {}).get("withCredentials")
        return FetchRequest(step["url"], origin, initiator="eventsource", credentials="include" if include else "same-origin")
    if step["kind"] in ("font", "cssfont", "import"):
        return FetchRequest(step["url"], origin, initiator="font" if "font" in step["kind"] else "import")
    attributes = step.get("attrs", {})
    if attributes.get("type") == "module":
        return FetchRequest(step["url"], origin, initiator="module")
    if step["kind"] != "element" or "crossorigin" not in attributes:
        return None
    initiator = {"img": "image", "link": "stylesheet"}.get(step["tag"], step["tag"])
    include = attributes["crossorigin"] == "use-credentials"
    return FetchRequest(step["url"], origin, initiator=initiator, credentials="include" if include else "same-origin")


def by_elements() -> list[Any]:
    cases = []
    for row in scenarios("element", "eventsource", "font", "cssfont", "import"):
        request = element_request(row["request"][0], row["page_origin"])
        cases += [pytest.param(row, request, engine, id=f"{row['id']}-{engine}") for engine in ENGINES if request]
    return cases


@pytest.mark.parametrize(("scenario", "request_of_page", "engine"), by_elements())
def test_an_element_prints_what_the_engine_printed(scenario: Scenario, request_of_page: FetchRequest, engine: EngineName) -> None:
    reason = left_out(scenario, engine)
    if reason is not None:
        pytest.skip(reason)
    wanted = observed(scenario, engine)
    trace = drive(Browser(engine).fetch(request_of_page), RecordedServer(scenario, engine))
    assert printed([trace], engine, wanted) == wanted


# Another engine's words for one engine's trace.

REQUEST = FetchRequest("http://localhost:8000/items", "http://localhost:3000", method="PUT")


def answered(engine: EngineName, *answers: WireResponse | NetworkError, request: FetchRequest = REQUEST) -> Trace:
    replies = iter(answers)
    return drive(Browser(engine).fetch(request), lambda _: next(replies))


def test_a_trace_of_chromium_is_judged_again_for_webkit_which_looks_at_the_status_first() -> None:
    trace = answered("chromium", WireResponse(404))
    assert isinstance(trace.outcome, Blocked)
    assert trace.outcome.error is CorsError.PreflightMissingAllowOriginHeader
    assert trace.console("webkit")[0] == "Preflight response is not successful. Status code: 404"


def test_the_standard_speaks_as_chromium() -> None:
    trace = answered("standard", WireResponse(204))
    assert trace.console() == answered("chromium", WireResponse(204)).console()


def test_an_engine_that_would_send_more_than_was_recorded_tells_the_outcome_that_was() -> None:
    """Only Firefox sends a preflight for a GET with a non-ASCII `Accept`; Chromium recorded none."""
    request = FetchRequest("http://localhost:8000/items", "http://localhost:3000", headers=(("Accept", "\xe9"),))
    trace = answered("chromium", WireResponse(200), request=request)
    reason = "Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200."
    assert [line.partition("(")[2] for line in trace.console("firefox")] == [reason]


@pytest.mark.parametrize("reason", list(FailureReason))
@pytest.mark.parametrize("engine", ENGINES)
def test_every_failure_of_the_network_has_words_in_every_engine(reason: FailureReason, engine: EngineName) -> None:
    trace = answered(engine, NetworkError(reason))
    assert isinstance(trace.outcome, Failed)
    assert all(isinstance(line, str) for line in trace.console())
    assert trace.console() or reason in (FailureReason.INVALID_REQUEST, FailureReason.UNSAFE_REDIRECT)


def test_an_answer_with_an_error_status_that_script_can_read_is_printed_by_chromium_and_webkit_only() -> None:
    request = FetchRequest("http://localhost:8000/items", "http://localhost:3000")
    allowed = WireResponse(500, (("Access-Control-Allow-Origin", "*"),))
    line = "Failed to load resource: the server responded with a status of 500 (Internal Server Error)"
    consoles = {engine: answered(engine, allowed, request=request).console() for engine in ENGINES}
    assert consoles == {"chromium": [line], "firefox": [], "webkit": [line]}
    assert isinstance(answered("chromium", allowed, request=request).outcome, Allowed)
