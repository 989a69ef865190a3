"""A directory as a mounted app: its address is /api/users/, with a slash. Without it, the outer app redirects."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

users = FastAPI(title="Users")


@users.get("/")
def list_users() -> list[str]:
    """All names."""
    return ["Ada"]


app = FastAPI(title="Directory")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])
app.mount("/api/users", users)
