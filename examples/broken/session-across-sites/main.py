"""A shop with a login, on another site than its frontend. The login works, and is forgotten at once."""

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI(title="Shop")
app.add_middleware(SessionMiddleware, secret_key="change me")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://shop.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/login")
def login(request: Request) -> dict[str, str]:
    request.session["user"] = "ada"
    return {"name": "Ada"}


@app.get("/api/cart")
def cart(request: Request) -> dict[str, str | None]:
    return {"user": request.session.get("user")}
