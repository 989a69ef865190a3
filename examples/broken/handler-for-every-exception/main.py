"""A stock list with a handler for every exception. Its answer comes from outside the CORS layer."""

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse


class DatabaseAway(Exception):
    """The database does not answer."""


app = FastAPI(title="Stock")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
)


@app.exception_handler(Exception)
async def apologise(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Please try again later"}, status_code=500)


@app.get("/api/stock")
def stock() -> dict[str, int]:
    raise DatabaseAway
