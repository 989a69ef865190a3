"""A team directory, deployed. The list of origins is still the one of the first week."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


class User(BaseModel):
    """Somebody in the directory."""

    name: str


app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:5173", "http://127.0.0.1:5173"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    """Add somebody."""
    return user
