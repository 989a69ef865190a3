"""The server checks Origin or Host itself, and refuses the page

## What it does
CORS allows the page, but the server refuses the request: a check of its own compares `Origin`, or `Host`, with a
list of its own, and answers 403, 421 or 400. Such checks protect against DNS rebinding and cross-site requests.
`CORSMiddleware` does not know their lists, and they do not know its list.

The browser prints only the status:

> Failed to load resource: the server responded with a status of 403 (Forbidden)

The body of the response names the check:

- *Invalid Origin header* (403), *Invalid Host header* (421): the `mcp` package. An MCP server that is made for `127.0.0.1`, the
  default, accepts only pages and hosts of this machine.
- *Forbidden Origin*: `fastmcp` with `host_origin_protection`.
- *Origin not allowed*, *Origin check failed*: middleware for protection against cross-site requests.

## Why is this bad
The page cannot use the API, and nothing in the CORS configuration changes that.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

OWN_PAGES = ["http://127.0.0.1:3000"]

app = FastAPI()


@app.middleware("http")
async def check_origin(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.headers.get("Origin", OWN_PAGES[0]) not in OWN_PAGES:
        return PlainTextResponse("Invalid Origin header", status_code=403)
    return await call_next(request)


app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Use instead
Name the page in both lists; best, keep one list.

```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

OWN_PAGES = ["http://localhost:3000"]

app = FastAPI()


@app.middleware("http")
async def check_origin(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.headers.get("Origin", OWN_PAGES[0]) not in OWN_PAGES:
        return PlainTextResponse("Invalid Origin header", status_code=403)
    return await call_next(request)


app.add_middleware(CORSMiddleware, allow_origins=OWN_PAGES)


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

With the `mcp` package the list is an argument:
`streamable_http_app(transport_security=TransportSecuritySettings(allowed_hosts=["localhost:*"], allowed_origins=[...]))`.

## Fix safety
No automatic fix: the list belongs to the check. Do not switch the check off to get rid of the 403. It keeps pages out that reach
a server on a developer's machine by a name of their own.

## References
- MCP specification, Streamable HTTP, *Security Warning*: servers must validate the `Origin` header
- CVE-2025-66416 (MCP Python SDK)
- OWASP, Cross-Site Request Forgery Prevention, *Verifying Origin with Standard Headers*
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS918", "origin-check-refused", "error", __doc__)
