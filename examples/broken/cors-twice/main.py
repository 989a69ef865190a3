"""A price list. A shared function adds CORS for every service of the company; this one had it before."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


def company_defaults(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=["https://intranet.example.com"], allow_methods=["GET", "POST"])


class Price(BaseModel):
    article: str
    euros: float


app = FastAPI(title="Prices")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
company_defaults(app)


@app.get("/api/prices")
def list_prices() -> list[Price]:
    return [Price(article="Teapot", euros=24.5)]


@app.post("/api/prices", status_code=201)
def set_price(price: Price) -> Price:
    return price
