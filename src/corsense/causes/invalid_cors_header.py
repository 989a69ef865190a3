"""A CORS header cannot be parsed

## What it does
The value of an `Access-Control-...` header does not match the grammar: a space or a semicolon between names, a colon after a
name, a pattern or a list of origins where one origin is expected. One invalid member invalidates the whole header.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Cannot parse Access-Control-Allow-Headers response header field in preflight response.

If `Access-Control-Allow-Origin` is not an origin, the message says "contains the invalid value". Browsers do not report an
invalid member of `Access-Control-Expose-Headers`, and expose none of its headers.

## Why is this bad
The browser does not repair it, even if the part it needs is valid.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-Request-ID:"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
List names only, one per entry; the middleware adds the commas.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-Request-ID"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: the intended value would be a guess. The finding quotes the header.

## References
- Fetch Standard, *HTTP new-header syntax*, *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- RFC 9110, section 5.6.1 (lists) and 5.6.2 (tokens)
- MDN, Reason: invalid token in CORS header 'Access-Control-Allow-Headers':
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSInvalidAllowHeader
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS606", "invalid-cors-header", "error", __doc__)
