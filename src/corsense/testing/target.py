"""What is tested: an ASGI app, a client of Starlette's, httpx2's or httpx's make, or the URL of a running server."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from corsense.errors import InputError, quoted
from corsense.fetch import FailureReason, NetworkError, WireRequest, WireResponse
from corsense.fetch.safelist import is_forbidden_request_header
from corsense.fetch.wire import Headers
from corsense.testing.exchange_plan import Call, ExchangePlan
from corsense.testing.stand_in import KEY, TRIED
from corsense.transports.asgi import AsgiExchange, asgi_exchange, scope_of
from corsense.transports.websocket import is_handshake, websocket_answer
from corsense.url import parse_url

T = TypeVar("T")

IN_PROCESS_BASE = "http://testserver"
"""Where an app is taken to be served: the name that Starlette's `TestClient` uses."""

_OF_THE_CLIENT = frozenset({"accept", "accept-encoding", "connection", "content-length", "host", "user-agent"})
_REASONS = {
    "ConnectTimeout": FailureReason.TIMEOUT,
    "TimeoutException": FailureReason.TIMEOUT,
    "ConnectError": FailureReason.CONNECTION_REFUSED,
    "ReadError": FailureReason.CONNECTION_RESET,
    "RemoteProtocolError": FailureReason.INVALID_HTTP,
}


@dataclass(frozen=True, slots=True)
class AssertionTarget:
    """What is tested.

    - `base`: the URL that paths are added to, without a slash at the end.
    - `app`: the ASGI app where it runs in this process, else None.
    - `headers`: what a page's script sets on every request: the default headers of a client that are not its own.
    - `has_cookies`: whether there are cookies to send with credentials.
    """

    base: str
    app: Any = None
    headers: Headers = ()
    has_cookies: bool = False

    def url(self, path: str, origin: str) -> str:
        """The URL that a page of `origin` would call. An app that is not really served is on https when the page is: a browser
        keeps a page on https from calling http."""
        url = path if "://" in path else self.base + path
        if self.app is not None and origin.startswith("https:") and url.startswith("http:"):
            url = "https:" + url.removeprefix("http:")
        return url

    def run(self, exchange_plan: ExchangePlan[T]) -> T:
        """Run a plan to its end, waiting for each answer."""
        raise NotImplementedError

    async def arun(self, exchange_plan: ExchangePlan[T]) -> T:
        """Run a plan to its end, awaiting each answer, on asyncio or trio."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class InProcess(AssertionTarget):
    """An app in this process. `portal` is the way to the event loop in which its lifespan runs, None when that is not run here;
    `extra` are entries for the scope; `cookie` gives the `Cookie` header for a URL."""

    portal: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    cookie: Callable[[str], str | None] | None = None

    def run(self, exchange_plan: ExchangePlan[T]) -> T:
        if self.portal is not None:
            done: T = self.portal.call(_pursue, exchange_plan, self._answer)
            return done
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._on_a_loop_of_its_own(exchange_plan)
        context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(context.run, self._on_a_loop_of_its_own, exchange_plan).result()

    async def arun(self, exchange_plan: ExchangePlan[T]) -> T:
        if self.portal is not None:
            return await _in_a_thread(partial(self.run, exchange_plan))
        return await _pursue(exchange_plan, self._answer)

    def _on_a_loop_of_its_own(self, exchange_plan: ExchangePlan[T]) -> T:
        # With a factory the runner leaves the thread's current loop alone, which may be in use.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(_pursue(exchange_plan, self._answer))

    async def _answer(self, call: Call) -> AsgiExchange:
        request = call.request
        cookie = self.cookie(request.url) if self.cookie is not None and request.credentials else None
        if cookie:
            request = replace(request, headers=(*request.headers, ("Cookie", cookie)))
        extra = self._fresh_extra(call)
        TRIED.set(call.attempt)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return await _on_another_loop(self.app, request, call.body, extra)
        if is_handshake(request):
            return AsgiExchange(await websocket_answer(self.app, request, extra=extra))
        return await asgi_exchange(self.app, request, body=call.body, extra=extra)

    def _fresh_extra(self, call: Call) -> dict[str, Any]:
        fresh = {name: dict(value) if name == "state" else value for name, value in self.extra.items()}
        return fresh if call.attempt is None else {**fresh, KEY: call.attempt}


@dataclass(frozen=True, slots=True)
class Blocking(AssertionTarget):
    """A target that is called and waited for. `opened` gives the function that asks, for as long as a plan takes."""

    opened: Callable[[], contextlib.AbstractContextManager[Callable[[Call], AsgiExchange]]] = contextlib.nullcontext  # type: ignore[assignment]

    def run(self, exchange_plan: ExchangePlan[T]) -> T:
        with self.opened() as ask:
            try:
                call = next(exchange_plan)
                while True:
                    call = exchange_plan.send(ask(call))
            except StopIteration as end:
                done: T = end.value
                return done

    async def arun(self, exchange_plan: ExchangePlan[T]) -> T:
        return await _in_a_thread(partial(self.run, exchange_plan))


@dataclass(frozen=True, slots=True)
class Awaiting(AssertionTarget):
    """A client that must be awaited, in its own event loop."""

    ask: Callable[[Call], Awaitable[AsgiExchange]] | None = None

    def run(self, exchange_plan: ExchangePlan[T]) -> T:
        exchange_plan.close()
        raise InputError(
            "an AsyncClient belongs to the event loop of its test: await the function of the same name in corsense.testing.aio"
        )

    async def arun(self, exchange_plan: ExchangePlan[T]) -> T:
        assert self.ask is not None
        return await _pursue(exchange_plan, self.ask)


async def _pursue(exchange_plan: ExchangePlan[T], ask: Callable[[Call], Awaitable[AsgiExchange]]) -> T:
    try:
        call = next(exchange_plan)
        while True:
            call = exchange_plan.send(await ask(call))
    except StopIteration as end:
        done: T = end.value
        return done


def resolve_target(target: object) -> AssertionTarget:
    """The target of a test: an app, a client or a URL. Raises InputError for any other value."""
    if isinstance(target, AssertionTarget):
        return target
    if isinstance(target, str):
        return _live(target)
    if hasattr(target, "build_request") and hasattr(target, "send") and hasattr(target, "base_url"):
        return _client(target)
    if callable(target) and not isinstance(target, type):
        return InProcess(IN_PROCESS_BASE, target)
    raise InputError(
        f"{quoted(target)} cannot be tested: give an ASGI app, a TestClient, a client of httpx2 or httpx, "
        "or the URL of a running server such as 'http://127.0.0.1:8000'"
    )


def _live(text: str) -> AssertionTarget:
    url = parse_url(text)
    if url is None or not url.is_http or url.has_credentials:
        raise InputError(f"{quoted(text)} is not the URL of a server: write for example 'http://127.0.0.1:8000'")
    return Blocking(text.rstrip("/"), opened=_http)


@contextlib.contextmanager
def _http() -> Iterator[Callable[[Call], AsgiExchange]]:
    from corsense.transports.http import Download, HttpClient

    with HttpClient() as client:

        def ask(call: Call) -> AsgiExchange:
            answer = client.read(call.request, limit=call.limit, body=call.body)
            return AsgiExchange(answer.response, answer.body) if isinstance(answer, Download) else AsgiExchange(answer)

        yield ask


def _client(client: Any) -> AssertionTarget:
    """A client: its default headers are what the page's script sets, its cookies those of the page's browser."""
    base = str(client.base_url).rstrip("/")
    transport = getattr(client, "_transport", None)
    app = _app_behind(client, transport)
    has_cookies = bool(getattr(client, "cookies", None)) or getattr(client, "auth", None) is not None
    headers = tuple(
        (name, value)
        for name, value in client.headers.multi_items()
        if name.lower() not in _OF_THE_CLIENT and not is_forbidden_request_header(name, value)
    )
    if app is not None:
        extra = {
            name: value
            for name, value in (
                ("state", getattr(client, "app_state", None)),
                ("root_path", getattr(transport, "root_path", None)),
                ("client", getattr(transport, "client", None)),
            )
            if value is not None
        }
        given = getattr(client, "portal", None)
        return InProcess(base or IN_PROCESS_BASE, app, headers, has_cookies, given, extra, partial(_cookie, client))
    if not base:
        raise InputError("this client has no base_url: make it with base_url='http://127.0.0.1:8000', or give the URL itself")
    if inspect.iscoroutinefunction(client.send):
        return Awaiting(base, None, headers, has_cookies, partial(_await_client, client))
    return Blocking(base, None, headers, has_cookies, partial(_opened_client, client))


def _app_behind(client: Any, transport: Any) -> Any:
    """The app that a client calls in this process: asked itself, it gives the answers that browsers get of it, also where the
    client would raise what the app raised."""
    if hasattr(client, "app") and hasattr(client, "app_state"):
        backend = getattr(client, "async_backend", None)
        on_trio = isinstance(backend, dict) and backend.get("backend") == "trio"
        if on_trio and getattr(client, "portal", None) is None:
            raise InputError("a TestClient on trio must be entered: with TestClient(app, backend='trio') as client")
        return client.app
    return getattr(transport, "app", None) if hasattr(transport, "raise_app_exceptions") else None


def _cookie(client: Any, url: str) -> str | None:
    found: str | None = client.build_request("GET", url).headers.get("cookie")
    return found


@contextlib.contextmanager
def _opened_client(client: Any) -> Iterator[Callable[[Call], AsgiExchange]]:
    with _cookies_kept(client):
        yield partial(_ask_client, client)


def _ask_client(client: Any, call: Call) -> AsgiExchange:
    try:
        response = client.send(_built(client, call), stream=True, follow_redirects=False, **_auth(call))
    except Exception as error:
        return _failed(error)
    try:
        body = b"" if _is_endless(response) else _limited(response.iter_bytes(), call.limit)
        return AsgiExchange(_answered(response), body)
    finally:
        response.close()


async def _await_client(client: Any, call: Call) -> AsgiExchange:
    with _cookies_kept(client):
        try:
            response = await client.send(_built(client, call), stream=True, follow_redirects=False, **_auth(call))
        except Exception as error:
            return _failed(error)
        try:
            body = b""
            if not _is_endless(response):
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) >= call.limit:
                        break
            return AsgiExchange(_answered(response), body[: call.limit])
        finally:
            await response.aclose()


def _built(client: Any, call: Call) -> Any:
    request = call.request
    built = client.build_request(request.method, request.url, content=call.body)
    for name in [name for name in built.headers if name.lower() not in (*_OF_THE_CLIENT, "cookie")]:
        del built.headers[name]
    if not request.credentials:
        built.headers.pop("cookie", None)
    for name, value in request.headers:
        built.headers[name] = value
    return built


def _auth(call: Call) -> dict[str, Any]:
    """HTTP authentication is credentials too: it goes where cookies go."""
    return {} if call.request.credentials else {"auth": None}


def _answered(response: Any) -> WireResponse:
    lines = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    return WireResponse(response.status_code, lines)


def _is_endless(response: Any) -> bool:
    return str(response.headers.get("content-type", "")).startswith(("text/event-stream", "multipart/x-mixed-replace"))


def _limited(chunks: Any, limit: int) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) >= limit:
            break
    return body[:limit]


def _failed(error: Exception) -> AsgiExchange:
    """A network that fails is an answer of its own; what an app raises through its client is a 500, as a server makes it."""
    names = [base.__name__ for base in type(error).__mro__]
    if "TransportError" in names:
        reason = next((_REASONS[name] for name in names if name in _REASONS), FailureReason.CONNECTION_CLOSED)
        return AsgiExchange(NetworkError(reason, str(error) or None))
    if type(error).__module__.partition(".")[0] in ("httpx", "httpx2"):
        raise error
    return AsgiExchange(WireResponse(500), b"Internal Server Error", error, by_server=True)


@contextlib.contextmanager
def _cookies_kept(client: Any) -> Iterator[None]:
    """A test of CORS changes nothing in the client it was lent."""
    jar = client.cookies.jar
    kept = list(jar)
    try:
        yield
    finally:
        jar.clear()
        for cookie in kept:
            jar.set_cookie(cookie)


async def _in_a_thread(function: Callable[[], T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        from anyio import to_thread

        return await to_thread.run_sync(function)
    return await asyncio.to_thread(function)


async def _on_another_loop(app: Any, request: WireRequest, body: bytes | None, extra: dict[str, Any]) -> AsgiExchange:
    """One exchange on a loop that is not asyncio's (trio): plain, without a limit of time."""
    from anyio import Event

    scope = scope_of(request, body=body if request.method not in ("GET", "HEAD", "OPTIONS") else None)
    scope.update(extra)
    ended, asked = Event(), False
    status: int | None = None
    headers: Headers = ()
    content, error = b"", None

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": body or b"", "more_body": False}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, headers, content
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ()))
        elif message["type"] == "http.response.body":
            content += message.get("body", b"")
            if not message.get("more_body", False):
                ended.set()

    try:
        await app(scope, receive, send)
    except Exception as raised:
        error = raised
    if status is None:
        return AsgiExchange(WireResponse(500), b"Internal Server Error", error, by_server=True)
    return AsgiExchange(WireResponse(status, headers), content, error)
