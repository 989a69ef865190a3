"""A team directory. The middleware is added below the routes, which articles call a mistake and browsers never notice."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Team directory")


@app.delete("/api/users/{number}", status_code=200)
def remove_user(number: int) -> dict[str, int]:
    """Remove somebody."""
    return {"removed": number}


app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "DELETE"],
)
