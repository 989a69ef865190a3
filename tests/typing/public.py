"""What users write, with the types they get: mypy and pyright check this file, nothing runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_type

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings

from corsense import CORSMiddleware, CORSOrigins, CORSSettings, OriginPattern, Policy, PolicyError, cors, install
from corsense.fetch import (
    Allowed,
    Blocked,
    Browser,
    CorsError,
    Failed,
    FetchRequest,
    NetworkError,
    Trace,
    WireRequest,
    WireResponse,
)
from corsense.testing import assert_cors_allowed, assert_cors_blocked, cors_matrix
from corsense.transports import drive


class Settings(BaseSettings):
    allowed_origins: CORSOrigins = []


def policies() -> None:
    listed: list[str] = ["https://app.example.com"]
    policy = Policy(origins=listed, credentials=True, methods=("PUT",), request_headers=["x-token"], max_age=600)
    assert_type(policy, Policy)
    assert_type(Policy.public_api(), Policy)
    assert_type(Policy.development(), Policy)
    Policy(origins=["https://*.example.com", "capacitor://localhost"])
    Policy(origins="*")
    OriginPattern.parse("https://*.example.com")
    try:
        Policy(origins="*", credentials=True)
    except PolicyError as error:
        assert_type(str(error), str)


def apps() -> None:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, policy=Policy(origins=["https://app.example.com"]))
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["GET"], allow_credentials=True)
    install(app, Policy(origins=["https://app.example.com"]), policies={"/public/*": Policy.public_api()})
    install(app, CORSSettings().policy)
    install(app, Policy(origins=["https://app.example.com"]), inspector=True)

    @app.get("/feed", dependencies=[Depends(cors(Policy.public_api()))])
    def feed() -> list[str]:
        return []


def fetches() -> None:
    browser = Browser(engine="firefox")
    request = FetchRequest(
        url="http://localhost:8000/api/users",
        origin="http://localhost:3000",
        method="POST",
        headers=[("Content-Type", "text/plain")],
    )

    def send(wire: WireRequest) -> WireResponse | NetworkError:
        assert_type(wire.header("origin"), str | None)
        return WireResponse(405, [("allow", "GET")]) if wire.preflight else NetworkError("connection refused")

    trace = drive(browser.fetch(request), send)
    assert_type(trace, Trace)
    assert_type(trace.outcome, Allowed | Blocked | Failed)
    if isinstance(trace.outcome, Blocked):
        assert_type(trace.outcome.error, CorsError)
    assert_type(trace.console("webkit"), list[str])


def tests() -> None:
    app = FastAPI()
    origins: Sequence[str] = ["https://app.example.com"]
    assert_cors_allowed(app, "DELETE", "/users/7", origin=origins[0], credentials="include", headers={"X-Token": "1"})
    assert_cors_allowed(app, "POST", "/users", origin=origins[0], json={"name": "Ada"})
    assert_cors_blocked(app, "DELETE", "/users/7", origin="http://localhost:3000", error="PreflightMissingAllowOriginHeader")
    print(cors_matrix(app, origins=origins))
