"""A dashboard that is published below a path, https://pages.example.com/dashboard."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Dashboard")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://pages.example.com/dashboard"],
    allow_methods=["GET", "POST"],
)


class Report(BaseModel):
    title: str


@app.get("/api/reports")
def list_reports() -> list[Report]:
    return [Report(title="Visitors in May")]


@app.post("/api/reports", status_code=201)
def create_report(report: Report) -> Report:
    return report
