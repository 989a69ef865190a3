"""The app behind each proxy of this folder. It has no CORS layer: the proxy in front of it has the policy."""

from __future__ import annotations

from fastapi import FastAPI, Header, HTTPException

app = FastAPI()


@app.get("/orders")
def list_orders() -> list[str]:
    return ["tea", "bread"]


@app.post("/orders")
def create_order(order: dict[str, str]) -> dict[str, str]:
    return order


@app.get("/account")
def account(authorization: str | None = Header(default=None)) -> dict[str, str]:
    if authorization is None:
        raise HTTPException(401, "Log in first")
    return {"name": "Ada"}
