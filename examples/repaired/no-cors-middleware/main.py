"""A guest book. The frontend runs on its own development server, port 3000."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Guest book")
# Pages from port 3000 are another origin than this API on port 8000, so the API has to say that they may read it.
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


class Guest(BaseModel):
    name: str


guests = [Guest(name="Ada")]


@app.get("/api/users")
def list_guests() -> list[Guest]:
    return guests


@app.post("/api/users", status_code=201)
def sign(guest: Guest) -> Guest:
    guests.append(guest)
    return guest
