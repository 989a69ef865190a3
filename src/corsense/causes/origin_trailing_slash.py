"""An allowed origin ends in a slash

## What it does
`http://localhost:3000/` is a URL, not an origin. An origin is scheme, host and port, and browsers always send it
without a slash: `http://localhost:3000`. The comparison is byte for byte, so the entry with the slash matches
nothing.

Starlette then omits the header (it never sends another value), so the browser reports a missing header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

The status says more: a preflight answered with 400 means that the CORS layer refused it.

## Why is this bad
The configuration looks correct, but every request from the page fails. The slash often comes from the address bar or from
Pydantic: `str(AnyHttpUrl("http://localhost:3000"))` is `"http://localhost:3000/"`.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/"],
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

With settings of type `AnyHttpUrl`, write `str(url).rstrip("/")`, or better, keep origins as `str`.

## Fix safety
Safe: the fix only removes the slash. The entry matched no origin before, and then matches exactly the one it names.

## References
- Fetch Standard, *CORS check* and *`Origin` header* (https://fetch.spec.whatwg.org/)
- HTML Standard, *Origin*: serialization of an origin (https://html.spec.whatwg.org/multipage/browsers.html#origin)
- MDN, Origin header: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
- fastapi/full-stack-fastapi-template#617 and rafsaf/minimal-fastapi-postgres-template#61, the same slash from
  Pydantic
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS201", "origin-trailing-slash", "error", __doc__)
