"""A note pad. Somebody opened the frontend under the address that the terminal printed, 127.0.0.1."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Notes")
app.add_middleware(
    CORSMiddleware,
    # The same machine under two names is two origins.
    allow_origins=["http://localhost:5173", "http://127.0.0.1:5173"],
    allow_methods=["GET", "POST"],
)


class Note(BaseModel):
    text: str


@app.get("/api/notes")
def list_notes() -> list[Note]:
    return [Note(text="Buy milk")]


@app.post("/api/notes", status_code=201)
def add_note(note: Note) -> Note:
    return note
