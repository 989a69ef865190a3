r"""`CORSMiddleware` has no such argument

## What it does
`add_middleware` only stores the arguments; the layer is built at the first message. So a misspelt one
(`allow_origins_regex`, `allowed_origins`, `allow_method`) is not reported where it is written but at start-up:
`TypeError: CORSMiddleware.__init__() got an unexpected keyword argument 'allow_origins_regex'`.

uvicorn keeps running (it assumes that the app has no lifespan), and every request gets a 500 without CORS headers:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
The traceback ends inside Starlette, far from the misspelt word, and importing the module (which is all that many tests do)
still works.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins_regex=r"https://[a-z0-9-]+\.example\.com",
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
    allow_origin_regex=r"https://[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

The arguments are `allow_origins`, `allow_origin_regex`, `allow_methods`, `allow_headers`, `allow_credentials`, `expose_headers`
and `max_age`; Starlette 0.51 added `allow_private_network`. corsense's middleware accepts these and `policy`, `policies`,
`debug`, `telemetry`. It refuses others with `PolicyError` and suggests the nearest name, as do `Policy`, the settings and
`[tool.corsense.policy]`.

## Fix safety
Safe: the fix renames the argument to the most similar one and keeps its value. If none is similar, there is no fix.

## References
- Starlette, CORSMiddleware: https://starlette.dev/middleware/
- sfbrigade/datasci-earthquake#418, `allow_origins_regex`
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS403", "unknown-keyword", "error", __doc__)
