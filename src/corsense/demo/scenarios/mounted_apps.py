"""Two versions of an API under one roof. The first one brought its CORS layer along, the second has none."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

v1 = FastAPI(title="Directory, version 1")
v1.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])
v2 = FastAPI(title="Directory, version 2")


@v1.get("/users")
def list_names() -> list[str]:
    """Names alone."""
    return ["Ada"]


@v2.get("/users")
def list_users() -> list[dict[str, str]]:
    """Names with what goes with them."""
    return [{"name": "Ada"}]


app = FastAPI(title="Directory")
app.mount("/v1", v1)
app.mount("/v2", v2)
