"""The server reflects every origin

## What it does
The server copies the request's `Origin` into `Access-Control-Allow-Origin`. Like `*`, this refuses no origin. Unlike `*`,
browsers also accept it with credentials.

A comparison of a part of the origin (`startswith`, `endswith`, `in` on a string) lets in the sites whose names look alike:
`https://evilexample.com` ends with `example.com`. `corsense check` tries such names on apps that set the header by hand.

Everything works, on every site, so the browser prints nothing.

## Why is this bad
CORS lets a server say *who* may read. A server that allows every origin has no rule, and with
`Access-Control-Allow-Credentials: true` it lets any page use your users' sessions. Many answers on the web recommend this for
the wildcard message; it removes the browser's warning, not the hole.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.middleware("http")
async def allow_cors(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = Response() if request.method == "OPTIONS" else await call_next(request)
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
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
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

If the data is public, say so openly: `allow_origins=["*"]`, without credentials.

## Fix safety
No automatic fix: the code does not say which origins were intended. Any list withdraws the permission from all others.

## References
- Fetch Standard, *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- PortSwigger, *Exploiting CORS misconfigurations for bitcoins and bounties*, 2016
- CWE-942, Permissive Cross-domain Security Policy with Untrusted Domains
- CVE-2017-20146 (gorilla/handlers), CVE-2018-20744 (rs/cors): wildcard turned into reflection
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS303", "reflected-origin", "error", __doc__)
