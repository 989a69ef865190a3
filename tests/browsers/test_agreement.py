"""A difference between the model and a browser is found, whatever it is about; and nothing else is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsense.browsers import BrowserObservation
from corsense.check.agreement import compare, expected_lines, model_of
from corsense.check.browser import MOST_ALLOWED, MOST_BLOCKED, choose
from corsense.check.results import BrowserVerdict, CheckTarget, Difference, Report, Result
from corsense.fetch import Browser, Exchange, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.report.agreement import print_verdict
from corsense.report.redaction import redacted_report
from corsense.report.terminal import Lines
from corsense.transports import drive

REQUEST = FetchRequest("http://localhost:8000/items", "http://localhost:3000", "PUT", (("X-A", "1"), ("X-B", "1")))
ALLOWING = WireResponse(
    200,
    (
        ("Access-Control-Allow-Origin", "http://localhost:3000"), ("Access-Control-Allow-Methods", "PUT"),
        ("Access-Control-Allow-Headers", "x-a,x-b"), ("Content-Type", "text/plain"), ("X-Hidden", "1"),
    ),
)  # fmt: skip
REFUSING = WireResponse(200, ())


def as_foreseen(answer: WireResponse, engine: EngineName = "chromium", request: FetchRequest = REQUEST) -> BrowserObservation:
    """What a browser does that does what the model says."""
    exchanges: list[Exchange] = []

    def send(wire: WireRequest) -> WireResponse:
        exchanges.append(Exchange(wire, answer))
        return answer

    trace = drive(Browser(engine).fetch(request), send)
    error = getattr(trace.outcome, "error", None)
    exposed = getattr(trace.outcome, "exposed", ())
    return BrowserObservation(
        error is None, None if error else answer.status, exposed, error, tuple(trace.console(engine)), tuple(exchanges)
    )


def aspects(seen: BrowserObservation, request: FetchRequest = REQUEST) -> list[str]:
    return [difference.aspect for difference in compare(request, "chromium", seen)[1]]


@pytest.mark.parametrize("answer", [ALLOWING, REFUSING, replace(ALLOWING, status=404)])
def test_a_browser_that_does_what_was_foreseen_agrees(answer: WireResponse) -> None:
    assert aspects(as_foreseen(answer)) == []


@pytest.mark.parametrize(
    ("answer", "change", "found"),
    [
        (ALLOWING, {"allowed": False}, ["outcome"]),
        (ALLOWING, {"status": 201}, ["status"]),
        (ALLOWING, {"readable": ("content-type", "x-hidden")}, ["headers"]),
        (ALLOWING, {"console": ("a line",)}, ["console"]),
        (ALLOWING, {"error": "MissingAllowOriginHeader"}, ["error"]),
        (REFUSING, {"error": "PreflightInvalidStatus"}, ["error"]),
        (REFUSING, {"error": None}, ["error"]),
        (REFUSING, {"console": ()}, ["console"]),
    ],
)
def test_each_difference_is_found(answer: WireResponse, change: dict[str, object], found: list[str]) -> None:
    assert aspects(replace(as_foreseen(answer), **change)) == found  # type: ignore[arg-type]


def test_a_request_that_the_browser_did_not_send_is_a_difference() -> None:
    seen = as_foreseen(ALLOWING)
    assert "requests" in aspects(replace(seen, exchanges=seen.exchanges[:1]))


def test_a_request_with_other_cors_headers_is_a_difference() -> None:
    seen = as_foreseen(ALLOWING)
    preflight = replace(seen.exchanges[0].request, headers=(("Origin", "http://localhost:3000"),))
    assert aspects(replace(seen, exchanges=(Exchange(preflight, ALLOWING), *seen.exchanges[1:]))) == ["requests"]


def test_which_of_several_refused_headers_is_named_is_no_difference() -> None:
    answer = WireResponse(200, (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT")))
    seen = as_foreseen(answer)
    other = tuple(line.replace("field x-a is", "field x-b is") for line in seen.console)
    assert other != seen.console
    assert aspects(replace(seen, console=other)) == []
    third = tuple(line.replace("field x-a is", "field x-c is") for line in seen.console)
    assert aspects(replace(seen, console=third)) == ["console"]


def test_a_warning_of_firefox_is_not_waited_for() -> None:
    request = replace(REQUEST, headers=(("Authorization", "Bearer example"),))
    answer = WireResponse(
        200,
        (
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "*"),
            ("Access-Control-Allow-Headers", "*"),
        ),
    )
    trace = model_of(request, "firefox", as_foreseen(answer, "firefox", request).exchanges)
    assert trace.console("firefox")[0].startswith("Cross-Origin Request Warning")
    assert expected_lines(trace, "firefox") == ()


# Which requests of a report are run.


def result(number: int, answer: WireResponse | NetworkError, request: FetchRequest = REQUEST) -> Result:
    asked = replace(request, url=f"{request.url}/{number}")
    trace = drive(Browser().fetch(asked), lambda _: answer)
    return Result(asked.origin, asked.method, asked.url, None, asked.credentials, "success", trace)


def test_all_blocked_requests_are_run_and_a_sample_of_the_others() -> None:
    results = [result(number, REFUSING if number % 5 == 0 else ALLOWING) for number in range(500)]
    chosen = choose(results)
    assert sum(results[index].outcome == "blocked" for index in chosen) == 100
    assert sum(results[index].outcome == "allowed" for index in chosen) == MOST_ALLOWED
    assert max(chosen) > 480


def test_even_blocked_requests_are_not_run_without_end() -> None:
    assert len(choose([result(number, REFUSING) for number in range(MOST_BLOCKED + 50)])) == MOST_BLOCKED


def test_requests_that_cannot_be_compared_are_not_run() -> None:
    from_an_app = replace(REQUEST, origin="capacitor://localhost")
    down = result(2, NetworkError())
    assert choose([result(1, REFUSING, from_an_app), down, result(3, REFUSING), result(3, REFUSING)]) == [2]


def test_requests_of_one_origin_are_run_together() -> None:
    other = replace(REQUEST, origin="http://localhost:5173")
    results = [result(number, REFUSING, other if number % 2 else REQUEST) for number in range(6)]
    assert choose(results) == [0, 2, 4, 1, 3, 5]


# The message about it.


def verdict(*differences: Difference) -> BrowserVerdict:
    return BrowserVerdict("Chromium 156", "allowed", None, (), differences)


def test_a_difference_is_printed_as_a_fault_of_corsense(capsys: pytest.CaptureFixture[str]) -> None:
    secret = replace(REQUEST, url="http://localhost:8000/items?token=s3cret")
    difference = Difference("console", (), (f"Access to fetch at '{secret.url}/1'",))
    found = replace(result(1, REFUSING, secret), browser=verdict(difference))
    report = redacted_report(Report(CheckTarget("url", "http://localhost:8000"), (found,), ()))
    print_verdict(Lines(), report.results[0], verbose=False)
    message = capsys.readouterr().out
    assert "Chromium 156 behaves differently: a fault of corsense" in message
    assert "model    nothing" in message
    assert "browser  Access to fetch at 'http://localhost:8000/items" in message
    assert "s3cret" not in message


def test_agreement_is_printed_with_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    found = replace(result(1, REFUSING), browser=verdict())
    print_verdict(Lines(), found, verbose=False)
    assert capsys.readouterr().out == ""
    print_verdict(Lines(), found, verbose=True)
    assert capsys.readouterr().out.strip() == "✓ Chromium 156 agrees"
