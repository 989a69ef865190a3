"""A poll. CORSMiddleware answers preflights; a handler for OPTIONS is not needed."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Poll")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


class Vote(BaseModel):
    choice: str


@app.post("/api/votes", status_code=201)
def vote(vote: Vote) -> Vote:
    return vote
