"""A booking service. Origins are written with their scheme."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

FRONTENDS = ["http://localhost:3000", "https://booking.example.com"]

app = FastAPI(title="Booking")
app.add_middleware(
    CORSMiddleware,
    allow_origins=FRONTENDS,
    allow_methods=["GET", "POST"],
)


class Booking(BaseModel):
    room: str
    nights: int


@app.get("/api/bookings")
def list_bookings() -> list[Booking]:
    return [Booking(room="12", nights=2)]


@app.post("/api/bookings", status_code=201)
def book(booking: Booking) -> Booking:
    return booking
