"""A directory as a router: its address is /api/users, as the page writes it, and the app's CORS layer covers it."""

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


class User(BaseModel):
    name: str


users = APIRouter(prefix="/api/users")


@users.get("")
def list_users() -> list[User]:
    return [User(name="Ada")]


@users.post("", status_code=201)
def create_user(user: User) -> User:
    return user


app = FastAPI(title="Directory", redirect_slashes=False)
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.include_router(users)
