"""A team directory in pages. The number of all entries is in X-Total-Count, which scripts may read."""

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
    expose_headers=["X-Total-Count"],
)


class User(BaseModel):
    name: str


USERS = [User(name=name) for name in ("Ada", "Grace", "Hedy", "Radia")]


@app.get("/api/users")
def list_users(response: Response, page: int = 1, size: int = 2) -> list[User]:
    response.headers["X-Total-Count"] = str(len(USERS))
    return USERS[(page - 1) * size : page * size]
