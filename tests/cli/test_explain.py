"""`corsense explain` on the command line."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import jsonschema
import pytest

from corsense.report.document import ExplainDocument
from tests.check.live import serving
from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER

PREFLIGHT = (
    "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    "Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the "
    "requested resource."
)
FIREFOX = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
    "http://localhost:8000/api/users. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: {status}."
)


def causes(text: str, *options: str) -> list[tuple[str, str]]:
    document = corsense("explain", text, "--format", "json", *options).document
    return [(found["slug"], found["likelihood"]) for message in document["messages"] for found in message["causes"]]


def test_a_message_is_read_and_its_causes_are_reported_by_likelihood() -> None:
    ran = corsense("explain", PREFLIGHT, "--format", "json")
    assert ran.status == 1
    (message,) = ran.document["messages"]
    assert (message["engine"], message["error"]) == ("chromium", "PreflightMissingAllowOriginHeader")
    assert (message["url"], message["origin"]) == ("http://localhost:8000/api/users", "http://localhost:3000")
    assert message["is_cors"]
    assert message["causes"][0]["slug"] == "missing-cors-middleware"
    assert 'allow_origins=["http://localhost:3000"]' in message["causes"][0]["fix"]


def test_a_text_alone_and_one_among_options_are_explained_alike(tmp_path: Path) -> None:
    pasted = tmp_path / "console.txt"
    pasted.write_text(PREFLIGHT, encoding="utf-8")
    assert corsense("explain", PREFLIGHT).out == corsense("explain", "--file", str(pasted)).out
    alone = corsense("explain", "--format", "json", PREFLIGHT).document
    assert alone == corsense("explain", PREFLIGHT, "--format=json").document
    jsonschema.validate(alone, ExplainDocument.json_schema())
    assert alone["messages"][0]["engine"] == "chromium"


@pytest.mark.parametrize(
    ("status", "first"),
    [(500, "unhandled-exception"), (401, "cors-not-outermost"), (307, "redirect-slashes"), (200, "missing-cors-middleware")],
)
def test_the_status_decides_what_comes_first(status: int, first: str) -> None:
    assert causes(FIREFOX.format(status=status))[0][0] == first


def test_the_status_of_the_network_line_counts_for_the_message_beside_it() -> None:
    text = PREFLIGHT.replace("Response to preflight request doesn't pass access control check: ", "")
    beside = "GET http://localhost:8000/api/users net::ERR_FAILED 500 (Internal Server Error)"
    assert causes(f"{text}\n{beside}")[0] == ("unhandled-exception", "likely")


def test_a_reason_with_one_cause_is_certain() -> None:
    text = (
        "Access to XMLHttpRequest at 'http://a.test/' from origin 'http://b.test' has been blocked by CORS policy: "
        "Request header field x-token is not allowed by Access-Control-Allow-Headers in preflight response."
    )
    assert causes(text) == [("header-not-allowed", "certain")]


def test_a_mismatch_is_compared_with_the_page() -> None:
    text = (
        "Access to fetch at 'http://a.test/' from origin 'http://localhost:3000' has been blocked by CORS policy: The "
        "'Access-Control-Allow-Origin' header has a value 'http://localhost:3000/' that is not equal to the supplied origin."
    )
    assert causes(text)[0] == ("origin-trailing-slash", "certain")


def test_a_server_that_is_down_is_not_called_cors() -> None:
    assert causes("GET http://localhost:8000/ net::ERR_CONNECTION_REFUSED") == [("server-unreachable", "certain")]


def test_text_is_taken_from_standard_input_and_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "console.txt").write_text(PREFLIGHT, encoding="utf-8")
    piped = corsense("explain", text=PREFLIGHT)
    filed = corsense("explain", "--file", "console.txt", folder=tmp_path)
    assert piped.status == filed.status == 1
    assert piped.out == filed.out
    assert "CORS101 missing-cors-middleware" in piped.out


def test_what_is_no_message_is_reported_as_unknown_with_where_to_look() -> None:
    ran = corsense("explain", "my cat walked over the keyboard")
    assert ran.status == 2
    assert ran.out == ""
    assert "Firefox" in ran.err
    assert ran.err.splitlines()[-1].startswith("corsense: no message")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--file", "nowhere.txt"], "nowhere.txt"),
        (["x", "--file", "y"], "--file"),
        ([PREFLIGHT, "--app", "nowhere:app"], "nowhere"),
    ],
)
def test_bad_input_gets_one_sentence(tmp_path: Path, arguments: list[str], named: str) -> None:
    ran = corsense("explain", *arguments, folder=tmp_path)
    assert ran.status == 2
    assert named in ran.err
    assert "Traceback" not in ran.err


def test_with_the_app_at_hand_the_cause_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        textwrap.dedent("""
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000/"], allow_methods=["*"])


            @app.put("/api/users")
            def change() -> None: ...
        """),
        encoding="utf-8",
    )
    ran = corsense("explain", PREFLIGHT, "--app", "main:app", folder=tmp_path)
    assert "the cause is CORS201 origin-trailing-slash" in ran.out
    document = corsense("explain", PREFLIGHT, "--app", "main:app", "--format", "json", folder=tmp_path).document
    assert [finding["slug"] for finding in document["check"]["findings"] if finding["severity"] == "error"] == [
        "origin-trailing-slash"
    ]


def test_with_the_server_at_hand_the_cause_is_named() -> None:
    with serving(FOLDER / "broken" / "no-cors-middleware") as url:
        ran = corsense("explain", PREFLIGHT.replace("http://localhost:8000", url), "--url", url)
    assert "the cause is CORS101 missing-cors-middleware" in ran.out


def test_the_server_that_is_named_is_asked_and_not_the_one_of_the_message() -> None:
    with serving(FOLDER / "broken" / "no-cors-middleware") as url:
        ran = corsense("explain", PREFLIGHT.replace("http://localhost:8000", "http://localhost:9"), "--url", url)
    assert "the cause is CORS101 missing-cors-middleware" in ran.out
    assert url in ran.out


def test_the_answer_to_one_event_fits_fifteen_lines_and_verbose_has_the_rest() -> None:
    event = (
        f"{PREFLIGHT}\nPOST http://localhost:8000/api/users net::ERR_FAILED\nUncaught (in promise) TypeError: Failed to fetch\n"
        "    at save (app.js:12:5)"
    )
    short_patterns, verbose = (corsense("explain", *options, text=event) for options in ((), ("--verbose",)))
    assert len(short_patterns.out.splitlines()) <= 15
    assert "2 more lines" in short_patterns.out
    assert verbose.out.count("read as") == 3
    assert len(verbose.out.splitlines()) > 30


def test_what_blocks_nothing_of_the_call_is_not_its_cause(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        textwrap.dedent("""
            from fastapi import FastAPI
            from fastapi.middleware.cors import CORSMiddleware

            app = FastAPI()
            origins = ["http://localhost:3000", "http://app.example.com"]
            app.add_middleware(
                CORSMiddleware, allow_origins=origins, allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
            )


            @app.post("/api/users")
            def create() -> None: ...
        """),
        encoding="utf-8",
    )
    ran = corsense("explain", PREFLIGHT, "--app", "main:app", folder=tmp_path)
    assert "CORS306" not in ran.out
    assert "this call is allowed" in ran.out
    assert "--run-endpoints" in ran.out
    elsewhere = corsense("explain", PREFLIGHT.replace("8000/api/users", "8080/token"), "--app", "main:app", folder=tmp_path)
    assert "the message is about http://localhost:8080" in elsewhere.out


def test_the_catalogue_of_messages_can_be_listed() -> None:
    rows = json.loads(corsense("explain", "--list", "--format", "json").out)
    assert len(rows) > 240
    assert {"product", "code", "category", "error", "text", "condition"} == set(rows[0])
    assert "has been blocked by CORS policy" in corsense("explain", "--list").out


def test_a_terminal_is_not_written_to_by_what_is_explained() -> None:
    ran = corsense("explain", PREFLIGHT.replace("users", "\x1b[31musers\x07"))
    assert "\x1b[31m" not in ran.out
    assert "\x07" not in ran.out


def test_the_document_follows_its_schema() -> None:
    schema = corsense("schema", "explain").document
    document = corsense("explain", PREFLIGHT, "--format", "json").document
    assert set(document) == set(schema["required"]) | {"schema"}
