"""An online shop, deployed. Each environment names its own frontend, and production is the default."""

import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

ORIGINS = {
    "production": ["https://shop.example.com"],
    "development": ["http://localhost:3000"],
}

app = FastAPI(title="Shop")
app.add_middleware(
    CORSMiddleware,
    allow_origins=ORIGINS[os.environ.get("APP_ENV", "production")],
    allow_methods=["GET", "POST"],
)


class Order(BaseModel):
    article: str
    quantity: int = 1


@app.get("/api/orders")
def list_orders() -> list[Order]:
    return [Order(article="Teapot")]


@app.post("/api/orders", status_code=201)
def place_order(order: Order) -> Order:
    return order
