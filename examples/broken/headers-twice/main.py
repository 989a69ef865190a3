"""A job board behind a gateway that adds headers of its own. Here a small middleware plays the gateway."""

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
    response.headers.append("Access-Control-Allow-Origin", "*")
    return response


class Job(BaseModel):
    title: str


@app.post("/api/jobs", status_code=201)
def advertise(job: Job) -> Job:
    return job
