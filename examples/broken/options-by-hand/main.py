"""A poll. "The browser sends OPTIONS first", so there is a handler for it. It permits nothing."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Poll")


class Vote(BaseModel):
    choice: str


@app.options("/api/votes")
def preflight() -> dict[str, bool]:
    return {"ok": True}


@app.post("/api/votes", status_code=201)
def vote(vote: Vote) -> Vote:
    return vote
