"""A web site for a choir. Host names do not care about case; origins do."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Choir")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://ChoirOfSaintAnne.example"],
    allow_methods=["GET", "POST"],
)


class Singer(BaseModel):
    name: str
    voice: str


@app.get("/api/singers")
def list_singers() -> list[Singer]:
    return [Singer(name="Clara", voice="alto")]


@app.post("/api/singers", status_code=201)
def join(singer: Singer) -> Singer:
    return singer
