"""A unit converter. The page is an index.html, opened with a double click."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Converter")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


class Length(BaseModel):
    metres: float


@app.post("/api/feet")
def to_feet(length: Length) -> dict[str, float]:
    return {"feet": length.metres / 0.3048}
