"""A guest book. The frontend runs on its own development server, port 3000."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Guest book")


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
