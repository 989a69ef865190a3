"""An allowed origin has no scheme

## What it does
`localhost:3000` is a host and a port. The browser sends `http://localhost:3000`, the strings differ, and Starlette omits the
header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
A bare host would have to mean "`http` and `https`", but the two are not equally trustworthy. So no server or browser guesses:
the entry never matches. It often comes from reusing a list of hosts, such as `allowed_hosts` of `TrustedHostMiddleware`.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["localhost:3000"],
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
The fix puts the scheme of the page you asked about in front. For a deployed site that should be `https`.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Origin header: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS207", "origin-without-scheme", "error", __doc__)
