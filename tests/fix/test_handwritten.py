from __future__ import annotations

import pytest

from corsense.fix.edits import address_instead_of_redirect, remove_manual_cors, vary_by_origin
from tests.fix.programs import line_of, program

LAYER = program("""
    app = FastAPI()


    # From a forum.
    @app.middleware("http")
    async def cors(request, call_next):
        response = Response() if request.method == "OPTIONS" else await call_next(request)
        response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response.headers["Vary"] = "Origin"
        return response


    x = 1
""")


def removed(text: str) -> str | None:
    return remove_manual_cors(text, line_of(text, "@app.middleware"))


def test_a_function_that_only_sets_cors_headers_goes_with_its_comment() -> None:
    assert removed(LAYER) == "app = FastAPI()\n\n\nx = 1\n"


@pytest.mark.parametrize(
    "more",
    [
        'response.headers["X-Time"] = "1"',
        "log(request)",
        'response.headers["Vary"] = "Accept-Encoding"',
    ],
)
def test_what_else_a_function_does_stays(more: str) -> None:
    plain = LAYER.replace('Response() if request.method == "OPTIONS" else ', "")
    text = plain.replace("    return response", f"    {more}\n    return response")
    edited = removed(text)
    assert edited is not None
    assert more in edited
    assert "Access-Control" not in edited
    assert removed(edited) is None


def test_a_condition_and_a_name_for_nothing_but_cors_go_too() -> None:
    text = program("""
        @app.middleware("http")
        async def share(request, call_next):
            response = await call_next(request)
            origin = request.headers.get("Origin")
            if origin in SHOPS:
                response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Cache-Control"] = "public"
            return response
    """)
    edited = removed(text)
    assert edited == program("""
        @app.middleware("http")
        async def share(request, call_next):
            response = await call_next(request)
            response.headers["Cache-Control"] = "public"
            return response
    """)


@pytest.mark.parametrize(
    "change",
    [
        ('request.headers.get("Origin", "*")', "allowed_origin(request)"),
        ("x = 1", "x = cors"),
        ('response.headers["Vary"] = "Origin"', 'response.headers.update({"Access-Control-Max-Age": "1"}); log()'),
        ('@app.middleware("http")', '@app.middleware("websocket")'),
    ],
)
def test_a_function_that_may_do_more_than_it_shows_is_left_alone(change: tuple[str, str]) -> None:
    text = LAYER.replace(*change)
    assert remove_manual_cors(text, line_of(text, "@app.middleware")) is None


def test_vary_is_set_before_the_response_leaves() -> None:
    text = LAYER.replace('    response.headers["Vary"] = "Origin"\n', "")
    edited = vary_by_origin(text, line_of(text, "@app.middleware"))
    assert edited == text.replace("    return response", '    response.headers.add_vary_header("Origin")\n    return response')
    assert vary_by_origin(edited, line_of(edited, "@app.middleware")) is None
    assert vary_by_origin(LAYER, line_of(LAYER, "@app.middleware")) is None


def test_an_endpoint_tells_the_address_in_place_of_redirecting() -> None:
    text = program("""
        from fastapi import FastAPI
        from fastapi.responses import RedirectResponse

        @app.get("/")
        def report() -> RedirectResponse:
            return RedirectResponse(f"{FILES}/a.csv")
    """)
    edited = address_instead_of_redirect(text, line_of(text, "@app.get"))
    assert edited is not None
    assert 'def report() -> JSONResponse:\n    return JSONResponse({"url": f"{FILES}/a.csv"})' in edited
    assert "from fastapi.responses import JSONResponse\n" in edited
    assert address_instead_of_redirect(text.replace('a.csv")', 'a.csv", 301)'), 4) is None
