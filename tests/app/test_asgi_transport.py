from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from corsense.fetch import Allowed, Browser, FetchRequest, NetworkError, WireRequest, WireResponse
from corsense.transports import drive
from corsense.transports.asgi import asgi_answer, asgi_exchange, asgi_send, scope_of

App = Callable[..., Any]


def request(method: str = "GET", url: str = "http://localhost:8000/", **options: Any) -> WireRequest:
    return WireRequest(method, url, options.pop("headers", (("Origin", "http://localhost:3000"),)), **options)


def ask(app: App, *args: Any, **options: Any) -> WireResponse | NetworkError:
    with asgi_send(app, **options) as send:
        return send(*(args or (request(),)))


async def hello(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"Access-Control-Allow-Origin", b"*"), (b"x", b"1"), (b"x", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_fetch_is_driven_against_an_app() -> None:
    with asgi_send(hello) as send:
        trace = drive(Browser().fetch(FetchRequest("http://localhost:8000/", "http://localhost:3000")), send)
    assert isinstance(trace.outcome, Allowed)
    assert trace.response is not None
    assert [value for name, value in trace.response.headers if name == "x"] == ["1", "2"]


def test_an_app_is_answered_where_a_loop_is_running_already() -> None:
    async def inside() -> WireResponse | NetworkError:
        with asgi_send(hello) as send:
            return send(request())

    answer = asyncio.run(inside())
    assert isinstance(answer, WireResponse)
    assert answer.status == 200


def test_the_scope_is_that_of_a_server() -> None:
    scope = scope_of(
        request(
            "POST", "https://api.example.com/a%20b/%C3%A9?q=%20x&y", headers=(("Content-Type", "text/plain"), ("X-A", "\xe9"))
        ),
        body=b"abc",
    )
    assert scope["type"] == "http"
    assert (scope["method"], scope["scheme"], scope["http_version"]) == ("POST", "https", "1.1")
    assert (scope["path"], scope["raw_path"], scope["query_string"], scope["root_path"]) == (
        "/a b/é",
        b"/a%20b/%C3%A9",
        b"q=%20x&y",
        "",
    )
    assert (scope["server"], scope["client"][0]) == (("api.example.com", 443), "127.0.0.1")
    headers = dict(scope["headers"])
    assert headers[b"host"] == b"api.example.com"
    assert (headers[b"content-type"], headers[b"x-a"], headers[b"content-length"]) == (b"text/plain", b"\xe9", b"3")
    assert all(name == name.lower() for name in headers)


@pytest.mark.parametrize(
    ("url", "host", "server"),
    [
        ("http://localhost:8000/", b"localhost:8000", ("localhost", 8000)),
        ("http://localhost:80/", b"localhost", ("localhost", 80)),
        ("https://[::1]:8443/", b"[::1]:8443", ("::1", 8443)),
        ("http://example.com", b"example.com", ("example.com", 80)),
    ],
)
def test_the_host_is_named_as_browsers_name_it(url: str, host: bytes, server: tuple[str, int]) -> None:
    scope = scope_of(request(url=url))
    assert (dict(scope["headers"])[b"host"], scope["server"], scope["path"]) == (host, server, "/")


def test_each_request_gets_a_scope_of_its_own() -> None:
    assert scope_of(request())["headers"] is not scope_of(request())["headers"]


def test_cookies_go_only_where_credentials_may() -> None:
    assert b"cookie" in dict(scope_of(request(credentials=True), cookies=True)["headers"])
    assert b"cookie" not in dict(scope_of(request(credentials=False), cookies=True)["headers"])
    assert b"cookie" not in dict(scope_of(request(credentials=True))["headers"])


def test_the_body_reaches_the_app_but_not_with_a_preflight() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-body", message["body"])]})
        await send({"type": "http.response.body", "body": b""})

    answer = ask(echo, request("POST"), body=b"abc")
    assert isinstance(answer, WireResponse)
    assert answer.header("x-body") == "abc"
    preflight = ask(echo, request("OPTIONS", preflight=True), body=b"abc")
    assert isinstance(preflight, WireResponse)
    assert preflight.header("x-body") == ""


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("no")


async def exits(scope: Any, receive: Any, send: Any) -> None:
    raise SystemExit(1)


async def silent(scope: Any, receive: Any, send: Any) -> None:
    await receive()


@pytest.mark.parametrize("app", [raises, exits, silent], ids=lambda app: app.__name__)
def test_an_app_that_sends_nothing_is_a_500_of_the_server_without_headers_of_the_app(app: App) -> None:
    answer = ask(app)
    assert isinstance(answer, WireResponse)
    assert answer.status == 500
    assert [name for name, _ in answer.headers] == ["content-type", "connection"]


def test_an_exception_after_the_answer_leaves_the_answer() -> None:
    async def late(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        raise ValueError("late")

    exchange = asyncio.run(asgi_exchange(late, request()))
    assert isinstance(exchange.response, WireResponse)
    assert exchange.response.status == 200
    assert isinstance(exchange.exception, ValueError)
    assert not exchange.by_server


ended: list[str] = []
"""What came to its end although nobody waits for it."""


async def never(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(60)


async def stubborn(scope: Any, receive: Any, send: Any) -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await hello(scope, receive, send)


@pytest.mark.parametrize("app", [never, stubborn], ids=lambda app: app.__name__)
def test_an_app_that_does_not_answer_in_time_has_timed_out(app: App) -> None:
    assert ask(app, time_limit=0.1) == NetworkError("timed out", "no answer within 0.1 s")


async def endless(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(0.001)


async def waits_for_the_client(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def headers_only(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.sleep(60)
    ended.append("headers only")


@pytest.mark.parametrize("app", [endless, waits_for_the_client, headers_only], ids=lambda app: app.__name__)
def test_a_body_without_end_is_not_waited_for(app: App) -> None:
    ended.clear()
    answer = ask(app)
    assert isinstance(answer, WireResponse)
    assert answer.status == 200
    assert ended == []


def test_what_runs_after_the_answer_is_not_cut_off() -> None:
    done: list[str] = []

    async def background(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        await asyncio.sleep(0.05)
        done.append("background")

    async def both() -> None:
        await asgi_answer(background, request())
        await asgi_answer(background, request())

    asyncio.run(both())
    assert done == ["background", "background"]


def test_after_the_answer_the_client_is_gone() -> None:
    seen: list[str] = []

    async def listening(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await hello(scope, receive, send)
        seen.append((await receive())["type"])

    ask(listening)
    assert seen == ["http.disconnect"]


def test_an_answer_that_is_begun_twice_is_refused_as_servers_refuse_it() -> None:
    async def twice(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        await hello(scope, receive, send)

    exchange = asyncio.run(asgi_exchange(twice, request()))
    assert isinstance(exchange.exception, RuntimeError)
    assert isinstance(exchange.response, WireResponse)
    assert exchange.response.status == 200


def test_requests_do_not_share_context_variables() -> None:
    from contextvars import ContextVar

    seen: list[str] = []
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(variable.get())
        variable.set("set")
        await hello(scope, receive, send)

    with asgi_send(app) as send:
        send(request())
        send(request())
    assert seen == ["unset", "unset"]
