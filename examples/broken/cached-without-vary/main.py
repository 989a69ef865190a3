"""A price list behind a CDN. Two shops share it, and sometimes one of them gets the other's answer."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

SHOPS = {"http://localhost:3000", "https://shop.example.com"}

app = FastAPI(title="Prices")


@app.middleware("http")
async def share_with_shops(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    origin = request.headers.get("Origin")
    if origin in SHOPS:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@app.get("/api/prices")
def list_prices() -> dict[str, float]:
    return {"teapot": 24.5, "cup": 6.0}
