"""A team directory. The origin was copied from the address bar."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/"],
    allow_methods=["GET", "POST"],
)


class User(BaseModel):
    name: str


@app.get("/api/users")
def list_users() -> list[User]:
    return [User(name="Ada"), User(name="Grace")]


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user
