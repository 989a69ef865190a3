"""A wallet with bearer tokens. The login works; the first call with a token does not."""

from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI(title="Wallet")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_headers=["Content-Type"],
)


@app.get("/api/me")
def me(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> dict[str, str]:
    """Who the token belongs to."""
    return {"name": "Ada", "scheme": token.scheme}
