"""A library with a login by cookie. The page says credentials: "include", and the API answers with a star."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Library")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
)


@app.get("/api/loans")
def list_loans() -> list[str]:
    """What the reader has borrowed."""
    return ["On slowness"]
