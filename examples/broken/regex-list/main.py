"""The loans of a tool library. Its two pages are listed where one regular expression belongs, so every request fails."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Tool library")
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=["http://localhost:3000", "https://tools.example.com"],
    allow_methods=["GET", "POST"],
)


class Loan(BaseModel):
    tool: str


@app.get("/api/loans")
def list_loans() -> list[Loan]:
    return [Loan(tool="Drill")]


@app.post("/api/loans", status_code=201)
def add_loan(loan: Loan) -> Loan:
    return loan
