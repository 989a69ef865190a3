"""A web app with preview deployments, whose names change with each branch. Everybody can have such a name."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Weather")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://weather.example.com"],
    allow_origin_regex=r"https://[a-z0-9-]+\.vercel\.app",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


class Station(BaseModel):
    town: str


@app.get("/api/stations")
def list_stations() -> list[Station]:
    return [Station(town="Bern")]


@app.post("/api/stations", status_code=201)
def add_station(station: Station) -> Station:
    return station
