from __future__ import annotations

import shlex
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from corsense.fetch import Browser, FailureReason, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.readers import InputError
from corsense.report.snippets import curl_command
from corsense.transports import drive
from corsense.transports.http import DEFAULT_TIMEOUT, HttpClient, http_send

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Talk = Callable[[socket.socket], None]


class Server:
    """A server on loopback that does with each connection what a test wants, and keeps what it received."""

    def __init__(self, talk: Talk) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/items"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(20)
                with suppress(OSError):
                    self._talk(connection)

    def close(self) -> None:
        # A listener that another thread waits on must be shut down to wake it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(20)


@contextmanager
def serving(talk: Talk) -> Iterator[Server]:
    server = Server(talk)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def answering(*answers: bytes, times: int = 1) -> Iterator[Server]:
    """A server that reads requests and gives the answers in turn, `times` of them a connection."""
    left = list(answers)

    def talk(connection: socket.socket) -> None:
        for _ in range(times):
            request = read_request(connection)
            if not request:
                return
            server.received.append(request)
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    with serving(talk) as server:
        yield server


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    return data


def send(server: Server, request: WireRequest | None = None, *, timeout: float = DEFAULT_TIMEOUT) -> WireResponse | NetworkError:
    with HttpClient(timeout=timeout) as client:
        return client.send(request or WireRequest("GET", server.url))


def test_the_request_on_the_wire_is_the_one_given_and_nothing_more() -> None:
    headers = (("Origin", "http://localhost:3000"), ("accept", "*/*"), ("X-b", "2"), ("X-A", "1"), ("X-A", "é"))
    with answering(OK) as server:
        url = f"http://127.0.0.1:{server.port}/a%20b/%7Ec;d='(e)?q=[1]|x&&y#fragment"

        send(server, WireRequest("GET", url, headers))

    assert server.received == [
        (
            f"GET /a%20b/%7Ec;d='(e)?q=[1]|x&&y HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Origin: http://localhost:3000\r\naccept: */*\r\nX-b: 2\r\nX-A: 1\r\nX-A: é\r\n\r\n"
        ).encode("latin-1")
    ]


def test_methods_keep_their_spelling_and_a_post_has_an_empty_body() -> None:
    with answering(OK) as server, HttpClient() as client:
        client.send(WireRequest("patch", server.url))
        client.send(WireRequest("POST", server.url))

    assert server.received[0].startswith(b"patch /items HTTP/1.1\r\n")
    assert server.received[1].endswith(b"\r\nContent-Length: 0\r\n\r\n")


def test_header_lines_of_the_answer_stay_apart_and_are_latin_1() -> None:
    answer = (
        b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: http://a\r\naccess-control-allow-origin: *\r\n"
        b"X-E: caf\xe9\r\nX-Empty:\r\n\r\n"
    )
    with answering(answer) as server:
        response = send(server)

    assert response == WireResponse(
        204,
        (
            ("Access-Control-Allow-Origin", "http://a"),
            ("access-control-allow-origin", "*"),
            ("X-E", "café"),
            ("X-Empty", ""),
        ),
    )


def test_redirects_are_not_followed() -> None:
    with answering(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /items/\r\nContent-Length: 0\r\n\r\n") as server:
        response = send(server)

    assert isinstance(response, WireResponse)
    assert (response.status, response.header("Location")) == (307, "/items/")
    assert len(server.received) == 1


def test_cookies_of_an_answer_are_not_sent_back() -> None:
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n"
    with answering(answer, times=2) as server, HttpClient() as client:
        client.send(WireRequest("GET", server.url))
        client.send(WireRequest("GET", server.url))

    assert len(server.received) == 2
    assert all(b"ookie" not in request for request in server.received)


def test_credentials_of_the_url_are_not_sent() -> None:
    with answering(OK) as server:
        send(server, WireRequest("GET", server.url.replace("http://", "http://me:pass@")))

    assert server.received[0].startswith(b"GET /items HTTP/1.1\r\n")
    assert b"uthorization" not in server.received[0]
    assert b"me:pass" not in server.received[0]


def test_one_connection_serves_several_requests() -> None:
    with answering(OK, times=3) as server, HttpClient() as client:
        answers = [client.send(WireRequest("GET", server.url)) for _ in range(3)]

    assert [answer.status for answer in answers if isinstance(answer, WireResponse)] == [200, 200, 200]
    assert server.connections == 1


def test_an_idle_connection_that_the_server_closed_is_replaced() -> None:
    with answering(OK) as server, HttpClient() as client:
        first = client.send(WireRequest("GET", server.url))
        second = client.send(WireRequest("GET", server.url))

    assert isinstance(first, WireResponse)
    assert isinstance(second, WireResponse)
    assert server.connections == 2


def test_the_beginning_of_an_error_answers_body_is_kept_with_its_exchange() -> None:
    refusal = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n\r\nDisallowed CORS origin"
    with answering(OK, refusal, times=2) as server, HttpClient() as client:
        client.send(WireRequest("GET", server.url))
        client.send(WireRequest("OPTIONS", server.url))

    body = client.body(1)
    assert body is not None
    assert (body.status, body.content_type, body.text) == (400, "text/plain", "Disallowed CORS origin")
    assert client.body(0) is None
    assert [exchange.request.method for exchange in client.exchanges] == ["GET", "OPTIONS"]


def test_of_a_long_error_body_200_characters_are_kept() -> None:
    page = ("é" * 100_000).encode()
    head = f"HTTP/1.1 500 Internal Server Error\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    with answering(head + page) as server, HttpClient() as client:
        client.send(WireRequest("GET", server.url))

    assert [body.text for body in client.bodies] == ["é" * 200]


def test_of_an_endless_body_only_the_beginning_is_read() -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")

    with serving(talk) as server:
        response = send(server)

    assert isinstance(response, WireResponse)


def test_an_event_stream_is_not_waited_for() -> None:
    waiting = threading.Event()
    waited: list[bool] = []

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        waited.append(waiting.wait(20))

    with serving(talk) as server:
        response = send(server)
        waiting.set()

    assert isinstance(response, WireResponse)
    assert False not in waited, "the client came back before the server gave up"


def test_a_body_that_breaks_off_does_not_hide_the_answer() -> None:
    with answering(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\npartial") as server, HttpClient() as client:
        response = client.send(WireRequest("GET", server.url))

    assert isinstance(response, WireResponse)
    assert response.status == 500
    assert client.bodies[0].text == "partial"


def reset(connection: socket.socket) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket) -> None:
    read_request(connection)


def hang(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def drip(connection: socket.socket) -> None:
    read_request(connection)
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def answer_nonsense(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (reset, FailureReason.CONNECTION_RESET),
        (hang_up, FailureReason.CONNECTION_CLOSED),
        (answer_nonsense, FailureReason.INVALID_HTTP),
        (hang, FailureReason.TIMEOUT),
        (drip, FailureReason.TIMEOUT),
    ],
)
def test_each_way_to_fail_has_its_reason(talk: Talk, reason: FailureReason) -> None:
    with serving(talk) as server:
        error = send(server, timeout=0.5)

    assert isinstance(error, NetworkError)
    assert error.reason == reason
    assert error.detail


def test_a_port_where_nothing_listens_refuses() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = HttpClient().send(WireRequest("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/"))

    assert error == NetworkError(FailureReason.CONNECTION_REFUSED, "Connection refused")


def test_https_against_a_server_without_tls_is_a_tls_failure() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with serving(talk) as server:
        error = send(server, WireRequest("GET", f"https://127.0.0.1:{server.port}/"))

    assert isinstance(error, NetworkError)
    assert error.reason == FailureReason.TLS


def test_a_name_that_does_not_resolve_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    error = HttpClient().send(WireRequest("GET", "http://nowhere.localhost/"))

    assert error == NetworkError(FailureReason.NAME_NOT_RESOLVED, "Name or service not known")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost/", "", "/items"])
def test_a_url_that_is_not_http_is_refused_with_the_remedy(url: str) -> None:
    with pytest.raises(InputError, match="http or https"):
        HttpClient().send(WireRequest("GET", url))


def test_a_header_that_cannot_be_sent_is_no_exception() -> None:
    with answering(OK) as server:
        error = send(server, WireRequest("GET", server.url, (("X-A", "a\r\nX-B: b"),)))

    assert isinstance(error, NetworkError)
    assert error.reason == FailureReason.INVALID_REQUEST
    assert server.received == []


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_proxies_of_the_environment_are_not_used_for_this_machine(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9/")
    monkeypatch.delenv("no_proxy", raising=False)
    with answering(OK) as server:
        response = send(server)

    assert isinstance(response, WireResponse)


def test_proxies_of_the_environment_are_used_for_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(OK) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        response = send(server, WireRequest("GET", "http://api.example.com/items"))

    assert isinstance(response, WireResponse)
    assert server.received[0].startswith(b"GET http://api.example.com/items HTTP/1.1\r\n")


def test_certificates_are_checked_unless_disabled(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            read_request(secure)
            secure.sendall(OK)

    with serving(talk) as server:
        request = WireRequest("GET", f"https://localhost:{server.port}/")
        with HttpClient() as strict, HttpClient(verify=False) as lenient:
            refused, allowed = strict.send(request), lenient.send(request)

    assert isinstance(refused, NetworkError)
    assert refused.reason == FailureReason.TLS
    assert isinstance(allowed, WireResponse)


def test_a_fetch_is_driven_over_a_live_server() -> None:
    allow = b"Access-Control-Allow-Origin: http://localhost:3000\r\nAccess-Control-Allow-Headers: content-type\r\n"
    answer = b"HTTP/1.1 200 OK\r\n" + allow + b"Content-Length: 0\r\n\r\n"
    with answering(answer, times=2) as server, HttpClient() as client:
        request = FetchRequest(server.url, "http://localhost:3000", "POST", (("Content-Type", "application/json"),), body="{}")
        trace = drive(Browser().fetch(request), http_send(client))

    assert [exchange.request.preflight for exchange in trace.exchanges] == [True, False]
    assert client.exchanges == list(trace.exchanges)
    assert server.received[0].startswith(b"OPTIONS /items HTTP/1.1\r\n")
    assert b"\r\nAccess-Control-Request-Headers: content-type\r\n" in server.received[0]


def test_the_curl_command_of_an_exchange_repeats_it() -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    with answering(OK) as server:
        headers = (("Origin", "null"), ("Access-Control-Request-Method", "PUT"), ("X-E", ""))
        request = WireRequest("OPTIONS", server.url + "?a[]=1", headers)
        send(server, request)
        subprocess.run([*shlex.split(curl_command(request)), "--noproxy", "*"], check=True, capture_output=True, timeout=30)

    ours, curls = ([line.rstrip() for line in received.decode("latin-1").split("\r\n")] for received in server.received)
    assert curls[0] == ours[0]
    assert [line for line in curls if not line.startswith(("User-Agent:", "Accept:"))][1:] == ours[1:]
