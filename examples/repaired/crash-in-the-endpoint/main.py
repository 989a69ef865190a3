"""A statistics page. No orders have no mean, and the page gets that answer."""

from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Statistics")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
)

ORDERS: list[float] = []


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@app.get("/api/statistics")
def statistics() -> dict[str, float]:
    if not ORDERS:
        raise HTTPException(status_code=404, detail="No orders yet")
    return {"mean": mean(ORDERS)}
