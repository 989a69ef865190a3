"""A directory as a mounted app: its address is /api/users/, with a slash. Without it, the outer app redirects."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


class User(BaseModel):
    name: str


users = FastAPI(title="Users")
users.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@users.get("/")
def list_users() -> list[User]:
    return [User(name="Ada")]


@users.post("/", status_code=201)
def create_user(user: User) -> User:
    return user


app = FastAPI(title="Directory")
app.mount("/api/users", users)
