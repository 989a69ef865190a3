r"""The regular expression of origins is not a string

## What it does
`allow_origin_regex` takes one regular expression. Starlette gives the value to `re.compile` when it builds the
middleware, and a list, a number or `False` makes that raise `TypeError: unhashable type: 'list'` or `first argument
must be string or compiled pattern`. The middleware cannot be built, so the app answers **every** request with a 500
and without CORS headers:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

A `bytes` expression compiles, and raises `TypeError` as soon as it is compared with an origin.

## Why is this bad
The browser speaks of CORS, the server log of `re`, and neither names the argument. No page and no other client is
served.

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

A list with one expression is that expression: `allow_origin_regex=r"https://[a-z0-9-]+\.example\.com"`. Several
expressions are joined with `|`. For no expression leave the argument out.

## Fix safety
The list is moved to `allow_origins` if all of its entries are plain origins, and there each of them is compared
exactly. A single expression is taken out of its list if no foreign origin is known that it matches. Anything else is
reported, and left where it is.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- Python, `re.compile`: https://docs.python.org/3/library/re.html#re.compile
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS225", "origin-regex-not-a-string", "error", __doc__)
