"""The CORS layer was added twice

## What it does
Two CORS layers do not add up. The outer one, added last, answers every preflight alone; on other answers it writes
its headers over those of the inner. An origin that only the inner one allows fails at its preflight:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
One of the two configurations is read by people and has no effect, or, worse, has half of one: a plain `GET` may still
pass with the inner layer's headers, and the inner layer may allow more than the outer was meant to.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["GET", "POST"])


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
    allow_origins=["http://localhost:3000", "https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: which origins, methods and headers of the two were meant is yours to say. If the arguments are the
same, removing the inner one changes nothing that a browser can see.

## References
- Starlette, Middleware: https://starlette.dev/middleware/
- FastAPI, Middleware: https://fastapi.tiangolo.com/tutorial/middleware/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS404", "duplicate-cors-middleware", "warning", __doc__)
