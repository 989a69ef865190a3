r"""`CORSMiddleware` has no such argument

## What it does
`add_middleware` only notes the arguments; the layer is built at the first message. So a misspelt one
(`allow_origins_regex`, `allowed_origins`, `allow_method`) is not reported where it is written but at start-up:
`TypeError: CORSMiddleware.__init__() got an unexpected keyword argument 'allow_origins_regex'`.

uvicorn goes on (it takes the app for one without start-up), and every request gets a 500 without CORS headers:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
The traceback ends inside Starlette, far from the misspelt word, and importing the module (which is all that many
tests do) is fine.

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

The arguments are `allow_origins`, `allow_origin_regex`, `allow_methods`, `allow_headers`, `allow_credentials`,
`expose_headers` and `max_age`; Starlette 0.51 added `allow_private_network`. corsense's layer has these and `policy`,
`policies`, `debug`, `telemetry`; it refuses others with `PolicyError`, which names the nearest, as `Policy`, the
settings and `[tool.corsense.policy]` do with theirs.

## Fix safety
Safe: the fix renames the argument to the one that it resembles most, and leaves its value alone. Without any near one
there is no fix.

## References
- Starlette, CORSMiddleware: https://starlette.dev/middleware/
- sfbrigade/datasci-earthquake#418, `allow_origins_regex`
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS403", "unknown-keyword", "error", __doc__)
