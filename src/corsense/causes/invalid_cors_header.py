"""A CORS header cannot be parsed

## What it does
The value of an `Access-Control-...` header is not what the grammar allows: a blank or a semicolon between names, a
colon behind one, a pattern or a list of origins where one origin is expected. One bad member makes the whole header
worthless.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Cannot parse Access-Control-Allow-Headers response header field in preflight response.

`Access-Control-Allow-Origin` with something that is no origin reads "contains the invalid value"; a bad member of
`Access-Control-Expose-Headers` is not reported at all, and hides every header it names.

## Why is this bad
The browser does not repair it, not even when the part it needs is readable.

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
Names only, one a list entry; commas are put in by the middleware.

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
No automatic fix: what the value was meant to say is a guess. The finding quotes it.

## References
- Fetch Standard, *HTTP new-header syntax*, *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- RFC 9110, section 5.6.1 (lists) and 5.6.2 (tokens)
- MDN, Reason: invalid token in CORS header 'Access-Control-Allow-Headers':
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSInvalidAllowHeader
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS606", "invalid-cors-header", "error", __doc__)
