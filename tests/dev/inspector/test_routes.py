"""What is served at `/__corsense__`: the page, the event stream, the details of a call, the exports, what changes something."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from corsense.dev.inspector.access import TOKEN_HEADER
from corsense.dev.inspector.events import MOST_STREAMS
from corsense.dev.inspector.inspector import Inspector
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.dev.inspector.routes import Page
from corsense.dev.inspector.session import Session, Shown
from corsense.errors import InputError
from corsense.fetch.wire import Headers, WireRequest, WireResponse
from corsense.finding import Edit, Fix
from corsense.transports.har import HarEntry
from tests.dev.inspector import asgi
from tests.dev.inspector.asgi import PAGE
from tests.dev.inspector.test_session import Watched

OWN = {"origin": "http://localhost:8000", "sec-fetch-site": "same-origin"}


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"access-control-allow-origin", b"*")]})
    await send({"type": "http.response.body", "body": b"the app"})


def request(
    url: str = "http://localhost:8000/items", *, method: str, headers: Headers = (), response: WireResponse | None = None
) -> RecordedExchange:
    sent = WireRequest(method, url, (("Origin", PAGE), *headers))
    return RecordedExchange(HarEntry(sent, response or WireResponse(200), PAGE, "fetch"), 0.0, 0.001)


def _has_more(before: int, calls: list[Shown]) -> bool:
    return len(calls) > before and calls[-1].cause is not None


@dataclass
class Served:
    """A session with its page around an app."""

    watched: Watched = field(default_factory=Watched)
    applied: list[int] = field(default_factory=list)
    problem: str = ""

    def __post_init__(self) -> None:
        self.page = Page(self.session, apply=self._apply, recording=lambda _: '{"log": {}}', tests=lambda _: "def test(): ...")
        self.inspector = Inspector(app, self.session, self.page)

    @property
    def session(self) -> Session:
        return self.watched.session

    def _apply(self, session: Session, number: int) -> str:
        if self.problem:
            raise InputError(self.problem)
        self.applied.append(number)
        return "main.py is changed."

    def note(self, *exchanges: RecordedExchange) -> None:
        """Have exchanges judged and explained, one after the other."""
        for exchange in exchanges:
            before = len(self.session.shown()[1])
            self.session.note(exchange)
            self.watched.when(partial(_has_more, before))

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", **more: Any) -> Answer:
        return asyncio.run(self.answer(asgi.scope(method, f"/__corsense__{path}", headers or {}, **more), body))

    async def answer(self, scope: dict[str, Any], body: bytes = b"") -> Answer:
        start, *rest = await asgi.send(self.inspector, scope, body)
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert len(headers) == len(start["headers"])
        return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in rest).decode())

    def act(self, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        return self.ask("POST", path, {**OWN, TOKEN_HEADER: self.token, **(headers or {})}, body)

    @property
    def token(self) -> str:
        """The token, as the page gets it."""

        async def first() -> str:
            async with streaming(self) as stream:
                return str((await stream.event("hello"))["token"])

        return asyncio.run(first())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def problem(self) -> str:
        return str(json.loads(self.body)["problem"])

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class Stream:
    """An event stream as a browser reads it."""

    pieces: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    start: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    last_id: str = ""
    is_over: bool = False

    async def event(self, wanted: str) -> Any:
        """The data of the next event with this name."""
        while True:
            while "\n\n" not in self.text:
                self.text += await asyncio.wait_for(self.pieces.get(), 30.0)
            block, self.text = self.text.split("\n\n", 1)
            lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            self.last_id = lines.get("id", self.last_id)
            if lines.get("event") == wanted:
                return json.loads(lines["data"])


@asynccontextmanager
async def streaming(served: Served, last_id: str = "", after: str = "") -> AsyncIterator[Stream]:
    """An open event stream; its browser is gone at the end."""
    stream, gone = Stream(), asyncio.Event()
    headers = {"accept": "text/event-stream", **({"last-event-id": last_id} if last_id else {})}
    scope = asgi.scope("GET", f"/__corsense__/events{f'?after={after}' if after else ''}", headers)

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            stream.start = message
        elif message.get("body"):
            stream.pieces.put_nowait(message["body"].decode())

    task = asyncio.create_task(served.inspector(scope, receive, send))
    task.add_done_callback(lambda _: setattr(stream, "is_over", True))
    try:
        yield stream
    finally:
        gone.set()
        await asyncio.wait_for(task, 30.0)


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A server that says when it stops, as uvicorn does: its method handles the signals."""

    class Server:
        should_exit = False

        def handle_exit(self, *_: object) -> None: ...

    server = Server()
    monkeypatch.setattr(signal, "getsignal", lambda number: server.handle_exit)
    return server  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/inspector.js", "text/javascript; charset=utf-8"),
        ("/inspector.css", "text/css; charset=utf-8"),
        ("/report.css", "text/css; charset=utf-8"),
        ("/session.har", "application/json"),
        ("/test_cors.py", "text/x-python; charset=utf-8"),
    ],
)
def test_everything_is_sealed_against_other_origins(served: Served, path: str, kind: str) -> None:
    answer = served.ask("GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert int(answer.headers["content-length"]) == len(answer.body.encode()) > 0
    assert_sealed(answer)
    head = served.ask("HEAD", path)
    assert (head.status, head.headers, head.body) == (200, answer.headers, "")


def assert_sealed(answer: Answer) -> None:
    headers = answer.headers
    assert not any(name.startswith("access-control-") for name in headers)
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    directives = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(directives)
    assert "unsafe" not in headers["content-security-policy"]


def test_the_address_without_a_slash_leads_to_the_page_below_any_prefix(served: Served) -> None:
    answer = served.ask("GET", "")
    assert (answer.status, answer.headers["location"]) == (307, "__corsense__/")
    assert_sealed(answer)
    prefixed = asgi.scope("GET", "/api/v1/__corsense__/inspector.js", root_path="/api/v1")
    assert "EventSource" in asyncio.run(served.answer(prefixed)).body


def test_the_page_names_nothing_outside_of_itself(served: Served) -> None:
    page = served.ask("GET", "/").body
    assert "://" not in page
    assert "style=" not in page
    assert " on" not in page.replace(" once", "").replace(" one", "").split("<body")[0]


@pytest.mark.parametrize(
    "path",
    [
        *("/nothing", "/events/1", "/calls", "/calls/", "/calls/x", "/calls/-1", "/calls/1/2", "/calls/²", "/calls/1234567890"),
        *("//events", "/../x", "/index.html", "/page/inspector.js", "/inspector.js/", "/fixes"),
    ],
)
def test_other_addresses_hold_nothing(served: Served, path: str) -> None:
    answer = served.ask("GET", path)
    assert answer.status in (404, 405)
    assert answer.problem
    assert_sealed(answer)


def test_everything_else_is_the_app_and_is_not_sealed(served: Served) -> None:
    for path in ("/", "/__corsense__x", "/x/__corsense__/"):
        start, body = asgi.ask(served.inspector, "GET", path)
        assert (start["headers"], body["body"]) == ([(b"access-control-allow-origin", b"*")], b"the app")


@pytest.mark.parametrize(
    "path", ["", "/", "/inspector.js", "/events", "/calls/1", "/session.har", "/test_cors.py", "/fixes/1", "/clear", "/nothing"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE"])
def test_no_other_page_or_machine_gets_anything_but_one_sentence(served: Served, method: str, path: str) -> None:
    for headers, client in (
        ({"origin": "http://localhost:3000", "access-control-request-method": "POST"}, "127.0.0.1"),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, "127.0.0.1"),
        ({}, "192.168.1.7"),
        ({"x-forwarded-for": "203.0.113.9"}, "127.0.0.1"),
    ):
        answer = served.ask(method, path, headers, client=(client, 1))
        assert answer.status == 403
        assert_sealed(answer)
        assert answer.body.count("\n") <= 1
        assert "token" not in answer.body.lower()
    assert served.applied == []


def test_the_page_is_refused_in_plain_text_and_data_as_a_problem(served: Served) -> None:
    other = {"origin": "http://localhost:3000"}
    sentence = "The inspector answers only its own page, and a page of the origin 'http://localhost:3000' sent the request."
    assert served.ask("GET", "/", other).body == f"{sentence}\n"
    assert served.ask("GET", "/calls/1", other).problem == sentence


def test_a_call_is_given_with_its_verdict_its_ladder_its_cause_and_its_console(served: Served) -> None:
    served.note(request(method="GET"))
    call = served.ask("GET", "/calls/1").data
    assert (call["number"], call["method"], call["verdict"], call["sign"]) == (1, "GET", "blocked", "✗")
    assert call["page"] == PAGE
    assert call["said"].startswith("Chromium keeps the response from the page's script, which gets a TypeError.")
    assert call["error"] == "MissingAllowOriginHeader"
    assert call["ladder"].startswith('<div class="ladder-scroll"')
    assert "No &#x27;Access-Control-Allow-Origin&#x27; header is present" in call["console"]
    assert "missing-cors-middleware" in call["card"]
    assert call["applied"] is None
    assert served.ask("GET", "/calls/2").problem == "The call 2 is no longer kept."


def test_a_fix_is_drawn_with_its_number_and_what_became_of_it(served: Served) -> None:
    edit = Edit("main.py", "app = FastAPI()\n", "app = FastAPI()\napp.add_middleware(CORSMiddleware)\n")
    served.watched.explain = fixed_by(Fix("Add the CORS middleware", (edit,), verified=True), (edit,))
    served.note(request(method="GET"))
    call = served.ask("GET", "/calls/1").data
    assert call["number_of_fix"] == 1
    assert '<span class="added">+app.add_middleware(CORSMiddleware)' in call["fix"]
    served.session.mark(1, "main.py is changed.")
    assert served.ask("GET", "/calls/1").data["applied"] == "main.py is changed."


def test_a_fix_without_proven_edits_has_no_button(served: Served) -> None:
    edit = Edit("main.py", "a\n", "b\n")
    served.watched.explain = fixed_by(Fix("Try this", (edit,), verified=False))
    served.note(request(method="GET"))
    call = served.ask("GET", "/calls/1").data
    assert call["number_of_fix"] is None
    assert "the same request still does not pass" in call["fix"]


def test_what_the_button_writes_is_drawn_where_it_is_more_than_the_fix_of_the_cause(served: Served) -> None:
    served.watched.explain = fixed_by(
        Fix("Allow the origin", (Edit("main.py", "a\nb\n", "A\nb\n"),), verified=True), (Edit("main.py", "a\nb\n", "A\nB\n"),)
    )
    served.note(request(method="GET"))
    call = served.ask("GET", "/calls/1").data
    assert call["number_of_fix"] == 1
    assert '<span class="added">+B' in call["fix"]


def fixed_by(fix: Fix, edits: tuple[Edit, ...] = ()) -> Callable[..., Any]:
    from corsense.dev.inspector.session import Explanation

    def explain(judged: Any, number: int) -> Explanation:
        first, *others = judged.report.findings
        return Explanation(number, replace(judged.report, findings=(replace(first, fix=fix), *others)), 0, edits=edits)

    return explain


SECRETS = ("hunter2hunter2", "s3cr3t-cookie-value", "eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh", "tok_9f8e7d6c5b4a39281706")


def test_no_secret_is_served(served: Served) -> None:
    served.note(
        request(
            f"http://localhost:8000/api/{SECRETS[3]}/users?password={SECRETS[0]}",
            method="GET",
            headers=(("Authorization", f"Bearer {SECRETS[2]}"), ("Cookie", f"sid={SECRETS[1]}")),
            response=WireResponse(200, (("Set-Cookie", f"sid={SECRETS[1]}; Path=/"), ("X-Token", SECRETS[2]))),
        )
    )

    async def events() -> str:
        async with streaming(served) as stream:
            return json.dumps(await stream.event("calls"))

    texts = [asyncio.run(events()), served.ask("GET", "/calls/1").body]
    for secret in SECRETS:
        assert not any(secret in text for text in texts)
    assert "password=redacted" in texts[0]


def test_what_the_app_answers_and_a_page_sends_stays_text(served: Served) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    served.note(
        request(
            "http://localhost:8000/api/%3Cimg%20src=x%3E",
            method="GET",
            response=WireResponse(200, (("Access-Control-Allow-Origin", hostile), ("Location", hostile))),
        )
    )
    call = served.ask("GET", "/calls/1").data
    for part in ("ladder", "console", "card", "again", "fix"):
        assert "<img" not in (call[part] or "")
    assert "&lt;img src=x onerror=alert(1)&gt;" in call["ladder"]


def test_the_stream_begins_with_a_token_and_everything_there_is(served: Served) -> None:
    served.note(request(method="GET"), request(method="DELETE"))

    async def read() -> None:
        async with streaming(served) as stream:
            hello = await stream.event("hello")
            assert (hello["target"], hello["again"], len(hello["token"]) > 40) == ("main:app", False, True)
            news = await stream.event("calls")
            assert (news["oldest"], [call["number"] for call in news["calls"]]) == (1, [1, 2])
            kind = dict(stream.start["headers"])
            assert kind[b"content-type"] == b"text/event-stream; charset=utf-8"
            assert kind[b"cross-origin-resource-policy"] == b"same-origin"

    asyncio.run(read())


@pytest.mark.usefixtures("stopping")
def test_what_happens_is_sent_as_it_happens_and_what_is_cleared_is_gone(served: Served) -> None:
    async def read() -> None:
        async with streaming(served) as stream:
            assert await stream.event("calls") == {"oldest": None, "calls": []}
            served.session.note(request(method="GET"))
            news = await stream.event("calls")
            while news["calls"][0]["title"] is None:
                news = await stream.event("calls")
            assert [(call["number"], call["verdict"]) for call in news["calls"]] == [(1, "blocked")]
            served.watched.when(lambda calls: calls[0].cause)
            served.session.clear()
            while news["oldest"] is not None:
                news = await stream.event("calls")
            assert news["calls"] == []

    asyncio.run(read())


@pytest.mark.parametrize("by", ["last_id", "after"])
def test_a_browser_that_connects_again_gets_only_news(served: Served, by: str) -> None:
    served.note(request(method="GET"))

    async def read() -> None:
        async with streaming(served) as stream:
            await stream.event("calls")
        await asyncio.to_thread(served.note, request(method="DELETE"))
        async with streaming(served, **{by: stream.last_id}) as again:
            assert (await again.event("hello"))["again"] is True
            assert [call["number"] for call in (await again.event("calls"))["calls"]] == [2]

    asyncio.run(read())


@pytest.mark.parametrize("last_id", ["another-1", "1", "-", "x-y", "é", "0" * 5000])
def test_a_browser_of_another_run_gets_everything_anew(served: Served, last_id: str) -> None:
    served.note(request(method="GET"))
    run = Served(served.watched)

    async def read() -> str:
        async with streaming(served) as stream:
            await stream.event("calls")
        for other in (last_id, stream.last_id):
            async with streaming(run, last_id=other) as stream:
                assert (await stream.event("hello"))["again"] is False
                assert len((await stream.event("calls"))["calls"]) == 1
        return stream.last_id

    asyncio.run(read())


def test_so_many_streams_are_open_at_most_and_each_that_ends_makes_room(served: Served) -> None:
    async def read() -> None:
        async with streaming(served) as first:
            await first.event("hello")
            async with streaming(served) as second, streaming(served) as third, streaming(served) as fourth:
                for stream in (second, third, fourth):
                    await stream.event("hello")
                full = await served.answer(asgi.scope("GET", "/__corsense__/events"))
                assert full.status == 503
                assert full.problem == f"The inspector is open in {MOST_STREAMS} tabs already; close one of them."
            async with streaming(served) as stream:
                await stream.event("hello")

    asyncio.run(read())


def test_the_stream_ends_when_the_server_stops(served: Served, stopping: SimpleNamespace) -> None:
    async def read() -> None:
        async with streaming(served) as stream:
            await stream.event("calls")
            assert not stream.is_over
            stopping.should_exit = True
            await asyncio.wait_for(until(lambda: stream.is_over), 30.0)

    asyncio.run(read())


def test_under_a_server_that_does_not_say_when_it_stops_streams_are_short(served: Served) -> None:
    async def read() -> None:
        async with streaming(served) as stream:
            await stream.event("calls")
            await asyncio.wait_for(until(lambda: stream.is_over), 30.0)

    asyncio.run(read())


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


def test_a_browser_that_does_not_read_is_dropped(served: Served) -> None:
    async def read() -> None:
        async def never(message: Any) -> None:
            if message["type"] == "http.response.body" and message.get("more_body"):
                await asyncio.Event().wait()

        async def receive() -> Any:
            await asyncio.Event().wait()

        await asyncio.wait_for(served.inspector(asgi.scope("GET", "/__corsense__/events"), receive, never), 30.0)

    asyncio.run(read())
    assert not served.page._streams.are_full


def test_the_page_applies_a_fix_with_its_token(served: Served) -> None:
    answer = served.act("/fixes/3")
    assert (answer.status, answer.data, served.applied) == (200, {"done": "main.py is changed."}, [3])
    assert_sealed(answer)


def test_a_fix_that_cannot_be_applied_says_why(served: Served) -> None:
    served.problem = "main.py has changed since; make the request again."
    answer = served.act("/fixes/3")
    assert (answer.status, answer.problem) == (409, served.problem)


def test_the_page_clears_the_list_with_its_token(served: Served) -> None:
    served.note(request(method="GET"))
    assert served.act("/clear").data == {"done": "The list is empty."}
    assert served.session.shown()[1] == []


@pytest.mark.parametrize("missing", ["origin", TOKEN_HEADER])
@pytest.mark.parametrize("path", ["/fixes/1", "/clear"])
def test_nothing_is_changed_without_origin_and_token(served: Served, path: str, missing: str) -> None:
    served.note(request(method="GET"))
    headers = {**OWN, TOKEN_HEADER: served.token}
    del headers[missing]
    assert served.ask("POST", path, headers).status == 403
    assert served.ask("POST", path, {**OWN, TOKEN_HEADER: Served().token}).status == 403
    assert served.applied == []
    assert len(served.session.shown()[1]) == 1


def test_a_large_body_is_refused_before_it_is_read(served: Served) -> None:
    for path in ("/fixes/1", "/clear"):
        answer = served.act(path, body=b"x" * 1_025)
        assert (answer.status, answer.problem) == (413, "The body of the request has more than 1,024 bytes.")
    assert served.applied == []
    assert served.act("/clear", body=b"x" * 1_024).status == 200


def test_an_address_takes_its_own_methods_only(served: Served) -> None:
    read = served.ask("GET", "/clear")
    assert (read.status, read.headers["allow"]) == (405, "POST")
    written = served.act("/inspector.js")
    assert (written.status, written.headers["allow"]) == (405, "GET, HEAD")


def test_an_export_is_a_download(served: Served) -> None:
    answer = served.ask("GET", "/session.har")
    assert answer.headers["content-disposition"] == 'attachment; filename="session.har"'
    assert answer.body == '{"log": {}}'
    assert served.ask("GET", "/test_cors.py").headers["content-disposition"] == 'attachment; filename="test_cors.py"'
