"""CORS keeps the answer from the page, not the request from the server

## What it does
A request that a plain HTML form could make (`GET`, `HEAD` or `POST`, with a form's content types) is sent without a preflight.
The server executes it; the browser only hides the response from a page that is not allowed:

> Access to fetch at 'http://localhost:8000/api/purge' from origin 'https://evil.example' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

The console shows an error, but the users are deleted. `CORSMiddleware` does not refuse such requests: it only omits the header.

## Why is this bad
CORS lets a server *relax* a browser rule. It is not a firewall, a login, or a protection against forged requests (CSRF): with
cross-site cookies (`SameSite=None`), any site can trigger the route as your user. curl and Postman ignore CORS.

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
Authorise the caller, and let state-changing routes require something that no form can send: JSON (FastAPI requires the content
type since 0.132), a token in a header, or an expected `Origin`.

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
No automatic fix: CORS does not decide who may do what.

## References
- Fetch Standard, *CORS protocol*, *HTTP responses* (https://fetch.spec.whatwg.org/)
- OWASP, Cross-Site Request Forgery Prevention Cheat Sheet
- FastAPI, Strict Content-Type: https://fastapi.tiangolo.com/advanced/strict-content-type/
- fastapi/fastapi#1747 "CORS middleware does not reject invalid requests", expressjs/cors#286
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS909", "simple-request-runs-anyway", "info", __doc__)
