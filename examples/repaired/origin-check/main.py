"""A menu for the guests' tablets. The API checks Origin by itself, with a list that the new kiosk page is in."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

PAGES = ["https://menu.example.com", "http://localhost:3000"]

app = FastAPI(title="Menu")


@app.middleware("http")
async def check_origin(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.headers.get("Origin", PAGES[0]) not in PAGES:
        return PlainTextResponse("Invalid Origin header", status_code=403)
    return await call_next(request)


app.add_middleware(CORSMiddleware, allow_origins=PAGES)


@app.get("/api/dishes")
def list_dishes() -> list[str]:
    return ["Soup", "Stew"]
