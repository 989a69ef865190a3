"""The stage that stands behind every address, as a browser meets it: over sockets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest

from corsense.browsers.page import PATH, page_url
from corsense.browsers.server import Answered, BrowserServer
from corsense.fetch import NetworkError, WireRequest, WireResponse

ANSWER = WireResponse(
    200,
    (
        ("access-control-allow-origin", "*"), ("X-A", "1"), ("x-a", "2"), ("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60"),
        ("Transfer-Encoding", "chunked"), ("Strict-Transport-Security", "max-age=9"),
    ),
)  # fmt: skip


@pytest.fixture
def stage() -> Iterator[BrowserServer]:
    with BrowserServer() as found:
        yield found


def begin(stage: BrowserServer, answer: Answered | NetworkError = Answered(ANSWER, b"ok")) -> list[tuple[WireRequest, bytes]]:  # noqa: B008
    asked: list[tuple[WireRequest, bytes]] = []

    def answers(request: WireRequest, body: bytes) -> Answered | NetworkError:
        asked.append((request, body))
        return answer

    stage.begin("http://api.example.com:8000/items", answers)
    return asked


def talk(stage: BrowserServer, *texts: str, secure: bool = False) -> str:
    """What comes back on one connection for texts that are sent one after the other."""
    with socket.create_connection(("127.0.0.1", stage.port), timeout=10.0) as plain:
        connection: socket.socket = plain
        for number, text in enumerate(texts):
            if number or len(texts) == 1:
                connection = _secured(plain) if secure and connection is plain else connection
            connection.sendall(text.replace("\n", "\r\n").encode())
            if number < len(texts) - 1:
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        connection.close()
    return answer.decode()


def _secured(plain: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname="api.example.com", suppress_ragged_eofs=True)


GET = "GET /items?a=1 HTTP/1.1\nHost: api.example.com:8000\nOrigin: http://localhost:3000\n\n"


def test_it_answers_with_the_header_lines_it_is_given_and_nothing_that_a_browser_would_remember(stage: BrowserServer) -> None:
    begin(stage)
    head, _, body = talk(stage, GET).partition("\r\n\r\n")
    assert head.split("\r\n") == [
        "HTTP/1.1 200 OK", "access-control-allow-origin: *", "X-A: 1", "x-a: 2", "Cache-Control: no-store", "Content-Length: 2",
        "Connection: close",
    ]  # fmt: skip
    assert body == "ok"


def test_it_keeps_what_went_over_the_wire(stage: BrowserServer) -> None:
    asked = begin(stage)
    talk(stage, "POST /items HTTP/1.1\nHost: api.example.com:8000\nOrigin: http://a.test\nContent-Length: 3\n\nabc")
    (exchange,) = stage.end()
    assert (exchange.request.method, exchange.request.url) == ("POST", "http://api.example.com:8000/items")
    assert exchange.request.header("origin") == "http://a.test"
    assert isinstance(exchange.response, WireResponse)
    assert asked[0][1] == b"abc"


def test_a_chunked_body_is_put_together(stage: BrowserServer) -> None:
    asked = begin(stage)
    chunks = "3\nabc\n2;x=y\nde\n0\n\n"
    talk(stage, f"POST /items HTTP/1.1\nHost: api.example.com:8000\nTransfer-Encoding: chunked\n\n{chunks}")
    assert asked[0][1] == b"abcde"


def test_a_preflight_is_distinguished_and_not_remembered_by_the_browser(stage: BrowserServer) -> None:
    asked = begin(stage, Answered(WireResponse(204, (("Access-Control-Max-Age", "600"),))))
    origin = "Origin: http://localhost:3000\nAccess-Control-Request-Method: PUT"
    answer = talk(stage, f"OPTIONS /items HTTP/1.1\nHost: api.example.com:8000\n{origin}\n\n")
    assert asked[0][0].preflight
    assert "Access-Control-Max-Age: 0\r\n" in answer
    assert "600" not in answer


def test_tls_and_plain_http_share_a_port(stage: BrowserServer) -> None:
    asked = begin(stage)
    assert "X-A: 1" in talk(stage, GET, secure=True)
    assert asked[0][0].url == "https://api.example.com:8000/items?a=1"


def test_as_a_proxy_it_takes_whole_urls_and_tunnels(stage: BrowserServer) -> None:
    asked = begin(stage)
    talk(stage, "GET http://api.example.com:8000/b HTTP/1.1\nHost: api.example.com:8000\n\n")
    talk(stage, "CONNECT api.example.com:8000 HTTP/1.1\nHost: api.example.com:8000\n\n", GET, secure=True)
    assert [request.url for request, _ in asked] == [
        "http://api.example.com:8000/b",
        "https://api.example.com:8000/items?a=1",
    ]


def test_what_the_page_has_not_led_to_is_neither_answered_nor_kept(stage: BrowserServer) -> None:
    asked = begin(stage)
    assert talk(stage, "GET /update HTTP/1.1\nHost: updates.example.net\n\n").startswith("HTTP/1.1 404")
    assert (asked, stage.end()) == ([], ())


def test_where_a_redirect_leads_belongs_to_it(stage: BrowserServer) -> None:
    asked = begin(stage, Answered(WireResponse(302, (("Location", "https://other.example/there"),))))
    talk(stage, GET)
    talk(stage, "GET /there HTTP/1.1\nHost: other.example\n\n")
    assert [request.url for request, _ in asked][1:] == ["http://other.example/there"]


def test_a_failure_of_the_network_is_a_closed_connection(stage: BrowserServer) -> None:
    begin(stage, NetworkError("connection refused"))
    assert talk(stage, GET) == ""
    assert [exchange.response for exchange in stage.end()] == [NetworkError("connection refused")]


def test_the_page_is_there_on_every_origin_and_opaque_where_that_is_asked(stage: BrowserServer) -> None:
    page = talk(stage, f"GET {PATH} HTTP/1.1\nHost: whatever.example\n\n")
    assert "function corsense(asked)" in page
    assert "Content-Security-Policy" not in page
    opaque = page_url("null").partition("test")[2]
    assert "Content-Security-Policy: sandbox allow-scripts" in talk(stage, f"GET {opaque} HTTP/1.1\nHost: a.example\n\n")
    assert page_url("http://localhost:3000") == f"http://localhost:3000{PATH}"
