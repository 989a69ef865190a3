"""The policy grants a permission that no page can use

## What it does
A method or header is listed that browsers never let script send or read: `TRACE`, `CONNECT` and `TRACK`; `Cookie`, `Host`,
`Origin` and `Sec-...` among the request headers; `Set-Cookie` among the exposed ones; response headers
(`Access-Control-Allow-Origin`) among the request headers. `Policy` refuses it with `PolicyError`; in Starlette's keywords,
corsense drops it with a warning. The browser prints nothing.

## Why is this bad
The entry has no effect, but its author expects one: that `Cookie` lets cookies through (`credentials` does that), or that
`Access-Control-Allow-Origin` in the list fixes a CORS error.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from corsense import Policy, install


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    install(app, Policy(origins=["https://app.example.com"], request_headers=["Content-Type", "Cookie"]))
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI

from corsense import Policy, install

app = FastAPI()
install(app, Policy(origins=["https://app.example.com"], request_headers=["Content-Type"]))


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

For cookies, set `credentials=True`.

## Fix safety
No automatic fix: dropping the entry changes nothing, but its purpose is still unmet.

## References
- Fetch Standard, *forbidden method*, *forbidden request-header*, *forbidden response-header name*
  (https://fetch.spec.whatwg.org/)
- jub0bs/cors, `Config.RequestHeaders`: https://pkg.go.dev/github.com/jub0bs/cors#Config
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS609", "name-without-effect", "error", __doc__)
