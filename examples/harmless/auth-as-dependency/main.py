"""The login check is a dependency. It runs behind the router, so preflights never meet it, and its 401 has CORS headers."""

from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel


def require_key(x_api_key: Annotated[str | None, Header()] = None) -> None:
    if x_api_key != "secret":
        raise HTTPException(status_code=401, detail="API key missing or wrong")


class Entry(BaseModel):
    text: str


app = FastAPI(title="Diary", dependencies=[Depends(require_key)])
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
)


@app.post("/api/entries", status_code=201)
def write(entry: Entry) -> Entry:
    return entry
