"""A team directory. Nobody has thought of CORS yet."""

from fastapi import FastAPI
from pydantic import BaseModel


class User(BaseModel):
    """Somebody in the directory."""

    name: str


app = FastAPI(title="Team directory")


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    """Add somebody."""
    return user
