"""The CORS layer was added twice

## What it does
Two CORS layers do not add up. The outer one, added last, answers every preflight; on other responses it overwrites the inner
layer's headers. An origin that only the inner one allows fails at its preflight:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
One of the two configurations looks active but has no effect, or only a partial one: a plain `GET` may still pass with the inner
layer's headers, and the inner layer may allow more than the outer one should.

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
No automatic fix: only you know which origins, methods and headers were intended. If the arguments are the same, you can remove
the inner layer without any visible change.

## References
- Starlette, Middleware: https://starlette.dev/middleware/
- FastAPI, Middleware: https://fastapi.tiangolo.com/tutorial/middleware/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS404", "duplicate-cors-middleware", "warning", __doc__)
