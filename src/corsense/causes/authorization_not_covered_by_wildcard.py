"""`*` in `Access-Control-Allow-Headers` does not cover `Authorization`

## What it does
Under the Fetch Standard, `Authorization` must be allowed by name: `*` covers every header except this one. Today's
Chromium, Firefox and WebKit still let it pass; Chromium reports a deprecation, and Firefox warns:

> Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at
> http://localhost:8000/api/users soon. (Reason: When the `Access-Control-Allow-Headers` is `*`, the `Authorization`
> header is not covered. To include the `Authorization` header, it must be explicitly listed in CORS header
> `Access-Control-Allow-Headers`.)

Starlette's `allow_headers=["*"]` is not affected: it answers with the requested names, not with a star. The star comes from a
hand-written layer or a proxy.

## Why is this bad
It works until browsers enforce the standard, and then fails for all users at once, without a deployment.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.middleware("http")
async def share(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = Response() if "Access-Control-Request-Method" in request.headers else await call_next(request)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "*"
    return response


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
    allow_headers=["Authorization"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

In a proxy: `Access-Control-Allow-Headers: Authorization, Content-Type`.

## Fix safety
No automatic fix: a hand-written layer or a proxy sets the star. Naming `Authorization` next to it is safe and permits nothing
that browsers refuse today.

## References
- Fetch Standard, *CORS non-wildcard request-header name*, *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Allow-Headers:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Headers
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS603", "authorization-not-covered-by-wildcard", "warning", __doc__)
