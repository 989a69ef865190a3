"""A statistics page. It looks like CORS, and is a division by zero."""

from fastapi import FastAPI
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
    return {"mean": mean(ORDERS)}
