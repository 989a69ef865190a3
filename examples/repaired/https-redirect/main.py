"""A clinic's appointments. The redirect to https is switched on where there is https."""

import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware
from pydantic import BaseModel

app = FastAPI(title="Appointments")
if os.environ.get("APP_ENV") == "production":
    app.add_middleware(HTTPSRedirectMiddleware)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


class Appointment(BaseModel):
    patient: str


@app.get("/api/appointments")
def list_appointments() -> list[Appointment]:
    return [Appointment(patient="Ada")]


@app.post("/api/appointments", status_code=201)
def make(appointment: Appointment) -> Appointment:
    return appointment
