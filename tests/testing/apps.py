"""Apps to test with, made anew for each test: a stack is built once and for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

from corsense.fetch import WireRequest, WireResponse
from corsense.transports.asgi import asgi_send

PAGE = "https://app.example.com"
UNTRUSTED_ORIGIN = "https://evil.example"


def who() -> str:
    """A dependency, to be overridden."""
    return "nobody"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    app.state.started = True
    yield {"database": "open"}


def make_app(*, cors: dict[str, Any] | None = None) -> FastAPI:
    """An app that notes in `app.state.ran` which endpoints ran."""
    app = FastAPI(lifespan=lifespan)
    app.state.ran = []
    if cors is None:
        cors = {"allow_origins": [PAGE], "allow_methods": ["GET", "POST"], "allow_headers": ["content-type"]}
    if cors:
        app.add_middleware(CORSMiddleware, **cors)

    @app.get("/users")
    async def list_users(request: Request, response: Response, name: str = Depends(who)) -> dict[str, Any]:
        app.state.ran.append("list_users")
        response.headers["x-who"] = name
        return {"cookie": request.headers.get("cookie"), "database": getattr(request.state, "database", None)}

    @app.post("/users")
    async def create_user(user: dict[str, Any]) -> dict[str, Any]:
        app.state.ran.append("create_user")
        return user

    @app.post("/form")
    async def take_form(request: Request) -> dict[str, str]:
        app.state.ran.append("take_form")
        return {"body": (await request.body()).decode()}

    @app.delete("/users/{user_id}")
    def delete_user(user_id: int) -> dict[str, int]:
        app.state.ran.append("delete_user")
        return {"user": user_id}

    @app.get("/crash")
    def crash() -> float:
        return 1 / 0

    return app


def _varies_on_every_answer() -> bool:
    with asgi_send(make_app()) as send:
        answer = send(WireRequest("GET", "http://testserver/users", (("Origin", UNTRUSTED_ORIGIN),)))
    return isinstance(answer, WireResponse) and (answer.header("vary") or "").lower() == "origin"


needs_vary = pytest.mark.skipif(
    not _varies_on_every_answer(), reason="the CORS layer of this Starlette answers an origin that it refuses without Vary"
)
"""For tests of what Starlette's layer does since autumn 2026."""
