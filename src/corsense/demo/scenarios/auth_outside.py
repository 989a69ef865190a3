"""A diary with an API key. The check was added after CORS, so it is outside of it, and turns preflights away."""

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint


class RequireKey(BaseHTTPMiddleware):
    """Turns away who has no key."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.headers.get("X-API-Key") != "demo":
            return JSONResponse({"detail": "API key missing or wrong"}, status_code=401)
        return await call_next(request)


app = FastAPI(title="Diary")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_headers=["X-API-Key"],
)
app.add_middleware(RequireKey)


@app.get("/api/entries")
def list_entries() -> list[str]:
    """All entries."""
    return ["A quiet day."]
