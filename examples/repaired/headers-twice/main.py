"""A job board behind a gateway. CORS is decided in one place, the app; the gateway has other things to say."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Jobs")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.middleware("http")
async def gateway(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


class Job(BaseModel):
    title: str


@app.post("/api/jobs", status_code=201)
def advertise(job: Job) -> Job:
    return job
