"""An allowed origin ends in a slash

## What it does
`http://localhost:3000/` is a URL, not an origin. An origin is scheme, host and port, and browsers always send it
without a slash: `http://localhost:3000`. The comparison is byte for byte, so the entry with the slash matches
nothing.

Starlette then leaves the header out (it never answers with another value), so the browser speaks of a missing header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

The status tells more: a preflight answered with 400 means that the CORS layer was asked and refused.

## Why is this bad
The configuration looks right, and every request of the page fails. The slash often comes from copying the address
bar, or from Pydantic: `str(AnyHttpUrl("http://localhost:3000"))` is `"http://localhost:3000/"`.

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

With settings of type `AnyHttpUrl`, write `str(url).rstrip("/")`, or better keep origins as `str`.

## Fix safety
Safe. The fix removes the slash and nothing else; the entry admitted no origin before, and admits exactly the one it
names after.

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
