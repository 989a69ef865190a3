"""Apps that do what no app should: it is attributed to them, in one sentence, and nothing of it reaches the process that asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corsense.app import AppDescription, AppLoadError, AppSession, AppStoppedError, ExchangeFacts, LayerInfo, Probe
from corsense.app.agent.channel import Channel, Closed, Garbled
from corsense.app.decoding import Answers, Decoder, MessageError
from corsense.app.fetching import Fetches
from corsense.fetch import FetchRequest, WireResponse
from tests.app.conftest import OpenApp, write_files

APP = """
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/items")
def items():
    return []

"""
WRITES = """
for number in range(3, 1024):
    try:
        os.write(number, {data})
    except OSError:
        pass
"""
ORIGIN = "http://localhost:3000"
DESCRIPTORS = "Look for os.write, os.close, os.closerange and os.dup2"


def ask(session: AppSession, path: str = "/items", **options: bool) -> WireResponse:
    (result,) = session.run([Probe(FetchRequest(f"http://localhost:8000{path}", ORIGIN))], **options)  # type: ignore[arg-type]
    response = result.trace.response
    assert response is not None
    return response


def middleware(body: str) -> str:
    """An app with a middleware of these lines."""
    lines = "\n".join(f"            {line}" for line in body.splitlines())
    return f"""{APP}
import os


class Hostile:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
{lines}
        await self.app(scope, receive, send)


app.add_middleware(Hostile)
"""


@pytest.mark.parametrize(
    "source",
    [
        APP + "import os\n" + WRITES.format(data="b'x' * 50"),
        middleware(WRITES.format(data="b'\\0csf' + b'\\xff' * 20")),
    ],
    ids=["while it is imported", "while it answers"],
)
def test_an_app_that_writes_to_foreign_descriptors_is_named(open_app: OpenApp, source: str) -> None:
    session = open_app(source)
    with pytest.raises(AppStoppedError) as caught:
        ask(session)
    assert caught.value.message.startswith("The app wrote to a file descriptor that is not its own")
    assert DESCRIPTORS in str(caught.value.remedy)


@pytest.mark.parametrize(
    "source",
    [
        APP + "import os\nos.closerange(3, 4096)\n",
        middleware("os.closerange(3, 4096)"),
        middleware("target = os.open(os.devnull, os.O_WRONLY)\nfor number in range(3, 300):\n    os.dup2(target, number)"),
    ],
    ids=["closed while it is imported", "closed while it answers", "put in its place"],
)
def test_an_app_that_closes_foreign_descriptors_is_named(open_app: OpenApp, source: str) -> None:
    session = open_app(source)
    with pytest.raises(AppStoppedError) as caught:
        ask(session)
    assert "closed a file descriptor that is not its own, or put another file in its place" in caught.value.message
    assert DESCRIPTORS in str(caught.value.remedy)


def test_nothing_is_written_to_a_file_that_took_the_place_of_the_pipe(open_app: OpenApp, tmp_path: Path) -> None:
    source = middleware(
        "target = os.open('victim', os.O_WRONLY | os.O_CREAT)\nfor number in range(3, 300):\n    os.dup2(target, number)"
    )
    session = open_app(source)
    with pytest.raises(AppStoppedError):
        ask(session)
    assert (tmp_path / "victim").read_bytes() == b""


@pytest.mark.parametrize(
    ("start", "message_text"),
    [
        ({"status": 200, "headers": [("x-a", "b")]}, "TypeError: The app sent the header 'x-a' as str; ASGI requires bytes."),
        ({"status": 200, "headers": [(b"x-a", "b")]}, "TypeError: The app sent the header b'x-a' as str; ASGI requires bytes."),
        (
            {"status": 200, "headers": [(b"x-a", None)]},
            "TypeError: The app sent the header b'x-a' as NoneType; ASGI requires bytes.",
        ),
        ({"status": "200", "headers": []}, "TypeError: The app sent the status '200'; ASGI requires an int."),
        ({"status": 20, "headers": []}, "ValueError: The app sent the status 20; HTTP has three digits."),
        (
            {"status": 200, "headers": [(b"x a", b"b")]},
            "ValueError: The app sent a header with the name b'x a', which is not a valid header name.",
        ),
        (
            {"status": 200, "headers": [(b"x-a", b"b\r\nset-cookie: a=b")]},
            "ValueError: The app sent the header b'x-a' with a line break or a null byte in its value.",
        ),
        (
            {"status": 200, "headers": [(b"x-a", b"b" * 300_000)]},
            "ValueError: The app sent more than 262,144 bytes of headers, more than browsers take.",
        ),
    ],
)
def test_what_no_server_can_send_is_a_crash_of_the_app_where_it_sends_it(
    open_app: OpenApp, start: dict[str, object], message_text: str
) -> None:
    session = open_app(
        f"async def app(scope, receive, send):\n    await send({{'type': 'http.response.start', **{start!r}}})\n", "main:app"
    )
    (result,) = session.run([Probe(FetchRequest("http://localhost:8000/", ORIGIN))])
    (facts,) = result.exchanges
    assert facts.answered_by == "server"
    assert facts.exception is not None
    assert facts.exception.summary == message_text
    assert facts.exception.user_frame is not None
    assert facts.exception.user_frame.line == 2


def test_headers_as_servers_take_them_pass(open_app: OpenApp) -> None:
    session = open_app(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': ((bytearray(b'x-a'), memoryview(b'b')),)})\n"
        "    await send({'type': 'http.response.body', 'body': memoryview(b'hi')})\n",
        "main:app",
    )
    assert ask(session) == WireResponse(200, (("x-a", "b"),))


def test_a_gigabyte_of_prints_is_cut_and_attributed_to_the_app(tmp_path: Path) -> None:
    write_files(tmp_path, APP + "line = 'x' * 999_999\nfor _ in range(1_000):\n    print(line)\n")
    code = (
        "from corsense.app import AppSession\n"
        "with AppSession.start('main:app', time_limit=300) as session:\n    print(session.description.kind)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == b"fastapi\n"
    assert len(done.stderr) < 1_100_000
    assert done.stderr.endswith(b"\ncorsense: the app has printed more than 1,048,576 bytes; the rest is left out.\n")


def test_what_an_app_prints_when_it_dies_comes_before_the_message_about_it(tmp_path: Path) -> None:
    write_files(tmp_path, "import os, sys\nprint('out')\nprint('err', file=sys.stderr)\nos.abort()\n")
    code = (
        "import sys\nfrom corsense.app import AppSession, AppLoadError\ntry:\n    AppSession.start('main:app').description\n"
        "except AppLoadError as error:\n    print(error, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True, text=True)
    assert done.stderr.startswith("out\nerr\n")
    assert done.stderr.endswith("The process that imported 'main' ended unexpectedly: signal SIGABRT.\n")


def test_an_exception_that_cannot_be_printed_is_reported_by_its_type(open_app: OpenApp) -> None:
    source = middleware("raise Unprintable") + (
        "\n\nclass Unprintable(Exception):\n    def __str__(self):\n        raise SystemExit('no')\n\n    __repr__ = __str__\n"
    )
    (result,) = open_app(source).run([Probe(FetchRequest("http://localhost:8000/items", ORIGIN))])
    (facts,) = result.exchanges
    assert facts.exception is not None
    assert "Unprintable" in facts.exception.summary


def test_a_task_of_the_app_that_exits_ends_it(open_app: OpenApp) -> None:
    source = middleware(
        "import asyncio, sys\nasync def leave():\n    sys.exit(7)\nasyncio.ensure_future(leave())\nawait asyncio.sleep(5)"
    )
    with pytest.raises(AppStoppedError, match=r"The process of the app ended unexpectedly: exit status 7\."):
        ask(open_app(source))


def test_modules_of_neither_side_are_seen_by_the_other(open_app: OpenApp) -> None:
    shadows = {
        f"{name}.py": "raise RuntimeError('imported')\n" for name in ("corsense", "channel", "describe", "ada_url", "answers")
    }
    source = f"""{APP}
import sys
leaked = sorted(name for name in sys.modules if name.partition('.')[0] in ('corsense', 'ada_url', 'typer', 'publicsuffixlist'))
assert not leaked, leaked
assert not any(path.endswith('agent') for path in sys.path), sys.path
"""
    assert ask(open_app({"main.py": source, **shadows})).status == 200


def test_an_app_with_modules_named_like_the_standard_librarys_is_imported_after_ours(open_app: OpenApp) -> None:
    """The working directory is no place that the agent imports from, also where Python has no -P."""
    source = "import queue\nassert queue.MINE\n" + APP
    with pytest.raises(AppLoadError):
        # The standard library's module was there before: as with `python -c`, the app's own is not found in its place.
        _ = open_app({"main.py": source, "queue.py": "MINE = True\n", "zlib.py": "raise RuntimeError\n"}).description


# The frames.


def pipe() -> tuple[Channel, int]:
    """A channel that reads what is written to a descriptor."""
    reader, writer = os.pipe()
    return Channel(reader, os.dup(writer)), writer


@pytest.mark.parametrize(
    ("data", "message_text"),
    [
        (b"x" * 50, "does not begin as it should"),
        (b"\x00csf" + b"\xff" * 8, "4,294,967,295 bytes is announced"),
        (b"\x00csf" + (2).to_bytes(4, "big") + b"\0\0\0\0" + b"{}", "checksum"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, message_text: str) -> None:
    channel, writer = pipe()
    os.write(writer, data)
    with pytest.raises(Garbled, match=message_text):
        channel.receive()
    os.close(writer)
    channel.close()


@pytest.mark.parametrize("text", [b"[1]", b"nonsense", b"[" * 100_000, b'"\xff"', b'{"a": 1'])
def test_what_is_no_json_object_is_refused(text: bytes) -> None:
    import zlib

    channel, writer = pipe()
    with os.fdopen(writer, "wb", buffering=0) as stream:
        import threading

        frame = b"\x00csf" + len(text).to_bytes(4, "big") + zlib.crc32(text).to_bytes(4, "big") + text
        thread = threading.Thread(target=stream.write, args=(frame,))
        thread.start()
        with pytest.raises(Garbled, match="a frame is not"):
            channel.receive()
        thread.join()
    channel.close()


def test_values_come_back_as_they_were_sent() -> None:
    reader, writer = os.pipe()
    channel = Channel(reader, writer)
    message = {"text": "é\ud800\0", "number": 1 << 62, "list": [1.5, None, True]}
    channel.send(message)
    assert channel.receive() == message
    channel.close()
    with pytest.raises(Closed):
        channel.send(message)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"kind": ["loaded"]},
        {"kind": "unheard"},
        {"kind": "loaded"},
        {"kind": "loaded", "description": []},
        {"kind": "loaded", "description": {"target": 3}},
        {"kind": "answers", "responses": [[200]], "facts": [], "answers": []},
        {"kind": "answers", "responses": [[True, []]], "facts": [], "answers": []},
        {"kind": "answers", "responses": [[99999, []]], "facts": [], "answers": []},
        {"kind": "answers", "responses": [[200, [["a", 1]]]], "facts": [], "answers": []},
        {"kind": "answers", "responses": [], "facts": [["nobody", None, None, None, "", False, []]], "answers": []},
        {"kind": "answers", "responses": [], "facts": [], "answers": [[0]]},
        {"kind": "serving", "port": "80"},
        {"kind": "hello", "python": "3.9", "executable": "", "library": ""},
        {"kind": "done", "late": [{"place": None, "moment": "never", "observed": True}]},
    ],
)
def test_a_message_with_a_value_of_another_type_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        Decoder().decode(message)


@pytest.mark.parametrize(
    "facts",
    [
        ExchangeFacts(9),
        ExchangeFacts(-1),
        ExchangeFacts("endpoint", route=99),
        ExchangeFacts("endpoint", raised_by=9),
        ExchangeFacts("endpoint", passed=(0, 9)),
    ],
)
def test_an_answer_of_a_layer_or_a_route_that_does_not_exist_is_refused(facts: ExchangeFacts) -> None:
    app = AppDescription("main:app", "starlette", False, {}, layers=(LayerInfo(0, "CORSMiddleware", "starlette", 0),))
    fetches = Fetches(app, [Probe(FetchRequest("http://localhost:8000/", ORIGIN))], real=False, time_limit=1.0)
    with pytest.raises(MessageError, match="does not exist"):
        fetches.run(lambda requests: None, lambda: Answers((WireResponse(200),), (facts,), ((0, 0),)))


@pytest.mark.parametrize("numbers", [((0, 1),), ((-1, 0),), ((5, 0),), ((0, 0), (0, 0))])
def test_answers_that_do_not_fit_the_requests_are_refused(numbers: tuple[tuple[int, int], ...]) -> None:
    app = AppDescription("main:app", "starlette", False, {})
    fetches = Fetches(app, [Probe(FetchRequest("http://localhost:8000/", ORIGIN))], real=False, time_limit=1.0)
    with pytest.raises(MessageError):
        fetches.run(lambda requests: None, lambda: Answers((WireResponse(200),), (ExchangeFacts("endpoint"),), numbers))
