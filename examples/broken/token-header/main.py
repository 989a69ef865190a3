"""A wallet with bearer tokens. The login works; the first call with a token does not."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI(title="Wallet")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type"],
)

Token = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


@app.post("/api/login")
def login() -> dict[str, str]:
    return {"token": "secret"}


@app.get("/api/me")
def me(token: Token) -> dict[str, str]:
    if token.credentials != "secret":
        raise HTTPException(status_code=401)
    return {"name": "Ada"}
