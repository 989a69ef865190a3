"""A ticket shop that can be closed for maintenance. The page should say so, and says "Failed to fetch"."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

CLOSED = True

app = FastAPI(title="Tickets")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
)


@app.middleware("http")
async def closed_for_maintenance(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if CLOSED:
        return JSONResponse({"detail": "Back at noon"}, status_code=503)
    return await call_next(request)


@app.get("/api/tickets")
def list_tickets() -> list[str]:
    return ["Concert", "Theatre"]
