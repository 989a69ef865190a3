"""Forms that real programs take, and those that only look like a fault."""

from __future__ import annotations

import textwrap

import pytest

from corsense.lint.linter import lint_text

_HEAD = """
import os
import re
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
"""
_ADD = 'app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=creds, allow_methods=["*"])\n'
_SPLIT = 'app = FastAPI()\norigins = [o.strip() for o in os.getenv("PAGES", "*").split(",")]\n'
_LIST = 'allow_origins=["https://app.example.com"]'


def _slugs(text: str) -> set[str]:
    return {finding.cause.slug for finding in lint_text(_HEAD + textwrap.dedent(text))}


@pytest.mark.parametrize(
    "guard",
    [
        'creds = "*" not in origins\n',
        'creds = True\nif "*" in origins:\n    creds = False\n',
        'creds = True\nif origins == ["*"]:\n    creds = False\n',
        'wild = "*" in origins\ncreds = not wild\n',
        'creds = False if "*" in origins else True\n',
        'creds = not any(origin == "*" for origin in origins)\n',
        'creds = bool(origins) and "*" not in origins\n',
        'if "*" in origins:\n    raise ValueError("no")\ncreds = True\n',
        'origins = [origin for origin in origins if origin != "*"]\ncreds = True\n',
    ],
)
def test_credentials_that_are_allowed_only_without_a_wildcard_are_no_danger(guard: str) -> None:
    assert "wildcard-with-credentials" not in _slugs(_SPLIT + guard + _ADD)


@pytest.mark.parametrize("guard", ["creds = True\n", 'creds = "*" in origins\n', 'creds = "x" not in origins\n'])
def test_credentials_beside_the_wildcard_are_one(guard: str) -> None:
    found = _slugs(_SPLIT + guard + _ADD)
    assert ("wildcard-with-credentials" in found) == ("in origins" not in guard)
    assert "wildcard-default-setting" in found


def test_a_wildcard_written_out_for_a_setting_that_says_it_is_that_settings() -> None:
    added = _ADD.replace("=origins", '=["*"] if wild else origins').replace("=creds", "=not wild")
    assert _slugs(_SPLIT + 'wild = "*" in origins\n' + added) == {"wildcard-default-setting", "wildcard-origins"}


_FUNCTIONS = f"""
app = FastAPI()

def cors():
    app.add_middleware(CORSMiddleware, {_LIST})

def redirect():
    app.add_middleware(HTTPSRedirectMiddleware)
"""


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ("cors()\nredirect()\n", {"cors-not-outermost"}),
        ("redirect()\ncors()\n", set()),
        ("def main():\n    cors()\n    redirect()\n", {"cors-not-outermost"}),
        ("", set()),
    ],
)
def test_layers_that_functions_add_to_the_modules_app_have_the_order_of_the_calls(calls: str, found: set[str]) -> None:
    assert _slugs(_FUNCTIONS + calls) == found


def test_a_function_that_runs_after_the_module_adds_outside_of_it() -> None:
    added = f"app = FastAPI()\napp.add_middleware(CORSMiddleware, {_LIST})\n"
    assert _slugs(added + "def run():\n    app.add_middleware(HTTPSRedirectMiddleware)\n") == {"cors-not-outermost"}


@pytest.mark.parametrize(("first", "second", "found"), [("cors", "auth", {"cors-not-outermost"}), ("auth", "cors", set())])
def test_methods_that_add_layers_have_the_order_of_their_calls(first: str, second: str, found: set[str]) -> None:
    text = f"""
    class Server:
        def __init__(self):
            self.app = FastAPI()
            self.{first}()
            self.{second}()

        def cors(self):
            self.app.add_middleware(CORSMiddleware, {_LIST})

        def auth(self):
            @self.app.middleware("http")
            async def check(request, call_next):
                if "key" not in request.headers:
                    return JSONResponse({{}}, status_code=401)
                return await call_next(request)
    """
    assert _slugs(text) == found


@pytest.mark.parametrize(
    "filled",
    [
        "layers.extend([REDIRECT, CORS])",
        "layers.append(REDIRECT)\n    layers.append(CORS)",
        "layers.append(CORS)\n    layers.insert(0, REDIRECT)",
        "layers += [REDIRECT, CORS]",
        "layers = [REDIRECT] + [CORS]",
    ],
)
def test_a_list_of_middleware_that_is_put_together_is_followed(filled: str) -> None:
    redirect, cors = "Middleware(HTTPSRedirectMiddleware)", f"Middleware(CORSMiddleware, {_LIST})"
    given = filled.replace("REDIRECT", redirect).replace("CORS", cors)
    text = f"def create():\n    layers = []\n    {given}\n    return Starlette(middleware=layers)\n"
    assert _slugs(text) == {"cors-not-outermost"}


@pytest.mark.parametrize(
    "answer",
    [
        "response = error_response(401)\n            return response(scope, receive, send)",
        'await answer_with({"type": "http.response.start", "status": 403, "headers": []})\n            return',
    ],
)
def test_a_layer_that_has_its_answer_made_elsewhere_answers_by_itself(answer: str) -> None:
    text = f"""
class Guard:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["path"] == "/secret":
            {answer}
        return await self.app(scope, receive, send)

app = FastAPI()
app.add_middleware(CORSMiddleware, {_LIST})
app.add_middleware(Guard)
"""
    assert _slugs(text) == {"cors-not-outermost"}


@pytest.mark.parametrize("host", [r"192\.168\.1\.\d+", r"10\.\d{1,3}\.\d{1,3}\.\d{1,3}", r"127\.0\.0\.1"])
def test_addresses_of_a_private_network_are_no_foreign_sites(host: str) -> None:
    text = f'app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origin_regex=r"https?://(localhost|{host}):\\d+")\n'
    assert _slugs(text) == set()


def test_asking_whether_an_origin_is_there_does_not_look_at_whose_it_is() -> None:
    text = """
    app = FastAPI()

    @app.get("/data")
    async def data(request: Request):
        origin = request.headers.get("origin", "*")
        headers = {
            "Access-Control-Allow-Origin": origin if origin != "*" else "*",
            "Access-Control-Allow-Credentials": "true",
        }
        return JSONResponse({}, headers=headers)
    """
    assert _slugs(text) == {"manual-cors-headers", "reflected-origin"}


@pytest.mark.parametrize(("vary", "found"), [("", {"vary-origin-missing"}), ('response.headers["Vary"] = "Origin"', set())])
def test_an_origin_that_is_handed_over_to_be_answered_needs_vary(vary: str, found: set[str]) -> None:
    text = f"""
    def share(response: Response, origin: str):
        response.headers["Access-Control-Allow-Origin"] = origin
        {vary}
    """
    assert _slugs(text) == {"manual-cors-headers", *found}


def test_headers_that_are_copied_from_a_dict_are_written_by_hand() -> None:
    text = """
    def answer(response: Response):
        shared = {"Access-Control-Allow-Origin": "https://app.example.com"}
        for key, value in shared.items():
            response.headers[key] = value
    """
    assert _slugs(text) == {"manual-cors-headers"}
