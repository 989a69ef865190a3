"""A service desk. The frontend's new HTTP client numbers its requests in X-Request-ID."""

from typing import Annotated

from fastapi import FastAPI, Header
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Service desk")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["Authorization"],
)


class Ticket(BaseModel):
    subject: str
    request_id: str | None = None


@app.post("/api/tickets", status_code=201)
def open_ticket(ticket: Ticket, x_request_id: Annotated[str | None, Header()] = None) -> Ticket:
    return ticket.model_copy(update={"request_id": x_request_id})
