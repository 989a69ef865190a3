"""The playground gives in each real browser what the commands print, and nothing of what is pasted leaves it or runs in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corsense import url as urls
from corsense.url import parse_url
from tests.browsers.playground.engines import Page, ask
from tests.playground.inputs import POLICIES, Input, inputs
from tests.playground.test_answers import CURL, HOSTILE, RED_LINE, REFUSED

CORPUS = Path(__file__).parents[2] / "data" / "corpus"


def test_the_documents_are_those_of_the_commands_to_the_byte(page: Page, tmp_path: Path) -> None:
    asked = list(inputs(tmp_path))
    answers = ask(page, [_question(each) for each in asked])
    for each, found in zip(asked, answers, strict=True):
        assert found["problem"] is None, (each.name, found["problem"])
        assert tuple(found["documents"]) == each.documents, each.name


def _question(asked: Input) -> dict[str, Any]:
    return {"text": asked.text, "files": [list(pair) for pair in asked.files], "kind": asked.kind}


def test_a_policy_and_a_copied_call_are_answered_too(page: Page) -> None:
    policy, call = ask(page, [{"text": POLICIES[0][0], "origin": POLICIES[0][1]}, {"text": CURL, "preflight": REFUSED}])
    assert policy["said"] == "'https://app.example.com' is allowed, with cookies: it is listed."
    assert "svg" in policy["tags"]
    assert "1 of 1 requests blocked" in call["said"]


def test_what_is_pasted_stays_text_also_from_a_link(page: Page, root: str) -> None:
    page.run("(window.ran = 0, window.alert = () => { window.ran += 1; }, 1)")
    hostile = " ".join(HOSTILE)
    plain = hostile.replace("'", "").replace(" ", "%20")
    answers = ask(
        page,
        [
            {"text": RED_LINE.replace("/api", f"/{plain}")},
            {"text": f"# {hostile}\nfrom fastapi.middleware.cors import CORSMiddleware\nx = CORSMiddleware({hostile!r})"},
            {"text": f"Policy(origins=[{hostile!r}])"},
            {"text": POLICIES[0][0], "origin": hostile},
            {"files": [[f"{hostile.replace('/', '')}.py", "from fastapi.middleware.cors import CORSMiddleware"]]},
            {"text": CURL.replace("/api/users", f"/{plain}"), "response": f"HTTP/1.1 200 OK\nvary: {hostile}", "link": True},
        ],
    )
    assert not {"script", "img"} & {tag for found in answers for tag in found["tags"]}
    link = answers[-1]["link"]
    assert link.startswith("#v1=")
    page.open(f"{root}playground/index.html{link}")
    page.run(
        """(async () => {
          window.ran = 0;
          window.alert = () => { window.ran += 1; };
          while (document.getElementById("pg-result").hidden) await new Promise((resolve) => setTimeout(resolve, 20));
        })()"""
    )
    assert page.run("document.querySelectorAll('main img, main script').length") == 0
    assert "onload=alert(1)" in page.run("document.getElementById('pg-response').value")
    assert page.run("window.ran") == 0


def test_neither_the_page_nor_its_worker_reaches_another_host_or_runs_what_is_written_into_it(page: Page, root: str) -> None:
    page.open(f"{root}playground/index.html")
    found = page.run(
        """(async () => {
          const outcome = (promise) => promise.then(() => "reached", () => "refused");
          const other = location.origin.replace("127.0.0.1", "localhost");
          const own = await outcome(fetch("files.json"));
          const page = await outcome(fetch(`${other}/playground/files.json`, { mode: "no-cors" }));
          const source = `fetch("${other}/playground/files.json", { mode: "no-cors" })
            .then(() => postMessage("reached"), () => postMessage("refused"));`;
          const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
          const answered = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
          const holder = document.createElement("div");
          holder.innerHTML = '<img src="data:," onerror="window.inline = 1"><style>body { color: red }</style>';
          document.body.append(holder);
          const script = document.createElement("script");
          script.textContent = "window.inline = 1";
          document.body.append(script);
          await new Promise((resolve) => setTimeout(resolve, 300));
          const colour = getComputedStyle(document.body).color;
          holder.remove();
          return { own, page, worker: await answered, inline: window.inline ?? 0, red: colour === "rgb(255, 0, 0)" };
        })()"""
    )
    assert found == {"own": "reached", "page": "refused", "worker": "refused", "inline": 0, "red": False}


@dataclass(frozen=True, slots=True)
class _Url:
    """A URL as the browser has parsed it."""

    href: str
    origin: str
    protocol: str
    username: str
    password: str
    hostname: str
    port: str
    hash: str


def test_urls_are_parsed_as_by_the_parser_of_the_command_line(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = list(_urls())
    read = """((cases) => cases.map(([text, base]) => {
      try {
        const url = base === null ? new URL(text) : new URL(text, base);
        return ["href", "origin", "protocol", "username", "password", "hostname", "port", "hash"].map((name) => url[name]);
      } catch { return null; }
    }))"""
    parsed = dict(zip(cases, page.run(f"{read}({json.dumps(cases)})"), strict=True))
    expected = {case: parse_url(*case) for case in cases}

    def by_the_browser(text: str, base: str | None) -> _Url:
        found = parsed[text, base]
        if found is None:
            raise ValueError("not a URL")
        return _Url(*found)

    monkeypatch.setattr(urls, "_url", by_the_browser)
    differing = [case for case in cases if parse_url.__wrapped__(*case) != expected[case]]
    assert differing == []


def _urls() -> Iterator[tuple[str, str | None]]:
    """URLs of every kind, with those of the recordings of real browsers."""
    schemes = ("http:", "https:", "ws:", "capacitor:", "HTTP:", "")
    hosts = re.split(
        " ",
        "localhost EXAMPLE.com example.com. 127.0.0.1 127.1 0x7f.1 [::1] [::ffff:1.2.3.4] bücher.example xn--bcher-kva.example "
        "a_b.example 1.2.3 256.256.256.256 a%41.example a..b ☕.example",
    )
    ports = ("", ":80", ":443", ":8000", ":0", ":65536", ":", ":x")
    for scheme in schemes:
        for host in (*hosts, "", "exa mple.com"):
            yield f"{scheme}//{host}/a", None
        for port in ports:
            yield f"{scheme}//a.example{port}/b?c=d#e", None
    users = ("user@a.example", "user:secret@a.example/?q#f", ":@a.example")
    paths = ("\\b", "/%zz", "/ä?ö#ü", "/a b", "/..//./b", "?#", "#")
    for rest in (*users, *(f"a.example{path}" for path in paths)):
        yield f"http://{rest}", None
    opaque = ("file:///a", "mailto:a@b", "data:text/plain,x", "about:blank", "blob:https://a.example/1", "javascript:1")
    for text in (*opaque, "a", "//", "null", " "):
        yield text, None
    for text in ("/b", "b?c", "?c", "#d", "//other.example/x", "https:b", "..", "\thttp://x.example/\n", "http:"):
        yield text, "http://a.example/x/y?z"
    for line in (CORPUS / "browsers.jsonl").read_text(encoding="utf-8").splitlines()[:200]:
        for step in json.loads(line)["request"]:
            if isinstance(step.get("url"), str):
                yield step["url"], None
