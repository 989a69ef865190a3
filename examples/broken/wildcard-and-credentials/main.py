"""A bank, for toys. "Allow everything" was meant for a moment."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Toy bank")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
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
