"""A photo album with a login. "null" was added to quiet the console when a page was opened from disk."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Album")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000", "null"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


class Photo(BaseModel):
    title: str


@app.get("/api/photos")
def list_photos() -> list[Photo]:
    return [Photo(title="The lake in winter")]


@app.post("/api/photos", status_code=201)
def add_photo(photo: Photo) -> Photo:
    return photo
