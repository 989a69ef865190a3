"""A permission that no page can make use of

## What it does
A method or header is listed that browsers never let script send or read: `TRACE`, `CONNECT` and `TRACK`; `Cookie`,
`Host`, `Origin` and `Sec-...` among the request headers; `Set-Cookie` among the exposed ones; headers of answers
(`Access-Control-Allow-Origin`) among those of requests. `Policy` refuses it with `PolicyError`; given as one of
Starlette's keywords it is left out with a warning. The browser prints nothing.

## Why is this bad
The entry does nothing, and whoever wrote it expects that it does: that `Cookie` lets cookies through (it is
`credentials` that does), that `Access-Control-Allow-Origin` in the list helps against a CORS error.

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

For cookies, `credentials=True`.

## Fix safety
No automatic fix: the entry can be dropped without changing anything, but what it was meant for is still missing.

## References
- Fetch Standard, *forbidden method*, *forbidden request-header*, *forbidden response-header name*
  (https://fetch.spec.whatwg.org/)
- jub0bs/cors, `Config.RequestHeaders`: https://pkg.go.dev/github.com/jub0bs/cors#Config
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS609", "name-without-effect", "error", __doc__)
