"""CORS keeps the answer from the page, not the request from the server

## What it does
A request that a plain HTML form could make (`GET`, `HEAD` or `POST`, with a form's content types) is sent without
asking. The server runs it; only the answer is kept from a page that is not allowed:

> Access to fetch at 'http://localhost:8000/api/purge' from origin 'https://evil.example' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

The line is red, and the users are gone all the same. `CORSMiddleware` does not refuse such requests: it leaves out
the header.

## Why is this bad
CORS lets a server *loosen* a rule of the browser. It is no firewall, no login, and no protection against forged
requests (CSRF): with cookies that travel (`SameSite=None`), any site can trigger the route as your user. curl and
Postman do not care at all.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/purge")
def purge() -> dict[str, str]:
    return {"detail": "All users deleted"}
```

## Use instead
Authorise the caller, and let state-changing routes demand something that no form can send: JSON (FastAPI since 0.132
insists on the content type), a token in a header, or an expected `Origin`.

```python
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["Authorization"],
)


@app.post("/api/purge")
def purge(authorization: Annotated[str | None, Header()] = None) -> dict[str, str]:
    if authorization != "Bearer secret":
        raise HTTPException(status_code=401, detail="Not authenticated")
    return {"detail": "All users deleted"}
```

## Fix safety
No automatic fix: who may do what is not a question of CORS.

## References
- Fetch Standard, *CORS protocol*, *HTTP responses* (https://fetch.spec.whatwg.org/)
- OWASP, Cross-Site Request Forgery Prevention Cheat Sheet
- FastAPI, Strict Content-Type: https://fastapi.tiangolo.com/advanced/strict-content-type/
- fastapi/fastapi#1747 "CORS middleware does not reject invalid requests", expressjs/cors#286
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS909", "simple-request-runs-anyway", "info", __doc__)
