"""Two versions of an API under one roof, which has the CORS layer for both."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


class User(BaseModel):
    name: str


v1 = FastAPI(title="Directory, version 1")
v2 = FastAPI(title="Directory, version 2")


@v1.get("/users")
def list_names() -> list[str]:
    return ["Ada"]


@v2.post("/users", status_code=201)
def create_user(user: User) -> User:
    return user


app = FastAPI(title="Directory")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.mount("/v1", v1)
app.mount("/v2", v2)
