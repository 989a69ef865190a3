"""A mailbox. The page that may read the mail is named."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Mailbox")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


class Mail(BaseModel):
    to: str
    text: str


@app.get("/api/mails")
def list_mails() -> list[Mail]:
    return [Mail(to="ada@example.com", text="Hello")]


@app.post("/api/mails", status_code=201)
def send(mail: Mail) -> Mail:
    return mail
