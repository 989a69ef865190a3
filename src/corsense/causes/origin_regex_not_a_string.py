r"""`allow_origin_regex` is not a string

## What it does
`allow_origin_regex` takes one regular expression. Starlette passes the value to `re.compile` when it builds the middleware; a
list, a number or `False` raises `TypeError: unhashable type: 'list'` or `first argument must be string or compiled pattern`.
The middleware cannot be built, so the app answers **every** request with a 500 and without CORS headers:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

A `bytes` expression compiles, but raises `TypeError` when it is matched against an origin.

## Why is this bad
The browser reports CORS, the server log mentions `re`, and neither names the argument. No client is served, not even
outside a browser.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=["http://localhost:3000", "https://app.example.com"],
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
    allow_origins=["http://localhost:3000", "https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

Replace a list of one expression by the expression: `allow_origin_regex=r"https://[a-z0-9-]+\.example\.com"`. Join several
expressions with `|`. Without an expression, omit the argument.

## Fix safety
The fix moves the list to `allow_origins` if all entries are plain origins, which are compared exactly there. It takes a single
expression out of its list if the expression matches no known untrusted origin. Anything else is only reported.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- Python, `re.compile`: https://docs.python.org/3/library/re.html#re.compile
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS225", "origin-regex-not-a-string", "error", __doc__)
