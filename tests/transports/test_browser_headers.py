"""The header lines that browsers add to a request for a live server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corsense.fetch import FetchRequest, WireRequest
from corsense.fetch.trace import EngineName
from corsense.transports.browser_headers import BrowserHeaders
from tests.check.live import serving
from tests.cli.commands import corsense

API = "https://api.example.com/items"


def sent(origin: str, *urls: str, engine: EngineName = "chromium", **request: str) -> list[dict[str, str]]:
    asked = FetchRequest(urls[0], origin, **request)  # type: ignore[arg-type]
    headers = BrowserHeaders(asked, engine)
    return [{name.lower(): value for name, value in headers.lines(WireRequest("GET", url))} for url in urls]


@pytest.mark.parametrize(
    ("origin", "url", "site", "referrer"),
    [
        ("https://app.example.com", API, "same-site", "https://app.example.com/"),
        ("https://api.example.com", API, "same-origin", "https://api.example.com/"),
        ("https://app.example.net", API, "cross-site", "https://app.example.net/"),
        ("http://app.example.com", API, "cross-site", "http://app.example.com/"),
        ("null", API, "cross-site", None),
        ("capacitor://localhost", API, "cross-site", None),
        ("https://a.github.io", "https://b.github.io/", "cross-site", "https://a.github.io/"),
        ("http://localhost:3000", "http://localhost:8000/", "same-site", "http://localhost:3000/"),
    ],
)
def test_site_and_referrer_tell_how_page_and_server_are_related(origin: str, url: str, site: str, referrer: str | None) -> None:
    (headers,) = sent(origin, url)
    assert headers["sec-fetch-site"] == site
    assert headers.get("referer") == referrer
    assert (headers["sec-fetch-mode"], headers["sec-fetch-dest"]) == ("cors", "empty")


@pytest.mark.parametrize(
    ("initiator", "engine", "metadata"),
    [
        ("form", "chromium", ("navigate", "document")),
        ("form", "firefox", ("navigate", "document")),
        ("websocket", "chromium", None),
        ("websocket", "firefox", ("websocket", "empty")),
        ("websocket", "webkit", ("websocket", "websocket")),
    ],
)
def test_forms_and_handshakes_say_what_they_are_as_each_engine_does(
    initiator: str, engine: EngineName, metadata: tuple[str, str] | None
) -> None:
    (headers,) = sent("https://evil.example", API, engine=engine, initiator=initiator)
    found = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
    assert found == (metadata or (None, None))
    assert headers.get("sec-fetch-site") == (None if metadata is None else "cross-site")


def test_a_plain_http_server_gets_no_metadata_and_no_referrer_of_an_encrypted_page() -> None:
    (headers,) = sent("https://app.example.com", "http://api.example.com/")
    assert not [name for name in headers if name.startswith("sec-fetch")]
    assert "referer" not in headers
    (headers,) = sent("http://app.example.com", "http://api.example.com/")
    assert headers["referer"] == "http://app.example.com/"


def test_after_a_redirect_the_least_related_server_counts() -> None:
    headers = sent("https://app.example.com", API, "https://elsewhere.net/", API)
    assert [each["sec-fetch-site"] for each in headers] == ["same-site", "cross-site", "cross-site"]


@pytest.mark.parametrize(("engine", "word"), [("chromium", "Chrome/"), ("firefox", "Firefox/"), ("webkit", "Version/")])
def test_each_engine_names_itself(engine: EngineName, word: str) -> None:
    (headers,) = sent("https://app.example.com", API, engine=engine)
    assert word in headers["user-agent"]
    assert headers["accept-language"].startswith("en-US,en;q=0.")


def test_what_script_set_stays() -> None:
    asked = FetchRequest(API, "https://app.example.com")
    lines = BrowserHeaders(asked, "chromium").lines(WireRequest("GET", API, (("User-Agent", "mine"), ("Origin", "x"))))
    assert [value for name, value in lines if name.lower() == "user-agent"] == ["mine"]


def test_a_check_of_a_url_sends_them_with_the_body_of_a_pasted_request(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import json\nfrom fastapi import FastAPI, Request\n\napp = FastAPI()\n\n\n"
        "@app.api_route('/seen', methods=['OPTIONS', 'POST'])\nasync def seen(request: Request):\n"
        "    with open('seen.txt', 'a') as file:\n"
        "        line = [request.method, dict(request.headers), (await request.body()).decode()]\n"
        "        file.write(json.dumps(line) + '\\n')\n",
        encoding="utf-8",
    )
    with serving(tmp_path) as url:
        pasted = f"fetch('{url}/seen', {{method: 'POST', body: 'a=1', headers: {{'Content-Type': 'text/plain'}}}})"
        corsense("check", url, "--origin", "http://localhost:3000", "--fetch", pasted, "--run-endpoints", folder=tmp_path)
    seen = [json.loads(line) for line in (tmp_path / "seen.txt").read_text("utf-8").splitlines()]
    (post,) = [line for line in seen if line[0] == "POST"]
    assert post[2] == "a=1"
    assert post[1]["sec-fetch-site"] == "same-site"
    assert "Chrome/" in post[1]["user-agent"]
