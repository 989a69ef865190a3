"""The response depends on the origin, but does not say so

## What it does
`Access-Control-Allow-Origin` depends on the request's `Origin`, but the response lacks `Vary: Origin`. A cache then stores one
variant and serves it to everyone: one site gets the response for another, or the page gets the response to a request without
`Origin` (no CORS headers at all).

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: The 'Access-Control-Allow-Origin' header has a value 'https://app.example.com' that is not equal to the
> supplied origin. Have the server send the header with a valid value.

## Why is this bad
It is intermittent: only behind a CDN, or only after the address was opened in a tab. It affects cacheable responses, which most
`GET` responses are unless they say otherwise. `Vary` belongs on **all** variants, including responses to requests without
`Origin`; Starlette does this since its releases of autumn 2026.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

ALLOWED = {"http://localhost:3000", "https://app.example.com"}

app = FastAPI()


@app.middleware("http")
async def share(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    origin = request.headers.get("Origin")
    if origin in ALLOWED:
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000", "https://app.example.com"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

In a hand-written layer: `response.headers.add_vary_header("Origin")`, whether the request has an `Origin` or not.

## Fix safety
No automatic fix: the layer is hand-written, or runs in front of the app. Adding `Vary: Origin` is safe: it permits nothing. It
may lower the hit rate of a shared cache; if the response is public, a constant `*` caches better.

## References
- Fetch Standard, *CORS protocol and HTTP caches* (https://fetch.spec.whatwg.org/)
- MDN, Vary: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Vary
- Kludex/starlette#3516 and #3517, Kludex/starlette#1111, expressjs/cors#106
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS605", "vary-origin-missing", "warning", __doc__)
