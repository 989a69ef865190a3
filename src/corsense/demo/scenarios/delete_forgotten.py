"""A team directory. The delete button came later than the list of methods."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.delete("/api/users/{number}")
def remove_user(number: int) -> dict[str, int]:
    """Remove somebody."""
    return {"removed": number}
