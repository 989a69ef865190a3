"""An online shop, deployed. The list of origins is still the one from the first week."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Shop")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
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
