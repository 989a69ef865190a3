"""A guest book with the shortest CORS settings there are. By default they allow GET, and nothing else."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Guest book")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


class Guest(BaseModel):
    name: str


@app.get("/api/users")
def list_guests() -> list[Guest]:
    return [Guest(name="Ada")]


@app.post("/api/users", status_code=201)
def sign(guest: Guest) -> Guest:
    return guest
