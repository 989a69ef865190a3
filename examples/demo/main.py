"""A tea shop. The frontend runs on http://localhost:3000 and shows red lines, but for a different reason on each page."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Item(BaseModel):
    name: str
    price: float


class Order(BaseModel):
    item: int
    quantity: int = 1


ITEMS = {1: Item(name="Assam", price=8.5), 2: Item(name="Sencha", price=11.0)}

app = FastAPI(title="Tea shop")

app.add_middleware(
    CORSMiddleware,
    # The development server, and whatever the pull requests are deployed to.
    allow_origins=["http://localhost:3000/", "https://tea.example.com"],
    allow_origin_regex=r"https://[a-z0-9-]+.tea-previews.example.com",
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
    allow_credentials=True,
)


@app.middleware("http")
async def require_key(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.url.path.startswith("/api/orders") and request.headers.get("X-API-Key") != "let me in":
        return JSONResponse({"detail": "API key missing or wrong"}, status_code=401)
    return await call_next(request)


@app.get("/api/items")
def list_items() -> list[Item]:
    return list(ITEMS.values())


@app.post("/api/items", status_code=201)
def add_item(item: Item) -> Item:
    ITEMS[max(ITEMS, default=0) + 1] = item
    return item


@app.delete("/api/items/{number}", status_code=204)
def remove_item(number: Annotated[int, Path(ge=1)]) -> None:
    if ITEMS.pop(number, None) is None:
        raise HTTPException(status_code=404, detail="No such tea")


@app.post("/api/orders", status_code=201)
def place_order(order: Order) -> Order:
    return order
