"""A team directory in pages. The number of all entries is in X-Total-Count, where the script cannot see it."""

from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
)

USERS = ["Ada", "Grace", "Hedy", "Radia"]


@app.get("/api/users")
def list_users(response: Response, page: int = 1) -> list[str]:
    """One page of names."""
    response.headers["X-Total-Count"] = str(len(USERS))
    return USERS[(page - 1) * 2 : page * 2]
