from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

from corsense import Policy, install
from corsense.testing import assert_cors_allowed, assert_no_foreign_access, find_foreign_access, foreign_origins
from corsense.testing.foreign_access import KINDS
from tests.testing.apps import PAGE, make_app, needs_vary


def app_that_lets_in(judge: Callable[[str], bool]) -> FastAPI:
    """An app that gives leave by hand, to each origin that `judge` takes for one of its own."""
    app = FastAPI()

    @app.get("/users")
    def users() -> list[str]:
        return []

    @app.middleware("http")
    async def leave(request: Request, call_next: Any) -> Response:
        origin = request.headers.get("origin")
        response: Response = await call_next(request)
        response.headers["vary"] = "Origin"
        if origin is not None and judge(origin):
            response.headers["access-control-allow-origin"] = origin
        return response

    return app


def kinds_found(judge: Callable[[str], bool], trusted: str = PAGE) -> set[str]:
    return {foreign_access.kind for foreign_access in find_foreign_access(app_that_lets_in(judge), trusted=[trusted])}


@pytest.mark.parametrize(
    "trusted", [[PAGE], ["http://localhost:3000", PAGE], ["https://*.example.com"], ["capacitor://localhost"]]
)
def test_nobody_gets_past_the_products_own_layer(trusted: list[str]) -> None:
    app = make_app(cors={})
    install(app, Policy(origins=trusted, credentials=True, request_headers=["content-type"], methods=["DELETE"]))
    assert_no_foreign_access(app, trusted=trusted)


@needs_vary
def test_nobody_gets_past_an_exact_list_of_starlettes_layer() -> None:
    assert_no_foreign_access(make_app(), trusted=[PAGE])


@pytest.mark.parametrize(
    ("judge", "kind"),
    [
        (lambda origin: True, "reflection"),
        (lambda origin: origin in (PAGE, "null"), "null"),
        (lambda origin: origin == PAGE or origin.endswith(".github.io"), "hosted third party"),
        (lambda origin: origin.startswith("https://localhost"), "localhost"),
        (lambda origin: origin.startswith(PAGE), "prefix match"),
        (lambda origin: origin.endswith("example.com"), "suffix match"),
        (lambda origin: origin in PAGE, "substring"),
        (lambda origin: PAGE.removeprefix("https://") in origin, "substring"),
        (
            lambda origin: len(origin) == len(PAGE) and origin.startswith("https://app") and origin.endswith("com"),
            "unescaped dot",
        ),
        (lambda origin: origin.startswith((PAGE + "_", PAGE + "`")), "special characters"),
        (lambda origin: origin.endswith(".example.com") and origin.startswith("https://"), "any subdomain"),
        (lambda origin: origin.partition("://")[2] == "app.example.com", "http twin"),
        (lambda origin: origin.startswith(f"{PAGE}:"), "port wildcard"),
        (lambda origin: origin.lower() == PAGE, "spelling"),
        (lambda origin: origin.rstrip(".") == PAGE, "spelling"),
        (lambda origin: PAGE in origin.split(), "two origins"),
    ],
)
def test_a_careless_comparison_is_found_out(judge: Callable[[str], bool], kind: str) -> None:
    assert kind in kinds_found(judge)


def test_a_failure_names_the_untrusted_origin_the_request_and_the_answer() -> None:
    with pytest.raises(AssertionError) as error:
        assert_no_foreign_access(app_that_lets_in(lambda origin: origin.endswith("example.com")), trusted=[PAGE])
    message = str(error.value)
    assert f"Untrusted pages can use this API (trusted: {PAGE})." in message
    assert "suffix match: only the end is compared\n  https://evilexample.com\n" in message
    assert "GET /users  credentials: omit  Access-Control-Allow-Origin: https://evilexample.com" in message
    assert f'= fix: allow_origins=["{PAGE}"]' in message


def test_the_fault_of_the_policy_is_the_cause() -> None:
    app = make_app(cors={"allow_origins": ["*"], "allow_credentials": True})
    with pytest.raises(AssertionError, match=r"error\[CORS301\]") as error:
        assert_no_foreign_access(app, trusted=[PAGE])
    assert "reflection: any site is allowed" in str(error.value)
    assert "credentials: include" in str(error.value)


def test_a_public_api_is_asked_with_credentials_alone() -> None:
    public = make_app(cors={"allow_origins": ["*"]})
    with pytest.raises(AssertionError, match="the answer says "):
        assert_no_foreign_access(public, trusted=[])
    assert_no_foreign_access(public, trusted=[], credentials=["include"])


def test_no_unsafe_endpoint_runs() -> None:
    app = make_app(cors={"allow_origins": ["*"], "allow_methods": ["*"], "allow_headers": ["*"], "allow_credentials": True})
    assert {"POST /users", "DELETE /users/{user_id}"} <= {found.request for found in find_foreign_access(app, trusted=[PAGE])}
    assert set(app.state.ran) == {"list_users"}


def test_a_list_of_headers_does_not_hide_how_origins_are_compared() -> None:
    app = make_app(cors={"allow_origin_regex": r".*\.example\.com", "allow_methods": ["POST"]})
    assert "POST /users" in {found.request for found in find_foreign_access(app, trusted=[PAGE])}


def test_an_error_answer_that_lets_everyone_in_is_found() -> None:
    app = make_app()

    @app.exception_handler(404)
    async def not_found(request: Request, error: Exception) -> Response:
        return Response("?", 404, {"access-control-allow-origin": request.headers.get("origin", "*")})

    found = find_foreign_access(app, trusted=[PAGE], ignore=["cache split"])
    assert {foreign_access.kind for foreign_access in found} == {"reflection"}
    assert "GET /corsense-a-path-that-does-not-exist" in {foreign_access.request for foreign_access in found}


def test_a_preflight_that_lets_in_whom_the_answer_does_not_is_found() -> None:
    app = make_app()

    @app.options("/open")
    def preflight(request: Request) -> Response:
        return Response(headers={"access-control-allow-origin": request.headers["origin"], "access-control-allow-methods": "*"})

    @app.get("/open")
    def read() -> None: ...

    app.user_middleware.clear()
    assert {foreign_access.kind for foreign_access in find_foreign_access(app, trusted=[PAGE])} == {"preflight differs"}


def test_answers_that_a_cache_would_mix_up_are_found() -> None:
    app = app_that_lets_in(lambda origin: origin == PAGE)

    @app.middleware("http")
    async def forget(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        if "origin" not in request.headers:
            del response.headers["vary"]
        return response

    found = find_foreign_access(app, trusted=[PAGE])
    assert {(foreign_access.kind, foreign_access.origin) for foreign_access in found} == {("cache split", "(no Origin)")}
    with pytest.raises(AssertionError, match=r"\[CORS605\]"):
        assert_no_foreign_access(app, trusted=[PAGE])
    assert_no_foreign_access(app, trusted=[PAGE], ignore=["cache split"])


def test_each_kind_that_comes_from_an_origin_has_probes() -> None:
    from_answers = {"preflight differs", "cache split", "wildcard on this machine", "listed"}
    assert {probe.kind for probe in foreign_origins([PAGE])} == set(KINDS) - from_answers


@pytest.mark.parametrize("own", [True, pytest.param(False, marks=needs_vary)])
def test_a_page_that_the_apps_own_list_names_and_nobody_trusts_is_found(own: bool) -> None:
    app = make_app(cors={} if own else {"allow_origins": [PAGE, "https://old.example.net"]})
    if own:
        install(
            app,
            Policy(origins=[PAGE, "https://old.example.net"]),
            policies={"/users": Policy(origins=["https://*.partner.example"])},
        )
    found = find_foreign_access(app, trusted=[PAGE])
    assert {foreign_access.kind for foreign_access in found} == {"listed"}
    untrusted_pages = {foreign_access.origin for foreign_access in found}
    assert "https://old.example.net" in untrusted_pages
    assert any(origin.endswith(".partner.example") for origin in untrusted_pages) is own
    with pytest.raises(AssertionError, match="name them in trusted="):
        assert_no_foreign_access(app, trusted=[PAGE])
    assert_no_foreign_access(app, trusted=[PAGE, "https://old.example.net", "https://*.partner.example"])


def test_the_refusals_that_are_wanted_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(cors={})
    install(app, Policy(origins=[PAGE]))
    assert_no_foreign_access(app, trusted=[PAGE])
    assert caplog.messages == []
    with pytest.raises(AssertionError):
        assert_cors_allowed(app, "GET", "/users", origin="https://late.example")
    assert len(caplog.messages) == 1


def test_no_probe_is_trusted_itself() -> None:
    origins = {probe.origin for probe in foreign_origins(["https://*.example.com", "http://localhost:*"])}
    assert "https://evil.example.com" not in origins
    assert "http://localhost:31337" not in origins
    assert "https://evilexample.com" in origins


@pytest.mark.parametrize("trusted", ["*", "null", "https://app.example.com/", "app.example.com"])
def test_what_cannot_be_trusted_is_refused(trusted: str) -> None:
    with pytest.raises(ValueError, match="is not an origin that can be trusted"):
        assert_no_foreign_access(make_app(), trusted=[trusted])


def test_a_kind_that_does_not_exist_cannot_be_ignored() -> None:
    with pytest.raises(ValueError, match="must be one of 'reflection'"):
        assert_no_foreign_access(make_app(), trusted=[PAGE], ignore=["caches"])


def test_a_mounted_app_that_is_open_is_found() -> None:
    app = make_app()
    inner = FastAPI()
    inner.add_middleware(CORSMiddleware, allow_origins=["*"])

    @inner.get("/health")
    def health() -> None: ...

    app.mount("/open", inner)
    assert {foreign_access.request for foreign_access in find_foreign_access(app, trusted=[PAGE])} >= {"GET /open/health"}
