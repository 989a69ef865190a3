"""A poll. "The browser sends OPTIONS first", so there is a handler for it. It permits nothing."""

from fastapi import FastAPI
from pydantic import BaseModel


class Vote(BaseModel):
    """A choice."""

    choice: str


app = FastAPI(title="Poll")


@app.options("/api/votes")
def preflight() -> dict[str, bool]:
    """What the browser asks first."""
    return {"ok": True}


@app.post("/api/votes", status_code=201)
def vote(vote: Vote) -> Vote:
    """Count a vote."""
    return vote
