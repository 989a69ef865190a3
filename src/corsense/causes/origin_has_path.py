"""An allowed origin has a path

## What it does
An origin ends with the host or the port. An entry such as `http://localhost:3000/app` has a path (or a query, or a
fragment) behind it; no browser ever sends that in `Origin`, so the entry matches nothing and the header is left out:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It reads like a narrower permission but is not. CORS cannot tell pages of one origin apart: `/app` and `/blog`
of a host are the same origin, and whoever may put a script into one of them acts for both.

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
The fix cuts the entry after the host and port. That permits every page of the origin, which is the smallest unit
there is. If the host serves pages of other people, give the frontend a host of its own.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- HTML Standard, *Origin* (https://html.spec.whatwg.org/multipage/browsers.html#origin)
- fastapi/fastapi#5308, the same with a repository path on a pages host
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS206", "origin-has-path", "error", __doc__)
