"""A team directory. To a browser, localhost and 127.0.0.1 are two different hosts."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


class User(BaseModel):
    """Somebody in the directory."""

    name: str


app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    """Add somebody."""
    return user
