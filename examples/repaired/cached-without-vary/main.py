"""A price list behind a CDN. Two shops share it, and Vary: Origin keeps their answers apart."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

SHOPS = {"http://localhost:3000", "https://shop.example.com"}

app = FastAPI(title="Prices")


@app.middleware("http")
async def let_caches_keep(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


app.add_middleware(CORSMiddleware, allow_origins=sorted(SHOPS))


@app.get("/api/prices")
def list_prices() -> dict[str, float]:
    return {"teapot": 24.5, "cup": 6.0}
