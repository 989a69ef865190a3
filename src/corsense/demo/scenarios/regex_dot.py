"""Previews of pull requests, each on a subdomain. A dot in a regular expression is any character, also a hyphen."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Previews")
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"http://[a-z0-9]+.app.localhost:3000",
    allow_credentials=True,
)


@app.get("/api/drafts")
def list_drafts() -> list[str]:
    """What is not public yet."""
    return ["Autumn catalogue"]
