"""A poll. The preflight passes, the vote is counted, and the page learns that it failed. So people vote again."""

from fastapi import FastAPI, Response
from pydantic import BaseModel

app = FastAPI(title="Poll")


class Vote(BaseModel):
    choice: str


@app.options("/api/votes")
def preflight() -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": "http://localhost:3000",
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "Content-Type",
        },
    )


@app.post("/api/votes", status_code=201)
def vote(vote: Vote) -> Vote:
    return vote
