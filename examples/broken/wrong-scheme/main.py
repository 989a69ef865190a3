"""A to-do list whose frontend is served by Vite on plain http."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="To-do")
# Copied from the production settings; only the host was changed.
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://localhost:5173"],
    allow_methods=["GET", "POST"],
)


class Task(BaseModel):
    title: str
    done: bool = False


@app.get("/api/tasks")
def list_tasks() -> list[Task]:
    return [Task(title="Water the plants")]


@app.post("/api/tasks", status_code=201)
def add_task(task: Task) -> Task:
    return task
