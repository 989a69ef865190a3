"""A library with a login by cookie. The listed origin may send it."""

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Library")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


class Loan(BaseModel):
    book: str


@app.post("/api/login")
def login(response: Response) -> dict[str, str]:
    response.set_cookie("reader", "ada", httponly=True)
    return {"name": "Ada"}


@app.post("/api/loans", status_code=201)
def borrow(loan: Loan) -> Loan:
    return loan
