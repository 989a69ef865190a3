"""Private Network Access headers have no effect

## What it does
`Access-Control-Allow-Private-Network` and Starlette's `allow_private_network` answered a question,
`Access-Control-Request-Private-Network`, that Chromium sent with preflights from 2021 on, behind flags and in trials. Private
Network Access was abandoned. Since version 142 Chromium asks the visitor instead, and no browser sends or reads these headers:
with or without them the browser prints nothing.

## Why is this bad
It has no effect in today's browsers. The setting seems to open the local network to pages, or to protect it; neither is true. A
page that must call `localhost` or a device needs the visitor's permission (see `local-network-access`).

## Example
```python
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.base import RequestResponseEndpoint

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["GET", "POST"])


@app.middleware("http")
async def allow_private_network(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["Access-Control-Allow-Private-Network"] = "true"
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
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Safe: no current engine reads the header. Keep it only for managed fleets that still run Chromium before 142 with the
old checks switched on.

## References
- WICG, Local Network Access, which replaces Private Network Access (https://wicg.github.io/local-network-access/)
- Chrome for Developers, *New permission prompt for Local Network Access*
  (https://developer.chrome.com/blog/local-network-access)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS610", "private-network-headers-obsolete", "info", __doc__)
