"""The middleware is added below the routes. That is fine: the stack is built when the first request comes."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Team directory")


class User(BaseModel):
    name: str


@app.get("/api/users")
def list_users() -> list[User]:
    return [User(name="Ada")]


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user


app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)
