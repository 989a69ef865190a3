"""The policy lets no page in

## What it does
A policy has no origin, no regular expression and no resolver; mostly because the variable that should hold the
origins is empty or has another name. corsense refuses it with `PolicyError`; Starlette's layer takes it, and answers
every preflight with 400:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
A layer that allows nobody is indistinguishable from one that was forgotten, and costs every request its time. Nobody
writes that on purpose.

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

Where no page of another origin calls the API, leave the CORS layer out. Settings: the error names the variable that
was looked for.

## Fix safety
No automatic fix: only you know the origins of your pages.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- jub0bs/cors, `Config.Origins`: https://pkg.go.dev/github.com/jub0bs/cors#Config
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS220", "no-origins", "error", __doc__)
