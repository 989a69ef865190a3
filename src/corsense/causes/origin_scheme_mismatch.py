"""The list has this origin with another scheme

## What it does
`http://app.example.com` and `https://app.example.com` are two origins. The list has one of them; the page comes from the other.
Starlette omits the header, and the browser reports it missing:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
The two strings differ in one letter, which is easy to overlook. Development servers usually use `http`, deployed sites `https`.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
The fix adds the page's origin next to the existing entry. That is safe for `localhost`. Move a deployed site to `https`
instead: an `http` origin in the list lets anyone on the visitor's network serve a page from that origin (see
`insecure-origin-with-credentials`). Remove the unused entry.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Same-origin policy: https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy
- FastAPI, CORS, *Origin*: https://fastapi.tiangolo.com/tutorial/cors/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS203", "origin-scheme-mismatch", "error", __doc__)
