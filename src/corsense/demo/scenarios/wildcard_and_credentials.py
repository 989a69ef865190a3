"""A toy bank. "Allow everything" was meant for a moment; it lets every site act as the customer."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Toy bank")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
)


@app.get("/api/balance")
def balance() -> dict[str, int]:
    """What is in the account."""
    return {"balance": 1200}
