"""A shop whose settings are put together from parts: scheme, host and port."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

SCHEME, HOST, PORT = "https", "shop.example.com", 443

app = FastAPI(title="Shop")
app.add_middleware(
    CORSMiddleware,
    allow_origins=[f"{SCHEME}://{HOST}:{PORT}"],
    allow_methods=["GET", "POST"],
)


class Order(BaseModel):
    article: str


@app.get("/api/orders")
def list_orders() -> list[Order]:
    return [Order(article="Teapot")]


@app.post("/api/orders", status_code=201)
def place_order(order: Order) -> Order:
    return order
