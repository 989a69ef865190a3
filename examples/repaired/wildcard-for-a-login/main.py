"""A library with a login by cookie. The page that may use the cookie is named."""

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Library")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["GET", "POST"],
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
