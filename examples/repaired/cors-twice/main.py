"""A price list. A shared function adds CORS for every service of the company, with the service's own origins."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


def company_defaults(app: FastAPI, *origins: str) -> None:
    allowed = ["https://intranet.example.com", *origins]
    app.add_middleware(CORSMiddleware, allow_origins=allowed, allow_methods=["GET", "POST"])


class Price(BaseModel):
    article: str
    euros: float


app = FastAPI(title="Prices")
company_defaults(app, "http://localhost:3000")


@app.get("/api/prices")
def list_prices() -> list[Price]:
    return [Price(article="Teapot", euros=24.5)]


@app.post("/api/prices", status_code=201)
def set_price(price: Price) -> Price:
    return price
