"""The policy allows no origin

## What it does
A policy has no origin, no regular expression and no resolver, usually because the variable for the origins is empty or has
another name. corsense refuses it with `PolicyError`; Starlette's middleware accepts it and answers every preflight with 400:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
A layer that allows no origin looks like a missing one, and still costs time on every request. It is never intended.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=[], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

If no page of another origin calls the API, remove the CORS layer. With settings, the error names the expected variable.

## Fix safety
No automatic fix: only you know the origins of your pages.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- jub0bs/cors, `Config.Origins`: https://pkg.go.dev/github.com/jub0bs/cors#Config
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS220", "no-origins", "error", __doc__)
