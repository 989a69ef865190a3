"""A team directory, configured from the environment, as "one, two, three"."""

import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

DEFAULT = "https://app.example.com, http://localhost:3000"


def origins(setting: str) -> list[str]:
    """The origins of a comma separated setting; blanks around the commas and empty entries do not count."""
    return [origin.strip() for origin in setting.split(",") if origin.strip()]


app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=origins(os.environ.get("ALLOWED_ORIGINS", DEFAULT)),
    allow_methods=["GET", "POST"],
)


class User(BaseModel):
    name: str


@app.get("/api/users")
def list_users() -> list[User]:
    return [User(name="Ada")]


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user
