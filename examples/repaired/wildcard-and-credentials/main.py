"""A bank, for toys. One page may act for the customer who is logged in."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Toy bank")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["GET", "POST"],
)


class Transfer(BaseModel):
    to: str
    amount: int


@app.get("/api/balance")
def balance() -> dict[str, int]:
    return {"balance": 1200}


@app.post("/api/transfers", status_code=201)
def transfer(order: Transfer) -> Transfer:
    return order
