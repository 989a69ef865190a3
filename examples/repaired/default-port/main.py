"""A shop. Browsers never mention port 443 of an https origin, so the list does not either."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Shop")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://shop.example.com"],
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
