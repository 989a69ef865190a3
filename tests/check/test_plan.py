"""What is requested from an app: its routes as pages call them, and nothing that nobody meant."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"
HEAD = """
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, RedirectResponse

app = FastAPI()
"""


def check(folder: Path, source: str, *options: str, origin: str | None = PAGE) -> Ran:
    (folder / "main.py").write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    named = ["--origin", origin] if origin is not None else []
    return corsense("check", "main:app", *named, "--format", "json", *options, folder=folder)


def serious(ran: Ran) -> list[tuple[str, str]]:
    return [(finding["slug"], finding["severity"]) for finding in ran.document["findings"] if finding["severity"] != "info"]


LISTED = """
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["*"], allow_headers=["content-type"])
"""


def test_a_route_that_does_not_exist_is_no_pass(tmp_path: Path) -> None:
    ran = check(tmp_path, LISTED + "@app.get('/items')\ndef items(): return []\n", "--request", "GET /itms")
    assert serious(ran) == [("route-not-found", "error")]
    assert "GET /items" in ran.document["findings"][0]["message"]


def test_a_method_that_a_route_does_not_have_is_no_pass(tmp_path: Path) -> None:
    ran = check(tmp_path, LISTED + "@app.get('/items')\ndef items(): return []\n", "--request", "DELETE /items")
    assert serious(ran) == [("route-not-found", "error")]
    assert "/items has no DELETE" in ran.document["findings"][0]["message"]


def test_a_route_with_parameters_and_a_query_is_found(tmp_path: Path) -> None:
    source = LISTED + "@app.get('/items/{name}')\ndef item(name: str): return name\n"
    assert serious(check(tmp_path, source, "--request", "GET /items/a?x=1")) == []


@pytest.mark.parametrize(
    "declared",
    [
        "authorization: Annotated[str | None, Header()] = None",
        "token: Annotated[str | None, Depends(lambda authorization=Header(None): authorization)] = None",
        "x_tenant: str = Header('a')",
    ],
)
def test_an_optional_header_that_the_list_does_not_allow_is_a_warning(tmp_path: Path, declared: str) -> None:
    ran = check(tmp_path, LISTED + f"@app.get('/me')\ndef me({declared}): return 1\n")
    assert serious(ran) == [("header-not-allowed", "warning")]


@pytest.mark.parametrize("name", ["x_hub_signature_256", "stripe_signature", "x_github_event", "user_agent"])
def test_optional_headers_that_no_page_sends_are_not_planned(tmp_path: Path, name: str) -> None:
    assert serious(check(tmp_path, LISTED + f"@app.post('/hook')\ndef hook({name}: str | None = Header(None)): return 1\n")) == []


def test_credentials_of_one_app_say_nothing_about_the_app_beside_it(tmp_path: Path) -> None:
    ran = check(
        tmp_path,
        """
        private, public = FastAPI(), FastAPI()
        private.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)
        public.add_middleware(CORSMiddleware, allow_origins=["*"])
        private.get("/me")(lambda: 1)
        public.get("/news")(lambda: 1)
        app.mount("/private", private)
        app.mount("/public", public)
        """,
    )
    assert serious(ran) == []
    modes = {result["route"]: result["credentials"] for result in ran.document["results"]}
    assert modes == {"/private/me": "include", "/public/news": "same-origin"}


@pytest.mark.parametrize("listed", ["capacitor://localhost", "https://localhost", "https://app.example.com"])
def test_an_origin_that_nobody_named_is_information(tmp_path: Path, listed: str) -> None:
    source = f"app.add_middleware(CORSMiddleware, allow_origins=['{listed}'], allow_credentials=True)\napp.get('/a')(lambda: 1)\n"
    ran = check(tmp_path, source, origin=None)
    assert serious(ran) == []
    assert ran.status == 0


def test_a_misspelt_entry_is_an_error_though_nobody_named_an_origin(tmp_path: Path) -> None:
    source = "app.add_middleware(CORSMiddleware, allow_origins=['http://localhost:3000/'])\napp.get('/a')(lambda: 1)\n"
    assert serious(check(tmp_path, source, origin=None)) == [("origin-trailing-slash", "error")]


def test_an_app_that_answers_500_to_everything_is_an_error_though_it_has_no_routes(tmp_path: Path) -> None:
    source = "app.add_middleware(CORSMiddleware, allowed_origins=['http://localhost:3000'])\n"
    assert serious(check(tmp_path, source)) == [("unknown-keyword", "error")]


def test_the_base_url_decides_whether_a_cookie_crosses_sites(tmp_path: Path) -> None:
    source = """
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_credentials=True)


    @app.get("/login")
    def login(response: Response):
        response.set_cookie("session", "a", secure=True)
    """
    at = ["--run-endpoints", "--base-url"]
    assert serious(check(tmp_path, source, *at, "https://api.example.com", origin="https://app.example.com")) == []
    ran = check(tmp_path, source, *at, "https://api.example.net", origin="https://app.example.com")
    assert serious(ran) == [("cookie-not-sent", "warning")]


def test_behind_a_proxy_a_redirect_of_the_app_goes_to_http(tmp_path: Path) -> None:
    source = """
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])


    @app.get("/items/")
    def items(): return []
    """
    options = ["--base-url", "https://api.example.com", "--request", "GET /items"]
    ran = check(tmp_path, source, *options, "--behind-proxy", origin="https://app.example.com")
    assert ("redirect-downgrades-to-http", "error") in serious(ran)
    ran = check(tmp_path, source, *options, origin="https://app.example.com")
    assert "redirect-downgrades-to-http" not in [slug for slug, _ in serious(ran)]


@pytest.mark.parametrize(
    "value",
    [
        "api.example.com",
        "ftp://api.example.com",
        "https://a:b@api.example.com",
        f"https://{'a' * 300}.com",
        "https://api.example.com/v1",
    ],
)
def test_a_base_url_that_does_not_exist_is_refused_in_one_sentence(tmp_path: Path, value: str) -> None:
    ran = check(tmp_path, "", "--base-url", value)
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)


def test_a_login_elsewhere_is_not_answered_by_the_app(tmp_path: Path) -> None:
    source = LISTED + "@app.get('/api/login')\ndef login(): return RedirectResponse('https://accounts.example.org/o/authorize')\n"
    ran = check(tmp_path, source, "--run-endpoints", "--request", "GET /api/login")
    assert serious(ran) == [("redirect-to-login", "error")]
    assert "Navigate" in ran.document["findings"][0]["remedy"] if "remedy" in ran.document["findings"][0] else True


MCP = """
async def mcp(request): return JSONResponse({}, headers={"mcp-session-id": "a"})


app.add_route("/mcp", mcp, methods=["GET", "POST", "DELETE"])
"""


@pytest.mark.parametrize("real", [[], ["--run-endpoints"]])
def test_a_client_must_read_its_headers(tmp_path: Path, real: list[str]) -> None:
    source = MCP + LISTED.replace('["content-type"]', '["*"]')
    ran = check(tmp_path, source, "--client", "mcp", *real)
    assert serious(ran) == [("header-not-exposed", "error")]
    assert "Missing session ID" in ran.document["findings"][0]["message"]
    allowed = source.replace('allow_headers=["*"]', 'allow_headers=["*"], expose_headers=["Mcp-Session-Id"]')
    assert serious(check(tmp_path, allowed, "--client", "mcp", *real)) == []


def test_what_a_client_can_do_without_is_a_warning(tmp_path: Path) -> None:
    listed = '["content-type", "mcp-protocol-version", "mcp-session-id"], expose_headers=["Mcp-Session-Id"]'
    ran = check(tmp_path, MCP + LISTED.replace('["content-type"]', listed), "--client", "mcp")
    assert serious(ran) == [("header-not-allowed", "warning")]
    assert "last-event-id" in ran.document["findings"][0]["message"]


def test_a_client_that_no_route_serves_is_not_passed_over(tmp_path: Path) -> None:
    ran = check(tmp_path, LISTED + "@app.get('/items')\ndef items(): return []\n", "--client", "tus")
    assert ran.status == 2
    assert "--request 'POST /files'" in ran.err


def test_an_unknown_client_is_refused_with_the_nearest(tmp_path: Path) -> None:
    ran = check(tmp_path, "", "--client", "supabse")
    assert (ran.status, "supabase" in ran.err) == (2, True)


def test_a_slash_that_the_router_redirects_is_no_missing_route(tmp_path: Path) -> None:
    source = "app.get('/items')(lambda: 1)\n"
    ran = check(tmp_path, source, "--request", "GET /items/")
    assert "route-not-found" not in ran.slugs()


def test_a_recording_takes_no_client(tmp_path: Path) -> None:
    ran = corsense("check", "a.har", "--client", "mcp", folder=tmp_path)
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert "recording" in ran.err


def test_where_nobody_said_where_the_api_lives_a_cookie_is_information(tmp_path: Path) -> None:
    source = """
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_credentials=True)


    @app.get("/login")
    def login(response: Response):
        response.set_cookie("session", "a", secure=True)
    """
    ran = check(tmp_path, source, "--run-endpoints", origin="https://app.example.com")
    assert ("cookie-not-sent", serious(ran)) == (ran.slugs()[0], [])
    ran = check(tmp_path, source, "--run-endpoints", "--credentials", "include", origin="https://app.example.com")
    assert serious(ran) == [("cookie-not-sent", "warning")]
