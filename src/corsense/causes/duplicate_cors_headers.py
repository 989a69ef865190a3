"""Two layers each send the CORS headers

## What it does
The answer carries `Access-Control-Allow-Origin` twice. Browsers join the lines and compare the result with the
origin, so even two equal lines fail:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: The 'Access-Control-Allow-Origin' header
> contains multiple values 'http://localhost:3000, *', but only one is allowed. Have the server send the header with a
> valid value.

`CORSMiddleware` overwrites what it finds and never doubles it. The second line is added *outside* of it: by a proxy
(`add_header` in nginx, an API gateway, a function URL), or by code that appends headers.

## Why is this bad
Each of the two layers is right by itself, and local tests, without the proxy, pass.

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
One layer decides. The app knows its routes and its users, so let it be the app, and remove the lines from the proxy
(in nginx, every `add_header Access-Control-...`, or hide the app's own with `proxy_hide_header` if the proxy shall
decide).

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
No automatic fix: the proxy is out of sight, and which of the two policies is the intended one is yours to say. Before
you remove the app's layer, note that a proxy's fixed header usually allows more.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Reason: Multiple CORS header 'Access-Control-Allow-Origin' not allowed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSMultipleAllowOriginNotAllowed
- adamchainz/django-cors-headers#97, corydolphin/flask-cors#215, pyropy/fastapi-socketio#23, RubaXa/nginx-cors#7
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS405", "duplicate-cors-headers", "error", __doc__)
