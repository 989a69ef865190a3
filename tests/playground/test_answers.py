from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.playground import answer
from corsense.playground.question import kind_of
from tests.playground.inputs import CONFIGURATIONS, POLICIES, ROOT, TOKEN, inputs, recordings, sources

RED_LINE = (
    "Access to fetch at 'http://localhost:8000/api' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    "No 'Access-Control-Allow-Origin' header is present on the requested resource."
)
CURL = (
    "curl 'http://localhost:8000/api/users' -H 'Origin: http://localhost:3000' -H 'Content-Type: application/json' "
    f"-H 'Authorization: Bearer {TOKEN}' --data-raw '{{\"name\":\"Ada\"}}'"
)
REFUSED = "HTTP/1.1 405 Method Not Allowed\nallow: POST\n"
GRANTED = (
    "HTTP/2 200\naccess-control-allow-origin: http://localhost:3000\n"
    "access-control-allow-headers: content-type,authorization\naccess-control-allow-methods: POST\n"
)
TAGS = frozenset(
    [
        "a",
        "b",
        "blockquote",
        "caption",
        "code",
        "dd",
        "desc",
        "details",
        "div",
        "dl",
        "dt",
        "h2",
        "h3",
        "h4",
        "h5",
        "li",
        "line",
        "mark",
        "ol",
        "p",
        "path",
        "polygon",
        "pre",
        "rect",
        "section",
        "span",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
IMPORT = "from fastapi.middleware.cors import CORSMiddleware"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "&lt;b&gt;",
)


def ask(**question: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer(json.dumps(question)))
    return found


def test_the_documents_are_what_the_commands_print(tmp_path: Path) -> None:
    for asked in inputs(tmp_path):
        if asked.name.endswith(".har"):
            found = ask(recording=str(tmp_path / asked.name))
        else:
            found = ask(text=asked.text, files=[list(pair) for pair in asked.files])
        assert "problem" not in found, (asked.name, found)
        assert tuple(found["printed"].values()) == asked.documents, asked.name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RED_LINE, "console"),
        (CURL, "request"),
        ("$ curl -i https://a.example", "request"),
        ("await fetch('https://a.example/x', {method: 'POST'})", "request"),
        ("const response = await axios.post('https://a.example', data)", "request"),
        (recordings()["allowed.har"], "recording"),
        (sources()["trailing-slash"], "source"),
        ("app.add_middleware(\n    CORSMiddleware,\n    allow_origins=['*'],", "source"),
        (f"# {RED_LINE}\nimport os\n", "source"),
        (f"app.add_middleware(CORSMiddleware, ...\n\n{RED_LINE}", "console"),
        (POLICIES[0][0], "policy"),
        (POLICIES[1][0], "policy"),
        ("Network Error", "console"),
        (CONFIGURATIONS["nginx.conf"], "configuration"),
        (CONFIGURATIONS["traefik.yaml"], "configuration"),
        (CONFIGURATIONS["haproxy.cfg"], "configuration"),
        ("add_header 'Access-Control-Allow-Origin' '*';", "configuration"),
        ("hello", "console"),
    ],
)
def test_what_was_pasted_is_recognised(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_a_policy_is_read_and_tried_with_an_origin() -> None:
    found = ask(text=POLICIES[0][0], origin="https://app.example.org")
    assert found["said"].startswith("'https://app.example.org' is refused: it is not listed")
    assert "MissingAllowOriginHeader" in found["drawing"]
    allowed = ask(text=POLICIES[0][0], origin="https://app.example.com")
    assert "Allowed: script can read the answer" in allowed["drawing"]
    assert json.loads(allowed["printed"]["corsense policy explain https://app.example.com --format json"])["allowed"] is True


def test_every_fault_of_a_policy_is_shown() -> None:
    found = ask(text='Policy(origins=["https://app.example.com/", "null"], credentials=True, metods=["GET"])')
    faults = json.loads(found["printed"]["corsense policy check --format json"])["faults"]
    assert {fault["slug"] for fault in faults} == {"origin-trailing-slash", "null-origin", "unknown-keyword"}
    assert all(fault["slug"] in found["drawing"] for fault in faults)


def test_a_policy_is_never_run() -> None:
    found = ask(text="Policy(origins=[__import__('os').environ['HOME']])")
    assert found["problem"].startswith("origins is \"__import__('os').environ['HOME']\", which is not written out")
    assert "written out" in ask(kind="policy", text="Policy(origins=settings.origins)")["problem"]


def test_a_copied_call_is_judged_by_the_pasted_headers() -> None:
    unanswered = ask(text=CURL)
    assert "Paste the headers" in unanswered["said"]
    assert "access-control-request-headers: authorization,content-type" in unanswered["drawing"].lower()

    refused = ask(text=CURL, preflight=REFUSED)
    assert "1 of 1 requests blocked" in refused["said"]
    assert "CORS101" in refused["drawing"]

    passed = ask(text=CURL, preflight=GRANTED, response="HTTP/2 200\naccess-control-allow-origin: http://localhost:3000")
    assert "Browsers let pages of http://localhost:3000 use it." in passed["said"]


def test_nothing_is_promised_about_an_answer_that_was_not_pasted() -> None:
    found = ask(text=CURL, response="HTTP/2 200\naccess-control-allow-origin: http://localhost:3000")
    assert "Nothing wrong found in what was tried" in found["said"]
    assert "preflight (OPTIONS) request were not pasted" in found["drawing"]
    half = ask(text=CURL, preflight=GRANTED)
    assert "Nothing wrong found in what was tried" in half["said"]
    assert "POST request to http://localhost:8000/api/users were not pasted" in half["drawing"]
    redirected = ask(
        text="curl 'http://localhost:8000/api' -H 'Origin: http://localhost:3000'",
        response="HTTP/1.1 307 Temporary Redirect\nlocation: http://localhost:8000/api/\naccess-control-allow-origin: *",
    )
    assert "Nothing wrong found in what was tried" in redirected["said"]
    assert "GET request to http://localhost:8000/api/ were not pasted" in redirected["drawing"]
    assert "CORS901" not in redirected["drawing"]
    refused = ask(text=CURL, preflight=REFUSED)
    assert "were not pasted" not in refused["drawing"]


def test_headers_are_read_as_panels_copy_them_and_as_curl_prints_them() -> None:
    in_two_lines = "access-control-allow-origin\nhttp://localhost:3000\ncontent-type\napplication/json"
    verbose = "* Connected\n> GET / HTTP/1.1\n< HTTP/1.1 200 OK\n< access-control-allow-origin: http://localhost:3000\n<"
    simple = "curl http://localhost:8000/api -H 'Origin: http://localhost:3000'"
    for headers in (in_two_lines, verbose, "access-control-allow-origin: *"):
        assert "Nothing wrong found" in ask(text=simple, response=headers)["said"], headers
    assert "0 of" not in ask(text=simple, response="HTTP/1.1 500 Internal Server Error\ncontent-type: text/plain")["said"]
    assert "holds no response header" in ask(text=simple, response="?!")["problem"]


def test_a_command_and_what_it_printed_can_be_pasted_together() -> None:
    printed = (
        "$ curl -v -H 'Origin: https://app.example.com' https://api.example.com/health\n> GET /health HTTP/1.1\n>\n"
        "< HTTP/1.1 200 OK\n< Access-Control-Allow-Origin: https://other.example.com\n<\n"
    )
    found = ask(text=printed)
    assert "1 of 1 requests blocked" in found["said"]
    assert ask(**found["link"])["said"] == found["said"]


def test_a_part_of_a_program_is_judged_with_the_imports_that_it_lacks() -> None:
    part = "origins = ['http://localhost:3000/']\n\napp.add_middleware(\n    CORSMiddleware,\n    allow_origins=origins,\n)\n"
    found = ask(text=part)
    assert found["said"] == "1 error."
    assert "from fastapi.middleware.cors import CORSMiddleware" in found["drawing"]
    assert found["link"]["text"] == part
    assert ask(text=f"{IMPORT}\n{part}")["said"] == "1 error."
    assert "lacks these imports" not in ask(text=f"{IMPORT}\n{part}")["drawing"]


def test_a_saved_text_is_judged_as_what_it_holds() -> None:
    for name, text, kind in (
        ("console.log", RED_LINE, "console"),
        ("call.txt", CURL, "request"),
        ("network.json", recordings()["no-header.har"], "recording"),
        ("policy.txt", POLICIES[0][0], "policy"),
        ("nginx.conf", CONFIGURATIONS["nginx.conf"], "configuration"),
        ("app.py", sources()["trailing-slash"], "source"),
    ):
        found = ask(files=[[name, text]])
        assert (found["kind"], found.get("problem")) == (kind, None), name
    assert ask(kind="console", files=[["main.py", f"# {RED_LINE}"]])["kind"] == "console"


def test_nothing_is_promised_where_nothing_configures_cors() -> None:
    app = ask(text="from fastapi import FastAPI\n\napp = FastAPI()\n")
    assert app["said"] == "This source configures no CORS, so there was nothing to judge."
    assert "CORS101" in app["drawing"]
    assert "Nothing wrong" not in app["drawing"]
    proxy = ask(text="server {\n    location / {\n        proxy_pass http://app:8000;\n    }\n}\n")
    assert proxy["said"] == "This configuration sets no CORS headers: the app behind it decides."
    assert "Nothing wrong" not in proxy["drawing"]


def test_source_beside_a_message_is_not_passed_over_in_silence() -> None:
    assert "seems to hold source too" in ask(text=f"{RED_LINE}\n\napp = FastAPI()\napp.add_middleware(CORSMiddleware)")["drawing"]
    assert "seems to hold source too" not in ask(text=RED_LINE)["drawing"]


def test_a_call_without_a_page_asks_for_the_origin() -> None:
    assert "fill in the origin" in ask(text="curl https://api.example.com/me")["problem"]
    assert "problem" not in ask(text="curl https://api.example.com/me", origin="https://app.example.com")


@pytest.mark.parametrize("question", ["", "[]", "null", '{"text": 1}', '{"kind": "other", "text": "x"}', '{"text": " "}'])
def test_a_question_that_cannot_be_read_gets_a_sentence(question: str) -> None:
    assert json.loads(answer(question))["problem"].endswith((".", "Copy the whole line, with the URL and everything after it."))


@pytest.mark.parametrize("name", ["../a.py", "/etc/passwd", "a/../../b.py", "a\\b.py", ".."])
def test_no_file_is_written_outside_of_its_folder(name: str) -> None:
    assert "is not a relative path" in ask(files=[[name, "x = 1"]])["problem"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_pasted_stays_text(hostile: str) -> None:
    quoted = hostile.replace("'", "")
    questions: list[dict[str, Any]] = [
        {"text": RED_LINE.replace("/api", f"/{quoted}").replace("localhost:3000'", f"localhost:3000{quoted}'")},
        {"text": f"import os\n{IMPORT}\nx = CORSMiddleware(None, allow_origins=[{hostile!r}])"},
        {"text": f"Policy(origins=[{hostile!r}])"},
        {"text": POLICIES[0][0], "origin": hostile},
        {"text": CURL.replace("/api/users", f"/{quoted}"), "response": f"HTTP/1.1 200 OK\nx: {hostile}\nvary: {hostile}"},
        {"files": [["main.py", f"# {hostile}\nfrom fastapi.middleware.cors import CORSMiddleware\n{hostile}"]]},
    ]
    for question in questions:
        found = ask(**question)
        page = _Page()
        page.feed(found.get("drawing", ""))
        assert page.tags <= TAGS, question
        assert {name for name in page.attributes if name.startswith("on") or name in ("style", "src")} == set()
        assert all(address.startswith(("#", "../reference/")) for address in page.addresses)


class _Page(HTMLParser):
    """The tags, the names of attributes and the addresses of a drawing."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


def test_the_page_takes_over_everything_that_is_drawn() -> None:
    """The page drops other tags and attributes."""
    page = _Page()
    for question in ({"text": RED_LINE}, {"text": CURL, "response": GRANTED}, {"text": POLICIES[0][0], "origin": "https://a.b"}):
        page.feed(ask(**question)["drawing"])
    page.feed(ask(text=sources()["trailing-slash"])["drawing"])
    script = (ROOT / "docs" / "playground" / "playground.js").read_text(encoding="utf-8")
    tags, attributes = (
        set(re.findall(rf'const {name} = new Set\("([^"]+)"', script)[0].split()) for name in ("TAGS", "ATTRIBUTES")
    )
    assert page.tags <= tags
    assert tags == TAGS
    assert {name for name in page.attributes if not name.startswith("aria-")} - {"href"} <= attributes


def test_a_link_to_a_recording_holds_no_secret_and_leads_to_the_same_findings(tmp_path: Path) -> None:
    for name, content in recordings().items():
        (tmp_path / name).write_text(content, encoding="utf-8")
        found = ask(recording=str(tmp_path / name))
        state = found["link"]
        assert TOKEN not in json.dumps(found)
        assert "8f14e45fceea167a5a36dedd4bea2543" not in json.dumps(found)
        assert "5f4dcc3b5aa765d61d8327deb882cf99" not in json.dumps(found)
        again = ask(**state)
        (first,), (second,) = found["printed"].values(), again["printed"].values()
        assert [result["error"] for result in json.loads(second)["results"]] == [r["error"] for r in json.loads(first)["results"]]
        assert [f["slug"] for f in json.loads(second)["findings"]] == [f["slug"] for f in json.loads(first)["findings"]], name
        assert again["link"] == state


def test_a_link_to_a_copied_call_holds_no_secret_and_leads_to_the_same_answer() -> None:
    found = ask(text=CURL, preflight=f"{REFUSED}set-cookie: session={TOKEN}; Secure\nlocation: https://a.example/?token={TOKEN}")
    assert TOKEN not in json.dumps(found)
    again = ask(**found["link"])
    assert again["said"] == found["said"]
    assert again["link"] == found["link"]


def test_a_link_to_a_text_holds_no_secret_of_an_address() -> None:
    found = ask(text=RED_LINE.replace("/api", f"/api?access_token={TOKEN}"))
    assert TOKEN not in json.dumps(found["link"])
    assert TOKEN not in found["drawing"]


def test_what_is_too_long_for_a_link_has_none() -> None:
    found = ask(text=sources()["trailing-slash"] + "# \n" * 40_000)
    assert found["link"] is None
    assert found["why_no_link"] == "This is too long for a link."


def test_progress_is_reported_while_a_recording_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(recordings()["allowed.har"].replace('{"_resourceType"', '{"startedDateTime": "x", "_resourceType"'))
    seen: list[tuple[str, int, int]] = []
    answer(json.dumps({"recording": str(path)}), lambda what, done, total: seen.append((what, done, total)))
    assert {what for what, _, _ in seen} == {"reading entries", "judging requests"}


def test_only_what_a_page_has_is_imported() -> None:
    asked = [
        {"text": RED_LINE}, {"text": CURL, "response": GRANTED}, {"text": recordings()["allowed.har"]},
        {"text": sources()["trailing-slash"]}, {"text": POLICIES[0][0], "origin": "https://a.example"},
    ]  # fmt: skip
    code = (
        "import json, sys\n"
        "sys.modules.update(dict.fromkeys(['pydantic', 'rich', 'typer', 'httpcore2']))\n"
        "from corsense.playground import answer\n"
        f"for question in {asked!r}:\n    assert 'problem' not in json.loads(answer(json.dumps(question))), question\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=100))
def test_any_text_gets_an_answer_or_a_sentence(text: str, origin: str, response: str) -> None:
    for kind in ("", "console", "recording", "request", "source", "policy", "configuration"):
        found = ask(kind=kind, text=text, origin=origin, response=response)
        assert found.get("problem") or found["said"]
