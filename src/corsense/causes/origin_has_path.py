"""An allowed origin has a path

## What it does
An origin ends with the host or the port. An entry such as `http://localhost:3000/app` adds a path (or a query, or a fragment);
no browser sends that in `Origin`, so the entry matches nothing and Starlette omits the header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It looks like a narrower permission but is not. CORS cannot tell pages of one origin apart: `/app` and `/blog` on a host are the
same origin, and a script in one of them can act for both.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/app"],
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
The fix cuts the entry after the host and port. That allows every page of the origin, which is the smallest unit that CORS
knows. If the host serves other people's pages, give the frontend its own host.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- HTML Standard, *Origin* (https://html.spec.whatwg.org/multipage/browsers.html#origin)
- fastapi/fastapi#5308, the same with a repository path on a pages host
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS206", "origin-has-path", "error", __doc__)
