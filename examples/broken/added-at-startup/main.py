"""A team directory whose origins are read at start-up, which is too late to add a middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


async def load_origins() -> list[str]:
    return ["http://localhost:3000"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.add_middleware(CORSMiddleware, allow_origins=await load_origins(), allow_methods=["GET", "POST"])
    yield


class User(BaseModel):
    name: str


app = FastAPI(title="Team directory", lifespan=lifespan)


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user
