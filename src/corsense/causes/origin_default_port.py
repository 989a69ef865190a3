"""An allowed origin spells out the default port

## What it does
Browsers omit the port if it is the scheme's default: 443 for `https`, 80 for `http`. The page's origin is
`https://app.example.com`, never `https://app.example.com:443`, so the entry matches nothing and Starlette omits the header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
The entry looks correct but never matches. It usually comes from a template that joins scheme, host and port.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com:443"],
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
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Safe: `https://app.example.com:443` and `https://app.example.com` are two spellings of one origin. The fix writes the one that
browsers send.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- URL Standard, *URL serializing*, which drops default ports (https://url.spec.whatwg.org/)
- MDN, Origin header: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS208", "origin-default-port", "error", __doc__)
