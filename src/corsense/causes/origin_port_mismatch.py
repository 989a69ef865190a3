"""The list has this origin with another port

## What it does
The port is part of the origin. The list allows the same host on another port, or without one (which means 80 for
`http` and 443 for `https`, not "any"). Starlette omits the header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It happens when you change tools or run two projects: Vite serves on 5173 (5174 if that is taken), Create React App and Next.js
on 3000, Angular on 4200. A common mistake is to list the API's own port, 8000.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:8000"],
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

For a port that changes on each run, on your own machine only: `allow_origin_regex=r"http://localhost:[0-9]+"`.

## Fix safety
The fix adds the origin of the page you asked about; remove the old entry if no page uses it. It never widens an entry
to "any port".

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Same-origin policy: https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS204", "origin-port-mismatch", "error", __doc__)
