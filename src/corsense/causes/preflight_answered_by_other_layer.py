"""Something in front of the CORS layer answers the preflight

## What it does
A preflight carries no cookie, no token and no API key: the browser asks *before* it sends those. A gateway, a proxy or a
wrapper around the app that requires a key on every request refuses it with 401, 403 or 429, and the CORS layer never sees it:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

The status hints at the layer: 401 and 403 a login check, 429 a rate limit, 400 a host check, 404 and 502 to 504 a proxy that
did not reach the app. Chromium does not print it; Firefox, WebKit and the network tab do.

If that layer is part of the checked app, corsense names it and its location as `cors-not-outermost`.

## Why is this bad
The request is refused because a key is missing that the page has and would have sent.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

api = FastAPI()
api.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
)


@api.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


class RequireKey:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-api-key", b"secret") not in scope["headers"]:
            await JSONResponse({"detail": "No API key"}, status_code=401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


app = RequireKey(api)
```

## Use instead
Put the check inside, and the CORS layer outside. Let a gateway answer preflights from its own CORS settings, or pass on
`OPTIONS` requests that have both `Origin` and `Access-Control-Request-Method`.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class RequireKey:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-api-key", b"secret") not in scope["headers"]:
            await JSONResponse({"detail": "No API key"}, status_code=401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


app = FastAPI()
app.add_middleware(RequireKey)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["X-API-Key"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: the layer in front is not in the app's source. Never exempt *every* `OPTIONS` request from the check: anyone
can send one, and apps may have `OPTIONS` routes.

## References
- Fetch Standard, *CORS-preflight fetch*: no credentials (https://fetch.spec.whatwg.org/)
- MDN, Reason: CORS preflight channel did not succeed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSPreflightDidNotSucceed
- msaad00/agent-bom#2290, 1024XEngineer/Windup#194, NousResearch/hermes-agent#59189
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS502", "preflight-answered-by-other-layer", "error", __doc__)
