"""A statistics page. It looks like CORS, and is a division by zero."""

from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Statistics")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
)

ORDERS: list[float] = []


@app.get("/api/statistics")
def statistics() -> dict[str, float]:
    """The mean of all orders."""
    if not ORDERS:
        raise HTTPException(status_code=404, detail="No orders yet")
    return {"mean": sum(ORDERS) / len(ORDERS)}
