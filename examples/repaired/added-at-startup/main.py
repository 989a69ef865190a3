"""A team directory whose origins are read while the app is built."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


def load_origins() -> list[str]:
    return ["http://localhost:3000"]


class User(BaseModel):
    name: str


app = FastAPI(title="Team directory")
app.add_middleware(CORSMiddleware, allow_origins=load_origins(), allow_methods=["GET", "POST"])


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user
