"""Layers that are not in the app's own stack: around one endpoint, around what is mounted, put there by instrumentation."""

from __future__ import annotations

import pytest

from corsense.app import AppSession, ExchangeFacts, Probe, ProbeResult, Situation
from corsense.fetch import Allowed, FetchRequest
from tests.app.conftest import OpenApp

OWN = "https://own.example"
STARLETTE = """
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route


async def raw(scope, receive, send):
    raise SystemExit("the endpoint ran")


async def items(request):
    raise SystemExit("the endpoint ran")

"""


def tried(session: AppSession, path: str, situation: Situation = "success", method: str = "GET") -> ProbeResult:
    (result,) = session.run([Probe(FetchRequest(f"http://localhost:8000{path}", OWN, method), situation)])
    return result


def last(result: ProbeResult) -> ExchangeFacts:
    return result.exchanges[-1]


@pytest.mark.parametrize(
    "route",
    [
        f"Route('/own', CORSMiddleware(raw, allow_origins=['{OWN}']))",
        f"Route('/own', items, middleware=[Middleware(CORSMiddleware, allow_origins=['{OWN}'])])",
        f"Mount('/own', CORSMiddleware(raw, allow_origins=['{OWN}']))",
        f"Mount('/own', raw, middleware=[Middleware(CORSMiddleware, allow_origins=['{OWN}'])])",
        f"Mount('/own', Starlette(routes=[Route('/', items)], middleware=[Middleware(CORSMiddleware, allow_origins=['{OWN}'])]))",
    ],
    ids=["endpoint", "middleware of a route", "mounted", "middleware of a mount", "mounted app"],
)
def test_the_layer_around_a_part_answers_and_what_is_inside_does_not_run(open_app: OpenApp, route: str) -> None:
    session = open_app(f"{STARLETTE}\napp = Starlette(routes=[{route}, Route('/items', items)])\n")
    path = "/own/" if "Mount" in route else "/own"
    result = tried(session, path)
    assert isinstance(result.trace.outcome, Allowed), result.trace.outcome
    facts = last(result)
    assert facts.stood_in
    assert facts.answered_by == "endpoint"
    (layer,) = [layer for layer in session.description.layers if layer.is_cors]
    assert layer.index in facts.passed
    assert layer.arguments == {"allow_origins": [OWN]}
    assert not isinstance(tried(session, "/items").trace.outcome, Allowed)


def test_a_preflight_is_answered_by_the_layer_around_the_endpoint(open_app: OpenApp) -> None:
    own = f"CORSMiddleware(raw, allow_origins=['{OWN}'], allow_methods=['PUT'])"
    session = open_app(f"{STARLETTE}\napp = Starlette(routes=[Route('/own', {own})])\n")
    result = tried(session, "/own", method="PUT")
    assert isinstance(result.trace.outcome, Allowed)
    (layer,) = [layer for layer in session.description.layers if layer.is_cors]
    assert result.exchanges[0].answered_by == layer.index
    assert (layer.position, layer.route) == ("route", 0)
    assert session.description.cors_layers == (), "it says nothing about other routes"
    assert layer in session.description.stack(0, 0)
    assert layer not in session.description.stack(0)


def test_what_is_inside_of_a_layer_answers_its_errors_itself(open_app: OpenApp) -> None:
    """The layer of the endpoint sees the 403 of an ASGI app, where that of a function is answered further out."""
    session = open_app(f"{STARLETTE}\napp = Starlette(routes=[Route('/own', CORSMiddleware(raw, allow_origins=['{OWN}']))])\n")
    result = tried(session, "/own", "http_exception")
    assert isinstance(result.trace.outcome, Allowed)
    assert result.trace.response is not None
    assert result.trace.response.status == 403


def test_a_route_whose_app_is_replaced_by_a_wrapped_one_keeps_the_wrapper(open_app: OpenApp) -> None:
    session = open_app(
        f"""{STARLETTE}
class Marking(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-marked"] = "yes"
        return response


home = Route("/", items)
home.app = CORSMiddleware(Marking(home.app), allow_origins=["{OWN}"])
app = Starlette(routes=[home])
"""
    )
    result = tried(session, "/")
    assert isinstance(result.trace.outcome, Allowed)
    assert result.trace.response is not None
    assert result.trace.response.header("x-marked") == "yes"
    assert [layer.name for layer in session.description.layers if layer.position == "route"] == ["CORSMiddleware", "Marking"]


def test_layers_around_an_app_that_cannot_be_looked_into_are_known(open_app: OpenApp) -> None:
    session = open_app(
        f"""
from starlette.middleware.cors import CORSMiddleware


async def raw(scope, receive, send):
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body"}})


app = CORSMiddleware(raw, allow_origins=["{OWN}"])
""",
        "main:app",
    )
    assert session.description.kind == "asgi"
    (layer,) = session.description.cors_layers
    assert layer.arguments == {"allow_origins": [OWN]}
    facts = last(tried(session, "/"))
    assert (facts.answered_by, facts.passed) == ("endpoint", (layer.index,))


INSTRUMENTED = """
import types

from starlette.middleware.errors import ServerErrorMiddleware
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware


class Tracing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def instrument(app):
    original = app.build_middleware_stack

    def build_middleware_stack(self):
        inner = original()
        return ServerErrorMiddleware(Tracing(ServerErrorMiddleware(Tracing(inner.app), handler=inner.handler)))

    app.build_middleware_stack = types.MethodType(build_middleware_stack, app)


app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://own.example"])


@app.get("/items")
def items():
    return []


instrument(app)
"""


def test_who_answers_is_known_where_instrumentation_builds_the_stack_anew(open_app: OpenApp) -> None:
    session = open_app(INSTRUMENTED)
    answered: dict[str, object] = {}
    situations: tuple[Situation, ...] = ("success", "error", "http_exception", "validation_error")
    for situation in situations:
        answered[situation] = last(tried(session, "/items", situation)).answered_by
    answered["unknown"] = last(tried(session, "/unknown")).answered_by
    assert answered == {
        "success": "endpoint",
        "error": "server-error",
        "http_exception": "exception-handler",
        "validation_error": "exception-handler",
        "unknown": "router",
    }
    builtin = [layer.name for layer in session.description.layers if layer.is_builtin]
    assert builtin[:2] == ["ServerErrorMiddleware", "ServerErrorMiddleware"]
