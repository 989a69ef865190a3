"""CORS headers are written by hand

## What it does
An endpoint or a middleware sets `Access-Control-Allow-Origin` itself. That is only part of what a CORS layer does. In
particular, no endpoint answers the preflight, an `OPTIONS` request, so the app answers 405:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

If a middleware adds the header to every response, the 405 has it too, and the message becomes "It does not have HTTP ok
status".

## Why is this bad
Plain `GET` requests work, so it looks correct. The gaps appear one by one: preflights, error responses, `Vary: Origin`,
credentials. `CORSMiddleware` overwrites the hand-written header, which then only misleads.

## Example
```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.post("/api/users")
def create_user(response: Response) -> dict[str, str]:
    response.headers["Access-Control-Allow-Origin"] = "http://localhost:3000"
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
No automatic fix. The middleware covers the whole app; the hand-written header covered one response. If the other
routes are not meant for pages of that origin, move this part into its own app and mount it.

## References
- Fetch Standard, *HTTP responses* and *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS406", "manual-cors-headers", "warning", __doc__)
