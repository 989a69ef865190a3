"""A hostile server gets neither time nor memory, nor a say in what is printed, nor a request to another server."""

from __future__ import annotations

import socket

import pytest

from corsense.check.live import NetworkCheck
from corsense.check.request import CheckOperation, CheckRequest
from corsense.check.results import Report
from corsense.fetch import WireRequest
from corsense.readers import InputError
from corsense.report.document import check_document
from corsense.report.html import html_report
from corsense.transports.limits import NetworkLimits
from corsense.transports.redirects import RedirectPermission
from tests.check.hostile import SERVERS, HostileServer, Talk, answer, hostile, publishing
from tests.cli.commands import corsense

ORIGIN = "http://localhost:3000"
LIMITS = NetworkLimits(operations=20, seconds=4.0, response_seconds=0.5)
PATIENT = NetworkLimits(operations=20)
ASKED = CheckRequest(origins=(ORIGIN,))


def check(server: HostileServer, asked: CheckRequest = ASKED, limits: NetworkLimits = LIMITS, path: str = "/") -> Report:
    return NetworkCheck(server.url + path, asked, limits).run()


def check_or_refuse(server: HostileServer) -> Report | str:
    """The report, or the sentence that says why there is none."""
    try:
        return check(server)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("name", SERVERS)
def test_a_check_of_a_hostile_server_ends_with_few_findings_or_one_sentence(name: str) -> None:
    with hostile(SERVERS[name]) as server:
        report = check_or_refuse(server)
    if isinstance(report, str):
        assert len(report) < 500
        assert "\n" not in report
    else:
        assert len(report.findings) <= 60
        assert len(server.requests) <= 100
        check_document(report).printed()
        html = html_report(report)
        assert "\x1b" not in html
        assert "\x9b" not in html


@pytest.mark.parametrize("name", ["writes to the terminal", "redirects to terminal sequences", "has binary headers"])
@pytest.mark.parametrize("format", ["text", "github"])
def test_a_server_cannot_write_to_the_terminal(name: str, format: str) -> None:
    with hostile(SERVERS[name]) as server:
        ran = corsense("check", f"{server.url}/items", "--origin", ORIGIN, "--format", format, "--verbose")
    assert not set("\x1b\x07\x9b") & set(ran.out + ran.err)


def test_operations_beyond_the_limit_are_not_tried_and_reported() -> None:
    with hostile(SERVERS["publishes 20,000 operations"]) as server:
        report = check(server, limits=PATIENT)
    assert len(report.results) == 20
    assert "more than 20 operations; the first 20 were tried. --max-operations tries more." in report.notes[0]


def test_as_many_operations_as_the_limit_are_all_tried() -> None:
    with hostile(publishing({"paths": {f"/{number}": {"get": {}} for number in range(20)}})) as server:
        report = check(server, limits=PATIENT)
    assert (len(report.results), report.notes) == (20, ())


def test_requests_that_the_time_of_the_check_does_not_reach_are_reported() -> None:
    operations = tuple(CheckOperation("GET", f"/{number}") for number in range(50))
    with hostile(SERVERS["drips its headers"]) as server:
        limits = NetworkLimits(seconds=1.0, response_seconds=0.4)
        with pytest.raises(InputError, match="no answer from"):
            check(server, CheckRequest(origins=(ORIGIN,), operations=operations), limits)
        assert len(server.requests) < 50

    def hang_later(connection: socket.socket, request: bytes) -> None:
        if request.split(b" ")[1] in (b"/0", b"/openapi.json"):
            connection.sendall(answer())

    with hostile(hang_later) as server:
        report = check(
            server, CheckRequest(origins=(ORIGIN,), operations=operations), NetworkLimits(seconds=5.0, response_seconds=5.0)
        )
        assert len(report.results) < 50
        assert any("requests were not tried, because the check reached its limit of 5 s." in note for note in report.notes)


def test_findings_of_a_kind_are_capped_and_the_rest_is_counted() -> None:
    with hostile(SERVERS["has 900 headers"]) as server:
        report = check(server, limits=PATIENT)
    assert [finding.cause.slug for finding in report.findings].count("header-not-exposed") == 20
    assert any(note.startswith("880 more findings of header-not-exposed are left out") for note in report.notes)
    assert all(index < len(report.findings) for result in report.results for index in result.findings)


SECRET = (("X-Api-Key", "sk-planted-secret"),)


def moving(other: HostileServer) -> Talk:
    """Lets every preflight pass, and redirects every other request to `other`."""

    def talk(connection: socket.socket, request: bytes) -> None:
        elsewhere = f"Location: http://localhost:{other.port}/there".encode()
        connection.sendall(answer() if request.startswith(b"OPTIONS") else answer(elsewhere, status=b"307 Temporary Redirect"))

    return talk


def test_a_redirect_to_another_server_is_followed_by_permission_only() -> None:
    with hostile(lambda connection, _: connection.sendall(answer())) as other, hostile(moving(other)) as server:
        asked = CheckRequest(origins=(ORIGIN,), headers=SECRET)
        with pytest.raises(InputError, match=r"only redirects to another server: .*--follow allows it"):
            check(server, asked, PATIENT)
        assert other.requests == []
        check(server, asked, NetworkLimits(follow=True))
        assert any(b"sk-planted-secret" in request for request in other.requests)


def test_the_question_names_the_server_and_the_headers_that_go_with_it() -> None:
    questions: list[str] = []

    def refuse(question: str) -> bool:
        questions.append(question)
        return False

    with hostile(lambda connection, _: connection.sendall(answer())) as other, hostile(moving(other)) as server:
        with pytest.raises(InputError):
            check(server, CheckRequest(origins=(ORIGIN, "http://localhost:5173"), headers=SECRET), NetworkLimits(ask=refuse))
        assert other.requests == []
    assert questions == [
        f"The server redirects to http://localhost:{other.port}. Send the request there? The headers x-api-key go with it."
    ]


def test_a_server_is_asked_about_once() -> None:
    questions: list[str] = []

    def refuse(question: str) -> bool:
        questions.append(question)
        return False

    decided: dict[str, bool] = {}
    for _ in range(2):  # the model and a real browser
        permission = RedirectPermission(("http://a.example/",), ask=refuse, decided=decided)
        for path in ("x", "y"):
            assert permission.refuse(WireRequest("GET", f"http://b.example/{path}")) is not None
        assert permission.refused == ["http://b.example"]
    assert len(questions) == 1


def test_a_value_of_90_000_characters_is_cut_in_a_report() -> None:
    with hostile(SERVERS["redirects to 90,000 characters"]) as server:
        report = check(server, limits=PATIENT)
    assert len(check_document(report).printed()) < 400_000


def test_what_a_redirect_that_was_not_followed_hides_is_no_all_clear() -> None:
    def talk(connection: socket.socket, request: bytes) -> None:
        elsewhere = answer(b"Location: http://elsewhere.example/", status=b"302 Found")
        connection.sendall(elsewhere if request.split(b" ")[1] == b"/away" else answer())

    with hostile(talk) as server:
        ran = corsense("check", server.url, "--origin", ORIGIN, "--request", "/here", "--request", "/away")
    assert "The redirect to http://elsewhere.example was not followed" in ran.out
    assert "Nothing wrong found. " not in ran.out


def test_https_in_place_of_http_is_the_same_server_and_another_port_is_not() -> None:
    permission = RedirectPermission(("http://api.example/v1",))
    assert permission.refuse(WireRequest("GET", "https://api.example/v2")) is None
    for other in ("http://api.example:8080/", "https://api.example:8443/", "http://www.api.example/", "https://evil.example/"):
        assert permission.refuse(WireRequest("GET", other)) is not None


def test_a_response_with_more_header_lines_than_any_server_sends_counts_as_none() -> None:
    with hostile(SERVERS["has 5,000 headers"]) as server, pytest.raises(InputError, match=r"5,004 header lines, more than 1,000"):
        check(server, limits=PATIENT)
