"""`HttpClient`: answers from a live server, over HTTP/1.1.

It sends what it is given and nothing more: no cookies, no redirects, no credentials from `.netrc` or the URL.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

from corsense.errors import InputError, quoted
from corsense.fetch.trace import FailureReason
from corsense.fetch.wire import Exchange, NetworkError, WireRequest, WireResponse
from corsense.transports.drive import Send
from corsense.url import is_loopback_host, parse_url

DEFAULT_TIMEOUT = 10.0
"""Seconds for one exchange, from connecting to the last byte that is read."""
MAX_BODY = 64 * 1024
"""Bytes of a body that are read at most."""
MAX_HEADER_LINES = 1_000
"""Header lines that a response may have; one with more is invalid."""
MAX_HEADER_BYTES = 1024 * 1024
"""Bytes that a server may send beside the body that is read: its headers, and those of informational (1xx) responses."""
EXCERPT = 200
"""Characters of the body of an error answer that are kept."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_ENDLESS = ("text/event-stream", "multipart/x-mixed-replace")


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The beginning of the body of an answer with a status of 400 or more. `exchange` is its index in `HttpClient.exchanges`."""

    exchange: int
    status: int
    content_type: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Download:
    """An answer with its body, cut at the limit that was asked for."""

    response: WireResponse
    body: bytes


class HttpClient:
    """Sends requests over HTTP/1.1 and keeps connections open between them. A context manager; not for several threads.

    - `timeout`: seconds for one exchange in all, not only between two bytes.
    - `total`: seconds for all exchanges together, counted from now; None for no limit. Once they are up, every answer is a
      `NetworkError` (`FailureReason.OUT_OF_TIME`).
    - `verify`: whether certificates are checked.

    `exchanges` are all requests sent by `send` with their answers, `bodies` the excerpts of the error answers among them. Proxies
    of the environment (`HTTPS_PROXY`, `NO_PROXY`...) are used, but never for this machine.
    """

    def __init__(self, *, timeout: float = DEFAULT_TIMEOUT, verify: bool = True, total: float | None = None) -> None:
        self.timeout = timeout
        self._ends = None if total is None else time.monotonic() + total
        self.verify = verify
        self.exchanges: list[Exchange] = []
        self.bodies: list[ErrorBody] = []
        self._backend = _DeadlineBackend()
        self._pools: dict[str | None, httpcore2.ConnectionPool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def send(self, request: WireRequest, body: bytes = b"") -> WireResponse | NetworkError:
        """Send `request`, with `body`, and wait for its answer; a failure of the network is a `NetworkError`.

        Raises InputError for a URL that is not http or https.
        """
        answer = self.read(request, body=body or None)
        response = answer.response if isinstance(answer, Download) else answer
        if isinstance(answer, Download) and answer.response.status >= 400:
            kind = answer.response.header("Content-Type")
            text = answer.body[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
            self.bodies.append(ErrorBody(len(self.exchanges), answer.response.status, kind, text))
        self.exchanges.append(Exchange(request, response))
        return response

    def read(self, request: WireRequest, *, limit: int = MAX_BODY, body: bytes | None = None) -> Download | NetworkError:
        """As `send`, with the answer's body up to `limit` bytes; `body` goes with the request. Nothing is remembered. Raises
        InputError likewise."""
        wire = _wire(request, body)
        left = self.seconds_left
        if left <= 0:
            return NetworkError(FailureReason.OUT_OF_TIME)
        self._backend.begin(left, limit + MAX_HEADER_BYTES)
        answer = self._exchange(request.url, wire, limit)
        if _may_have_gone_stale(answer) and not self._backend.connected and request.method in _IDEMPOTENT:
            # The server closed an idle connection while the request was on its way: retry once on a new one, as browsers do.
            answer = self._exchange(request.url, wire, limit)
        return answer

    @property
    def seconds_left(self) -> float:
        """Seconds that the next exchange may take: `timeout`, or what is left of `total`; never below 0."""
        return self.timeout if self._ends is None else max(0.0, min(self.timeout, self._ends - time.monotonic()))

    def _exchange(self, url: str, wire: httpcore2.Request, limit: int) -> Download | NetworkError:
        try:
            with closing(self._pool(url).handle_request(wire)) as answer:
                return _document(answer, limit)
        except (
            httpcore2.NetworkError,
            httpcore2.TimeoutException,
            httpcore2.ProtocolError,
            httpcore2.ProxyError,
            OSError,
        ) as error:
            return _network_error(error, received=self._backend.received)
        except (UnicodeError, ValueError) as error:
            return NetworkError(FailureReason.NAME_NOT_RESOLVED, str(error))

    def body(self, exchange: int) -> ErrorBody | None:
        """The excerpt of the body of the error answer at that index of `exchanges`, None when it was no error."""
        return next((body for body in self.bodies if body.exchange == exchange), None)

    def _pool(self, url: str) -> httpcore2.ConnectionPool:
        proxy = _proxy(url)
        if proxy not in self._pools:
            self._pools[proxy] = httpcore2.ConnectionPool(
                ssl_context=_ssl_context(verify=self.verify),
                proxy=_proxy_settings(proxy),
                max_connections=4,
                keepalive_expiry=30.0,
                network_backend=self._backend,
            )
        return self._pools[proxy]


def http_send(client: HttpClient) -> Send:
    """What `drive` needs to run a fetch over `client`."""
    return client.send


def _wire(request: WireRequest, body: bytes | None = None) -> httpcore2.Request:
    """The request as it goes on the wire: the header lines as given, behind `Host`; the target as the URL spells it."""
    parsed = parse_url(request.url)
    if parsed is None or not parsed.is_http:
        raise InputError(
            f"{quoted(request.url)} is not an http or https URL: write it in full, such as http://localhost:8000/api/users"
        )
    target = _target(parsed.request_url)
    headers = list(request.headers)
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parsed.host + (f":{parsed.port}" if parsed.port else "")))
    expects_body = body is not None or request.method in {"POST", "PUT", "PATCH"}
    if expects_body and not any(name.lower() == "content-length" for name, _ in headers):
        headers.append(("Content-Length", str(len(body or b""))))
    return httpcore2.Request(
        request.method.encode("latin-1", "replace"),
        httpcore2.URL(
            scheme=parsed.scheme.encode(),
            host=parsed.host.strip("[]").encode(),
            port=parsed.port,
            target=target.encode("latin-1", "replace"),
        ),
        headers=[(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers],
        content=body or None,
    )


def _target(url: str) -> str:
    rest = url.partition("://")[2]
    at = min((index for index in (rest.find("/"), rest.find("?")) if index >= 0), default=len(rest))
    target = rest[at:]
    return target if target.startswith("/") else "/" + target


def _document(answer: httpcore2.Response, limit: int) -> Download:
    if len(answer.headers) > MAX_HEADER_LINES:
        raise httpcore2.RemoteProtocolError(
            f"the response has {len(answer.headers):,} header lines, more than {MAX_HEADER_LINES:,}"
        )
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
    response = WireResponse(answer.status, headers)
    kind = (response.header("Content-Type") or "").lower()
    body = b"" if kind.startswith(_ENDLESS) or answer.status == 101 else _body(answer, limit)
    return Download(response, body)


def _body(answer: httpcore2.Response, limit: int) -> bytes:
    """The first `limit` bytes. A truncated body is not a failure: its headers have already decided."""
    body = bytearray()
    try:
        for chunk in answer.iter_stream():
            body += chunk
            if len(body) >= limit:
                break
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError):
        pass
    return bytes(body[:limit])


# Failures


def _may_have_gone_stale(answer: Download | NetworkError) -> bool:
    return isinstance(answer, NetworkError) and answer.reason in {FailureReason.CONNECTION_CLOSED, FailureReason.CONNECTION_RESET}


def _network_error(error: BaseException, *, received: bool) -> NetworkError:
    chain = list(_chain(error))
    reason = _reason(error, chain)
    if received and reason is FailureReason.CONNECTION_CLOSED:
        reason = FailureReason.INVALID_HTTP  # it did answer
    return NetworkError(reason, _detail(chain))


def _reason(error: BaseException, chain: list[BaseException]) -> FailureReason:
    if any(isinstance(link, socket.gaierror) for link in chain):
        return FailureReason.NAME_NOT_RESOLVED
    if any(isinstance(link, ssl.SSLError) for link in chain):
        return FailureReason.TLS
    if any(isinstance(link, ConnectionRefusedError) for link in chain):
        return FailureReason.CONNECTION_REFUSED
    if any(isinstance(link, ConnectionError) for link in chain):
        return FailureReason.CONNECTION_RESET
    if isinstance(error, httpcore2.TimeoutException) or any(isinstance(link, TimeoutError) for link in chain):
        return FailureReason.TIMEOUT
    if isinstance(error, httpcore2.RemoteProtocolError):
        return FailureReason.CONNECTION_CLOSED if "disconnected" in str(error) else FailureReason.INVALID_HTTP
    if isinstance(error, httpcore2.LocalProtocolError):
        return FailureReason.INVALID_REQUEST
    return FailureReason.CONNECTION_REFUSED if isinstance(error, httpcore2.ConnectError) else FailureReason.CONNECTION_CLOSED


def _chain(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _detail(chain: list[BaseException]) -> str | None:
    """What the innermost failure says: `[SSL: CERTIFICATE_VERIFY_FAILED] …`, `Name or service not known`."""
    for link in reversed(chain):
        if isinstance(link, OSError) and link.strerror:
            return str(link.strerror)
        if str(link):
            return str(link)
    return None


# TLS, proxies, time


def _ssl_context(*, verify: bool) -> ssl.SSLContext:
    if verify:
        return httpcore2.default_ssl_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for `url`; never for this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback_host(f"[{host}]" if ":" in host else host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return None if not proxy or proxy_bypass(host) else proxy


def _proxy_settings(proxy: str | None) -> httpcore2.Proxy | None:
    if proxy is None:
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(
            f"the environment names the proxy {quoted(parts.scheme + '://…')}, which cannot be used: unset it or name an http one"
        )
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore2.Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth=auth)


class _DeadlineBackend(httpcore2.NetworkBackend):
    """Sockets that stop at a deadline and after a number of bytes, however slowly or quickly they arrive."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.bytes_left = 0
        self.connected = False
        self.received = False
        self._inner = httpcore2.SyncBackend()

    def begin(self, seconds: float, most_bytes: int) -> None:
        """Start the clock of one exchange, which may receive `most_bytes`."""
        self.deadline = time.monotonic() + seconds
        self.bytes_left = most_bytes
        self.connected = self.received = False

    def remaining(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("no answer in time")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connected = True
        stream = self._inner.connect_tcp(host, port, self.remaining(), local_address, socket_options)
        return _DeadlineStream(stream, self)


class _DeadlineStream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, backend: _DeadlineBackend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._backend.remaining())
        self._backend.received = self._backend.received or bool(data)
        self._backend.bytes_left -= len(data)
        if self._backend.bytes_left < 0:
            raise httpcore2.RemoteProtocolError("the server sends more than is read of a response")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.remaining())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, self._backend.remaining()), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
