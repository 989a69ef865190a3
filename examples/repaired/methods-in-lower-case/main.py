"""A to-do list. Methods are written in capitals."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="To-do")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


class Task(BaseModel):
    title: str


@app.get("/api/tasks")
def list_tasks() -> list[Task]:
    return [Task(title="Water the plants")]


@app.post("/api/tasks", status_code=201)
def add_task(task: Task) -> Task:
    return task
