"""A hiking log with a web page and a phone app. The phone app is a web view, with an origin of its own."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Hiking log")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://hikes.example.com"],
    allow_methods=["GET", "POST"],
)


class Hike(BaseModel):
    summit: str


@app.get("/api/hikes")
def list_hikes() -> list[Hike]:
    return [Hike(summit="Niesen")]


@app.post("/api/hikes", status_code=201)
def log_hike(hike: Hike) -> Hike:
    return hike
