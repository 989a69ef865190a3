"""A service desk. The frontend's new HTTP client numbers its requests in X-Request-ID."""

from typing import Annotated

from fastapi import FastAPI, Header
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Service desk")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_headers=["Authorization"],
)


@app.get("/api/tickets")
def list_tickets(x_request_id: Annotated[str, Header()] = "none") -> dict[str, str]:
    """Open tickets."""
    return {"request": x_request_id}
