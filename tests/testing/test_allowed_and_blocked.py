from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from corsense import Policy, install
from corsense.fetch import Allowed, Blocked, CorsError
from corsense.testing import assert_cors_allowed, assert_cors_blocked
from tests.testing.apps import PAGE, UNTRUSTED_ORIGIN, make_app, needs_vary


def said_by(error: pytest.ExceptionInfo[AssertionError]) -> str:
    return str(error.value)


def folded(text: str) -> str:
    """A text without the line ends of its wrapped rows."""
    return " ".join(text.split())


def test_a_call_that_browsers_allow_passes_and_gives_its_trace() -> None:
    trace = assert_cors_allowed(make_app(), "GET", "/users", origin=PAGE)
    assert isinstance(trace.outcome, Allowed)


def test_the_endpoint_runs_once_behind_its_preflight() -> None:
    app = make_app()
    trace = assert_cors_allowed(app, "POST", "/users", origin=PAGE, json={"name": "Ada"})
    assert [exchange.request.method for exchange in trace.exchanges] == ["OPTIONS", "POST"]
    assert app.state.ran == ["create_user"]


def test_an_endpoint_behind_a_refused_preflight_does_not_run() -> None:
    app = make_app()
    assert_cors_blocked(app, "DELETE", "/users/7", origin=PAGE)
    assert app.state.ran == []


def test_a_failure_reads_like_the_console_and_ends_with_cause_and_fix() -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(make_app(), "DELETE", "/users/7", origin=PAGE)
    message_text = said_by(error)
    assert message_text.startswith(f"DELETE https://testserver/users/7 from a page at {PAGE} is blocked in Chromium")
    assert (
        "Access to fetch at 'https://testserver/users/7' from origin 'https://app.example.com' has been blocked by CORS policy: "
        "Response to preflight request doesn't pass access control check: It does not have HTTP ok status."
    ) in message_text
    assert "1. OPTIONS https://testserver/users/7 (preflight) -> 400" in message_text
    assert "DELETE is never sent" in message_text
    assert "error[CORS601]: DELETE is not in allow_methods\n" in message_text
    assert "= browser: the preflight asks for DELETE and gets 400" in message_text
    assert '= fix: allow_methods=["GET", "POST", "DELETE"]' in message_text
    assert "= help: corsense rule CORS601" in message_text


@pytest.mark.parametrize(
    ("engine", "line"), [("firefox", "Cross-Origin Request Blocked: "), ("webkit", "Fetch API cannot load ")]
)
def test_a_failure_speaks_as_the_engine_that_was_asked_for(engine: str, line: str) -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(make_app(), "GET", "/users", origin=UNTRUSTED_ORIGIN, engine=engine)  # type: ignore[arg-type]
    assert line in said_by(error)


def test_the_entry_that_was_meant_is_shown_beside_the_origin() -> None:
    app = make_app(cors={"allow_origins": [f"{PAGE}/", "https://other.example"]})
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(app, "GET", "/users", origin=PAGE)
    message_text = said_by(error)
    assert "error[CORS201]: 'https://app.example.com/' ends with a slash, so no page matches" in message_text
    assert f"browsers send '{PAGE}'" in message_text
    assert f'= fix: allow_origins=["https://other.example", "{PAGE}"]' in message_text


def test_a_missing_middleware_is_named_with_what_to_add() -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(make_app(cors={}), "GET", "/users", origin=PAGE)
    assert "error[CORS101]: The app has no CORSMiddleware" in said_by(error)
    assert f'allow_origins=["{PAGE}"]' in said_by(error)


def test_a_crash_is_called_a_crash_and_not_raised() -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(make_app(), "GET", "/crash", origin=PAGE)
    assert "error[CORS702]: The app crashes in crash: ZeroDivisionError: division by zero" in folded(said_by(error))
    assert "return 1 / 0" in said_by(error)
    assert "apps.py:" in said_by(error)


def test_a_crash_behind_an_outermost_layer_can_be_read() -> None:
    app = make_app(cors={})
    install(app, Policy(origins=[PAGE]))
    trace = assert_cors_allowed(app, "GET", "/crash", origin=PAGE)
    assert trace.response is not None
    assert trace.response.status == 500


def test_a_refusal_of_the_products_own_layer_is_explained() -> None:
    app = make_app(cors={})
    install(app, Policy(origins=["https://other.example"]))
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(app, "GET", "/users", origin=PAGE)
    assert "error[CORS202]" in said_by(error)
    assert "CORS101" not in said_by(error)


def test_a_layer_outside_of_cors_that_answers_is_reported_by_its_status() -> None:
    app = make_app()

    @app.middleware("http")
    async def authenticate(request: Request, call_next: object) -> JSONResponse:
        return JSONResponse({"detail": "no"}, 401)

    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(app, "GET", "/users", origin=PAGE)
    assert "error[CORS401]: authenticate is outside CORSMiddleware" in said_by(error)
    assert "Its own responses (401) have no CORS headers" in folded(said_by(error))


def test_what_is_blocked_for_any_reason_passes_without_one() -> None:
    trace = assert_cors_blocked(make_app(), "GET", "/users", origin=UNTRUSTED_ORIGIN)
    assert isinstance(trace.outcome, Blocked)


@pytest.mark.parametrize("error", [CorsError.MissingAllowOriginHeader, "MissingAllowOriginHeader"])
def test_the_reason_can_be_named(error: CorsError | str) -> None:
    assert_cors_blocked(make_app(), "GET", "/users", origin=UNTRUSTED_ORIGIN, error=error)


def test_being_blocked_for_another_reason_fails() -> None:
    with pytest.raises(AssertionError, match="blocked as expected, but by MissingAllowOriginHeader, not by AllowOriginMismatch"):
        assert_cors_blocked(make_app(), "GET", "/users", origin=UNTRUSTED_ORIGIN, error="AllowOriginMismatch")


def test_being_allowed_where_blocked_is_wanted_names_what_lets_the_origin_in() -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_blocked(make_app(), "GET", "/users", origin=PAGE)
    assert "is allowed in Chromium" in said_by(error)
    assert f"error: {PAGE} is allowed by allow_origins=['{PAGE}']" in said_by(error)


@needs_vary
def test_a_policy_that_lets_in_everyone_is_the_cause() -> None:
    app = make_app(cors={"allow_origins": ["*"], "allow_credentials": True})
    with pytest.raises(AssertionError, match=r"error\[CORS301\]"):
        assert_cors_blocked(app, "GET", "/users", origin=UNTRUSTED_ORIGIN, credentials="include")


def test_no_answer_is_neither_allowed_nor_blocked_by_cors() -> None:
    target = "http://127.0.0.1:9"
    with pytest.raises(AssertionError, match="fails in Chromium"):
        assert_cors_allowed(target, "GET", "/", origin="http://localhost:3000")
    with pytest.raises(AssertionError, match="CORS does not block it"):
        assert_cors_blocked(target, "GET", "/", origin="http://localhost:3000")


def test_credentials_need_the_servers_consent() -> None:
    assert_cors_allowed(make_app(), "GET", "/users", origin=PAGE, credentials="omit")
    assert_cors_blocked(make_app(), "GET", "/users", origin=PAGE, credentials="include", error="InvalidAllowCredentials")


def test_headers_are_preflighted_as_browsers_spell_them() -> None:
    app = make_app(cors={"allow_origins": [PAGE], "allow_headers": ["x-b", "authorization"]})
    trace = assert_cors_allowed(app, "GET", "/users", origin=PAGE, headers={"X-B": "1", "Authorization": "Bearer hush"})
    assert trace.exchanges[0].request.header("access-control-request-headers") == "authorization,x-b"


def test_no_secret_is_printed() -> None:
    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(
            make_app(),
            "GET",
            "/users?token=hush-1",
            origin=PAGE,
            headers={"Authorization": "Bearer hush-2", "Cookie": "a=hush-3"},
        )
    assert "error[CORS602]" in said_by(error)
    assert "hush" not in said_by(error)


def test_what_a_server_sends_cannot_write_to_the_terminal() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"access-control-allow-origin", b"\x1b[31mred")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    with pytest.raises(AssertionError) as error:
        assert_cors_allowed(app, "GET", "/", origin=PAGE)
    assert "\x1b" not in said_by(error)


def test_a_redirect_is_followed_as_the_browser_follows_it() -> None:
    app = make_app()

    @app.get("/old")
    def old() -> RedirectResponse:
        return RedirectResponse("/users")

    trace = assert_cors_allowed(app, "GET", "/old", origin=PAGE)
    assert [exchange.request.url for exchange in trace.exchanges] == ["https://testserver/old", "https://testserver/users"]


def test_a_redirect_to_another_server_is_not_followed_in_a_test() -> None:
    app = make_app()

    @app.get("/login")
    def login() -> RedirectResponse:
        return RedirectResponse("https://accounts.example/authorize")

    with pytest.raises(AssertionError, match="which a test does not call"):
        assert_cors_allowed(app, "GET", "/login", origin=PAGE)


def test_the_app_is_left_as_it_was() -> None:
    app = make_app()
    with pytest.raises(AssertionError):
        assert_cors_allowed(app, "DELETE", "/users/7", origin=PAGE)
    layers: list[ASGIApp] = []
    layer = app.middleware_stack
    while layer is not None:
        layers.append(layer)
        layer = getattr(layer, "app", None)
    assert "CORSMiddleware" in [type(layer).__name__ for layer in layers]
    assert [layer for layer in layers if type(layer).__module__.startswith("corsense")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"origin": f"{PAGE}/"}, f"did you mean '{PAGE}'"),
        ({"origin": "https://testserver"}, "have the same origin"),
        ({"path": "users"}, "starts with a slash"),
        ({"credentials": "yes"}, "must be 'omit'"),
        ({"engine": "netscape"}, "is not a browser engine"),
        ({"body": "a", "json": {}}, "not both"),
    ],
)
def test_what_no_page_can_ask_is_a_mistake_of_the_test(arguments: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"path": "/users", "origin": PAGE, **arguments}
    with pytest.raises(ValueError, match=message):
        assert_cors_allowed(make_app(), "GET", **given)  # type: ignore[arg-type]


def test_a_reason_that_no_browser_has_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="did you mean AllowOriginMismatch"):
        assert_cors_blocked(make_app(), "GET", "/users", origin=UNTRUSTED_ORIGIN, error="AlowOriginMismatch")


def test_what_cannot_be_called_cannot_be_tested() -> None:
    with pytest.raises(ValueError, match="cannot be tested: give an ASGI app"):
        assert_cors_allowed(42, "GET", "/", origin=PAGE)
    with pytest.raises(ValueError, match="cannot be tested"):
        assert_cors_allowed(FastAPI, "GET", "/", origin=PAGE)


@needs_vary
def test_a_redirect_that_the_cors_layer_does_not_permit_is_a_matter_of_the_origin() -> None:
    with pytest.raises(AssertionError, match=r"error\[CORS202\]: ") as failed:
        assert_cors_allowed(make_app(), "GET", "/users/", origin=UNTRUSTED_ORIGIN)
    assert "CORS801" not in str(failed.value)
