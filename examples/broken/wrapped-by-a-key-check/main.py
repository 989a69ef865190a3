"""A metering API, wrapped as a whole by a key check. FastAPI and its CORS layer never see a preflight."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send


class KeyCheck:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-api-key", b"secret") not in scope["headers"]:
            await PlainTextResponse("Forbidden", status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class Reading(BaseModel):
    kilowatt_hours: float


api = FastAPI(title="Metering")
api.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
)


@api.post("/api/readings", status_code=201)
def record(reading: Reading) -> Reading:
    return reading


app = KeyCheck(api)
