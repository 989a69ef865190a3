"""A diary with an API key. CORS is added last, so it is outermost: it answers preflights, and marks the 401s."""

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint


class RequireKey(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.headers.get("X-API-Key") != "secret":
            return JSONResponse({"detail": "API key missing or wrong"}, status_code=401)
        return await call_next(request)


class Entry(BaseModel):
    text: str


app = FastAPI(title="Diary")
app.add_middleware(RequireKey)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
)


@app.post("/api/entries", status_code=201)
def write(entry: Entry) -> Entry:
    return entry
