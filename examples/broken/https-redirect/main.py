"""A clinic's appointments. Every plain http request is sent to https, preflights included."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware
from pydantic import BaseModel

app = FastAPI(title="Appointments")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)
app.add_middleware(HTTPSRedirectMiddleware)


class Appointment(BaseModel):
    patient: str


@app.get("/api/appointments")
def list_appointments() -> list[Appointment]:
    return [Appointment(patient="Ada")]


@app.post("/api/appointments", status_code=201)
def make(appointment: Appointment) -> Appointment:
    return appointment
