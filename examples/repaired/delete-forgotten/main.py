"""A team directory with a delete button."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST", "DELETE"],
)


class User(BaseModel):
    name: str


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user


@app.delete("/api/users/{user_id}", status_code=204)
def delete_user(user_id: int) -> None:
    return None
