"""A bank, for toys. The site is served over https, and only so."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Toy bank")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://bank.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
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
