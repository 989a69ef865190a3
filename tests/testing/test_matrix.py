from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from corsense.testing import PageAccess, cors_matrix
from tests.testing.apps import PAGE, UNTRUSTED_ORIGIN, make_app


def test_every_route_is_judged_for_every_origin_with_and_without_credentials() -> None:
    matrix = cors_matrix(make_app(), origins=[PAGE, UNTRUSTED_ORIGIN])
    assert len(matrix) == 5 * 2 * 2
    assert {(access.method, access.route) for access in matrix.allowed} == {
        ("GET", "/users"), ("POST", "/users"), ("POST", "/form"),
    }  # fmt: skip
    assert {(access.origin, access.credentials) for access in matrix.allowed} == {(PAGE, "omit")}


def test_no_endpoint_of_an_unsafe_method_runs() -> None:
    app = make_app()
    cors_matrix(app, origins=[PAGE])
    assert set(app.state.ran) == {"list_users"}


def test_unsafe_endpoints_run_when_they_are_asked_to() -> None:
    app = make_app()
    cors_matrix(app, origins=[PAGE], run_unsafe=True)
    assert {"create_user", "take_form"} <= set(app.state.ran)


def test_a_request_without_preflight_is_judged_by_the_one_it_would_have_had() -> None:
    matrix = cors_matrix(make_app(), origins=[PAGE, UNTRUSTED_ORIGIN], requests=["POST /form"])
    assert matrix.cell("POST", "/form", PAGE).outcome == "allowed"
    assert matrix.cell("POST", "/form", UNTRUSTED_ORIGIN).outcome == "blocked"
    assert matrix.cell("POST", "/form", PAGE).status is None


def test_a_cell_says_why_it_is_blocked() -> None:
    cell = cors_matrix(make_app(), origins=[PAGE]).cell("DELETE", "/users/{user_id}", PAGE)
    assert cell.error == "PreflightInvalidStatus"
    assert cell.trace is not None
    assert cell.trace.request.url == "https://testserver/users/1"


def test_a_cell_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no cell for PUT /users"):
        cors_matrix(make_app(), origins=[PAGE]).cell("PUT", "/users", PAGE)


def test_it_prints_as_a_table() -> None:
    app = make_app(cors={"allow_origins": ["*"]})
    assert str(cors_matrix(app, origins=[PAGE, "http://localhost:3000"])).splitlines() == [
        "                         https://app.example.com  http://localhost:3000  foreign write",
        "GET /crash               -                        -                      -",
        "POST /form               without credentials      without credentials    runs",
        "GET /users               without credentials      without credentials    -",
        "POST /users              -                        -                      refused",
        "DELETE /users/{user_id}  -                        -                      refused",
    ]


def test_matrices_are_compared_by_what_pages_may_do() -> None:
    before = cors_matrix(make_app(), origins=[PAGE, UNTRUSTED_ORIGIN])
    after = cors_matrix(make_app(cors={"allow_origins": ["*"]}), origins=[PAGE, UNTRUSTED_ORIGIN])
    assert before == cors_matrix(make_app(), origins=[PAGE, UNTRUSTED_ORIGIN])
    assert before != after
    assert after.gained(before) == (
        PageAccess(UNTRUSTED_ORIGIN, "/form", "POST", "omit"),
        PageAccess(UNTRUSTED_ORIGIN, "/users", "GET", "omit"),
    )
    assert after.lost(before) == (PageAccess(PAGE, "/users", "POST", "omit"),)


def test_routes_of_starlette_and_of_mounted_apps_are_found() -> None:
    def home(request: Request) -> PlainTextResponse:
        return PlainTextResponse("home")

    layer = Middleware(CORSMiddleware, allow_origins=[PAGE])
    app = Starlette(routes=[Route("/", home), Mount("/v1", Starlette(routes=[Route("/deep", home)]))], middleware=[layer])
    assert {cell.route for cell in cors_matrix(app, origins=[PAGE])} == {"/", "/v1/deep"}


def test_a_wrapped_app_is_looked_into() -> None:
    wrapped = CORSMiddleware(make_app(cors={}), allow_origins=[PAGE])
    assert cors_matrix(wrapped, origins=[PAGE]).cell("GET", "/users", PAGE).outcome == "allowed"


def test_an_app_whose_routes_cannot_be_known_must_be_told_them() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("?", 404)(scope, receive, send)

    with pytest.raises(ValueError, match="name what pages call"):
        cors_matrix(app, origins=[PAGE])
    assert cors_matrix(app, origins=[PAGE], requests=["GET /x"]).cell("GET", "/x", PAGE).status == 404


def test_the_app_is_not_started_by_listing_its_routes() -> None:
    app = FastAPI()
    with pytest.raises(ValueError, match="has no routes that a page could call"):
        cors_matrix(app, origins=[PAGE])
    app.add_middleware(CORSMiddleware, allow_origins=[PAGE])


@pytest.mark.parametrize(
    ("origins", "message"),
    [([], "no origin is given"), (["https://testserver"], "origin of the app itself"), (["*"], "not an origin")],
)
def test_origins_that_say_nothing_are_refused(origins: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cors_matrix(make_app(), origins=origins)


def test_one_origin_may_stand_alone() -> None:
    assert cors_matrix(make_app(), origins=PAGE).origins == (PAGE,)
