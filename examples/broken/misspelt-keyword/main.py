"""A product with one subdomain for each customer. It imports, and fails at the first request."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Tenants")
app.add_middleware(
    CORSMiddleware,
    allow_origins_regex=r"https://[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
)


class Invoice(BaseModel):
    number: str


@app.get("/api/invoices")
def list_invoices() -> list[Invoice]:
    return [Invoice(number="2026-001")]


@app.post("/api/invoices", status_code=201)
def create_invoice(invoice: Invoice) -> Invoice:
    return invoice
