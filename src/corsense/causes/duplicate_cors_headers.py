"""Two layers both send CORS headers

## What it does
The response has `Access-Control-Allow-Origin` twice. Browsers join the values and compare the result with the origin, so even
two equal values fail:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: The 'Access-Control-Allow-Origin' header
> contains multiple values 'http://localhost:3000, *', but only one is allowed. Have the server send the header with a
> valid value.

`CORSMiddleware` overwrites an existing header and never duplicates it. The second one is added *outside* of it: by a proxy
(`add_header` in nginx, an API gateway, a function URL), or by code that appends headers.

## Why is this bad
Each layer is correct on its own, and local tests pass because they do not go through the proxy.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.middleware("http")
async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.append("Access-Control-Allow-Origin", "*")
    return response


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Let one layer decide. Prefer the app, which knows its routes and users, and remove the headers from the proxy (in nginx, every
`add_header Access-Control-...`). If the proxy must decide, hide the app's headers with `proxy_hide_header`.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: corsense cannot see the proxy, and only you know which of the two policies is intended. Before you remove the
app's layer, note that a proxy's fixed header usually allows more.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Reason: Multiple CORS header 'Access-Control-Allow-Origin' not allowed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSMultipleAllowOriginNotAllowed
- adamchainz/django-cors-headers#97, corydolphin/flask-cors#215, pyropy/fastapi-socketio#23, RubaXa/nginx-cors#7
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS405", "duplicate-cors-headers", "error", __doc__)
