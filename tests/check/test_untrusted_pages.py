"""`check` plays the untrusted page: what it can make a user's browser send, and what refuses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.app.environments import environment
from tests.cli.commands import Ran, corsense

PAGE = "http://localhost:3000"
HEAD = """
import json
from pathlib import Path
from typing import Annotated

from fastapi import Body, Cookie, Depends, FastAPI, Form, Header, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, HTTPBasic, HTTPBearer
from pydantic import BaseModel
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware


class Item(BaseModel):
    name: str


app = FastAPI()
app.add_middleware(
    CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
)
"""
BY_COOKIE = """
@app.post("/items")
async def create(request: Request, session: Annotated[str | None, Cookie()] = None):
    Path("ran").touch()
    return {}
"""
SESSION = 'app.add_middleware(SessionMiddleware, secret_key="s")\n'
BY_SESSION = BY_COOKIE.replace(", session: Annotated[str | None, Cookie()] = None", "")
LOCAL = '\nif __name__ == "__main__":\n    import uvicorn\n\n    uvicorn.run(app, host="127.0.0.1")\n'


def check(folder: Path, source: str, *options: str) -> Ran:
    (folder / "main.py").write_text(HEAD + source, encoding="utf-8")
    return corsense("check", "main:app", "--origin", PAGE, "--format", "json", *options, folder=folder)


def found(ran: Ran, slug: str) -> dict[str, Any] | None:
    return next((finding for finding in ran.document["findings"] if finding["slug"] == slug), None)


def severity(ran: Ran, slug: str = "foreign-write") -> str | None:
    finding = found(ran, slug)
    return None if finding is None else finding["severity"]


def test_a_form_reaches_a_route_that_trusts_a_cookie(tmp_path: Path) -> None:
    ran = check(tmp_path, BY_COOKIE)
    finding = found(ran, "foreign-write")
    assert finding is not None
    assert finding["severity"] == "warning"
    assert finding["evidence"]["page"] == "http://corsense-k7q2v9.example"
    assert ["Sec-Fetch-Site", "cross-site"] in finding["evidence"]["headers"]
    assert ["Sec-Fetch-Mode", "navigate"] in finding["evidence"]["headers"]
    assert (finding["line"], ran.status) == (24, 1)
    assert not (tmp_path / "ran").exists()


def test_the_page_never_runs_the_endpoint_even_where_endpoints_run(tmp_path: Path) -> None:
    source = BY_COOKIE.replace('Path("ran").touch()', 'Path("ran").write_text(request.headers["origin"])')
    check(tmp_path, source, "--run-endpoints")
    assert (tmp_path / "ran").read_text() == PAGE


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (SESSION + BY_SESSION, "warning"),
        (BY_COOKIE.replace("session: Annotated[str | None, Cookie()]", "theme: Annotated[str | None, Cookie()]"), "info"),
        (BY_COOKIE.replace("Annotated[str | None, Cookie()] = None", 'str = Depends(APIKeyCookie(name="x"))'), "warning"),
        (BY_COOKIE.replace("Annotated[str | None, Cookie()] = None", "str = Depends(HTTPBasic())"), "warning"),
        (BY_COOKIE.replace("Annotated[str | None, Cookie()] = None", "str = Depends(HTTPBearer())"), None),
        (BY_COOKIE.replace("session: Annotated[str | None, Cookie()] = None", "x_key: Annotated[str, Header()]"), None),
        (BY_SESSION, "info"),
        (BY_SESSION.replace("post", "put"), None),
    ],
    ids=["session", "cookie of a preference", "cookie", "basic", "bearer", "required header", "no login", "put is preflighted"],
)
def test_how_bad_it_is_depends_on_what_proves_who_asks(tmp_path: Path, source: str, wanted: str | None) -> None:
    ran = check(tmp_path, source)
    assert severity(ran) == wanted
    assert ran.status == (1 if wanted == "warning" else 0)


def test_same_site_lax_leaves_the_pages_of_the_same_site(tmp_path: Path) -> None:
    finding = found(check(tmp_path, SESSION + BY_SESSION, "--base-url", "https://api.example.com"), "foreign-write")
    assert finding is not None
    assert finding["evidence"]["page"] == "https://corsense-k7q2v9.example.com"
    assert ["Sec-Fetch-Site", "same-site"] in finding["evidence"]["headers"]
    everyone = SESSION.replace('"s"', '"s", same_site="none", https_only=True') + BY_SESSION
    finding = found(check(tmp_path, everyone, "--base-url", "https://api.example.com"), "foreign-write")
    assert finding is not None
    assert finding["evidence"]["page"] == "https://corsense-k7q2v9.example"


GUARDS = {
    "a dependency on the request": (
        "def guard(request: Request):\n"
        '    if request.headers.get("origin") not in (None, "http://localhost:3000"):\n        raise HTTPException(403)\n'
    ),
    "a dependency on a header": (
        'def guard(sec_fetch_site: Annotated[str, Header()] = "none"):\n'
        '    if sec_fetch_site not in ("same-origin", "none"):\n        raise HTTPException(403)\n'
    ),
    "a dependency on a token": "def guard(x_csrf_token: Annotated[str, Header()]):\n    pass\n",
    "a dependency of a dependency": (
        'def read(request: Request):\n    return request.headers.get("origin")\n'
        'def guard(page: str | None = Depends(read)):\n    if page != "http://localhost:3000":\n'
        "        raise HTTPException(403)\n"
    ),
}


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
@pytest.mark.parametrize("where", ["route", "app"])
def test_dependencies_that_look_at_the_page_are_seen_to_refuse(tmp_path: Path, guard: str, where: str) -> None:
    source = guard + BY_COOKIE.replace('"/items"', '"/items", dependencies=[Depends(guard)]')
    if where == "app":
        source = f"{guard}app = FastAPI(dependencies=[Depends(guard)])\n{BY_COOKIE}"
    assert severity(check(tmp_path, source, "--ignore", "missing-cors-middleware")) is None


def test_a_dependency_that_does_not_look_at_the_page_does_not_run(tmp_path: Path) -> None:
    guard = 'def connect():\n    Path("connected").touch()\n'
    ran = check(tmp_path, guard + BY_COOKIE.replace('"/items"', '"/items", dependencies=[Depends(connect)]'))
    assert severity(ran) == "warning"
    assert not (tmp_path / "connected").exists()


def test_a_layer_that_compares_origin_is_seen_to_refuse(tmp_path: Path) -> None:
    layer = (
        '@app.middleware("http")\nasync def guard(request: Request, call_next):\n'
        '    if request.headers.get("origin") not in (None, "http://localhost:3000"):\n'
        "        return JSONResponse({}, 403)\n    return await call_next(request)\n"
    )
    ran = check(tmp_path, layer + BY_COOKIE, "--ignore", "cors-not-outermost")
    assert severity(ran) is None


@pytest.mark.parametrize(
    "layer",
    [
        'from starlette_csrf import CSRFMiddleware\napp.add_middleware(CSRFMiddleware, secret="s")\n',
        "from starlette_csrf import CSRFMiddleware\n"
        'app.add_middleware(CSRFMiddleware, secret="s", sensitive_cookies={"session"})\n',
        "from asgi_csrf import asgi_csrf\napp.add_middleware(lambda app: asgi_csrf(app, signing_secret='s'))\n",
    ],
    ids=["starlette-csrf", "starlette-csrf for one cookie", "asgi-csrf"],
)
def test_known_middleware_against_forgery_is_seen_to_refuse(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, layer: str
) -> None:
    base = tmp_path_factory.getbasetemp().parent / "corsense-environments"
    folder = environment(base, "3.11", "fastapi==0.131.0", "itsdangerous", "python-multipart", "starlette-csrf", "asgi-csrf")
    python = ("--python", str(folder / "bin/python"))
    assert severity(check(tmp_path, BY_COOKIE, *python)) == "warning"
    assert severity(check(tmp_path, layer + BY_COOKIE, *python)) is None


@pytest.mark.parametrize("mode", ["report", "enforce"])
def test_the_protection_of_corsense_silences_it_once_it_enforces(tmp_path: Path, mode: str) -> None:
    source = (
        "import corsense\napp = FastAPI()\n"
        'policy = corsense.Policy(origins=["http://localhost:3000"], credentials=True)\n'
        f'corsense.install(app, policy, protection=corsense.CrossOriginProtection(mode="{mode}", hosts=["localhost"]))\n'
        f"{BY_COOKIE}{BY_SESSION.replace('/items', '/run').replace('create', 'run')}{LOCAL}"
    )
    ran = check(tmp_path, source)
    assert (severity(ran), severity(ran, "host-unchecked")) == ((None, None) if mode == "enforce" else ("warning", "info"))
    if mode == "report":
        assert "The protection only reports them" in (found(ran, "foreign-write") or {})["remedy"]


def test_an_endpoint_that_looks_for_a_token_itself_is_not_accused_and_that_is_reported(tmp_path: Path) -> None:
    source = BY_COOKIE.replace('Path("ran").touch()', "validate_csrf(request)") + "\ndef validate_csrf(request):\n    pass\n"
    assert severity(check(tmp_path, source)) is None
    message = corsense("check", "main:app", "--origin", PAGE, folder=tmp_path).out
    assert "Whether the code of /items refuses untrusted pages was not tried" in message


def test_a_json_body_is_a_guard_where_fastapi_insists_on_its_content_type(tmp_path: Path) -> None:
    route = '@app.post("/items")\ndef create(item: Item, session: Annotated[str | None, Cookie()] = None):\n    return {}\n'
    assert severity(check(tmp_path, route)) is None
    loose = found(check(tmp_path, "app = FastAPI(strict_content_type=False)\n" + route, "--ignore", "CORS101"), "foreign-write")
    assert loose is not None
    assert loose["evidence"]["sent_as"] == "typeless"
    assert "strict_content_type" in loose["remedy"]
    optional = route.replace("item: Item", "item: Item | None = None").replace("session", "item2=None, session")
    sent = found(check(tmp_path, optional.replace("item2=None, ", "")), "foreign-write")
    assert sent is not None
    assert sent["evidence"]["sent_as"] == "empty"


def test_a_local_server_without_a_login_answers_a_rebound_name(tmp_path: Path) -> None:
    assert severity(check(tmp_path, BY_SESSION), "host-unchecked") is None
    local = check(tmp_path, BY_SESSION + LOCAL)
    assert (severity(local), severity(local, "host-unchecked"), local.status) == ("info", "info", 0)
    named = found(check(tmp_path, BY_SESSION, "--base-url", "http://192.168.1.20:8000"), "host-unchecked")
    assert named is not None
    assert named["evidence"]["page"] == "http://corsense-k7q2v9.example:8000"
    public = check(tmp_path, BY_SESSION + LOCAL, "--base-url", "https://api.example.com")
    assert severity(public, "host-unchecked") is None
    hosts = 'app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])\n'
    assert severity(check(tmp_path, hosts + BY_SESSION + LOCAL), "host-unchecked") is None
    assert severity(check(tmp_path, BY_COOKIE + LOCAL), "host-unchecked") is None


def test_one_finding_stands_for_all_routes_and_those_with_a_login_come_first(tmp_path: Path) -> None:
    routes = BY_SESSION + "".join(BY_COOKIE.replace("/items", f"/more/{number}") for number in range(5))
    ran = check(tmp_path, routes)
    assert ran.slugs().count("foreign-write") == 1
    finding = found(ran, "foreign-write")
    assert finding is not None
    assert finding["evidence"]["routes"] == [f"POST /more/{number}" for number in range(5)]
    assert "POST /more/0, POST /more/1, POST /more/2 and 2 more" in finding["message"]


def test_who_names_a_request_gets_it_as_information(tmp_path: Path) -> None:
    ran = check(tmp_path, BY_COOKIE, "--request", "POST /items")
    assert (severity(ran), ran.status) == ("info", 0)
    assert severity(check(tmp_path, BY_COOKIE, "--request", "GET /docs")) is None


@pytest.mark.parametrize("pages", ["http://localhost:*", "https://*.example.com"])
def test_a_page_of_the_same_site_that_the_policy_trusts_is_not_played(tmp_path: Path, pages: str) -> None:
    source = (
        "import corsense\napp = FastAPI()\n"
        f'policy = corsense.Policy(origins=["{pages}"], credentials=True)\n'
        f'corsense.install(app, policy, protection="enforce")\n{SESSION}{BY_SESSION}'
    )
    base = "http://localhost:8000" if "localhost" in pages else "https://api.example.com"
    assert severity(check(tmp_path, source, "--base-url", base)) is None
