"""A hand-written `OPTIONS` route answers the preflight

## What it does
Before a request with JSON, with a custom header or with a method such as `PUT`, the browser asks for permission: a *preflight*,
an `OPTIONS` request with `Origin` and `Access-Control-Request-Method`. Here an endpoint of the app answers with a 200 that
permits nothing:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

Adding the headers to that handler only moves the fault: the preflight passes, the `POST` **is executed**, and the browser hides
its response, which has no headers, from the page.

## Why is this bad
A status of 200 looks like success in every log. And each route needs its own handler, kept in sync with the others.

## Example
```python
from fastapi import FastAPI

app = FastAPI()


@app.options("/api/users")
def preflight() -> dict[str, str]:
    return {}


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

Once `CORSMiddleware` is there, it answers preflights before routing, and the handler is dead code.

## Fix safety
The fix adds the middleware for the origin that was checked, and removes the handler only if it just returns a constant. A
handler that does more stays: clients may use `OPTIONS` requests that are not preflights.

## References
- Fetch Standard, *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- MDN, Preflight request: https://developer.mozilla.org/en-US/docs/Glossary/Preflight_request
- fastapi/fastapi#1849
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS501", "manual-options-handler", "error", __doc__)
