"""A team directory, configured from the environment as one, two: the space after the comma stays."""

import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

DEFAULT = "https://app.example.com, http://localhost:3000"


class User(BaseModel):
    """Somebody in the directory."""

    name: str


app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=[origin.strip() for origin in os.environ.get("DEMO_ORIGINS", DEFAULT).split(",")],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    """Add somebody."""
    return user
