"""The server answers every origin with that origin's own name

## What it does
Whatever stands in `Origin` comes back in `Access-Control-Allow-Origin`. That is `*` with another face: no origin is
refused. Unlike `*` it is also accepted by browsers together with credentials.

Everything works, on every site, so the browser prints nothing.

## Why is this bad
The rule exists so that a server can say *who* may read. A server that says "whoever asks" has no rule, and with
`Access-Control-Allow-Credentials: true` it hands the session of your users to any page they visit. It is the "cure"
that many answers on the web give for the wildcard message; it silences the one party that noticed the hole.

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
No automatic fix: which origins were meant is not in the code. Any list takes permission away from all others.

## References
- Fetch Standard, *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- PortSwigger, *Exploiting CORS misconfigurations for bitcoins and bounties*, 2016
- CWE-942, Permissive Cross-domain Security Policy with Untrusted Domains
- CVE-2017-20146 (gorilla/handlers), CVE-2018-20744 (rs/cors): wildcard turned into reflection
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS303", "reflected-origin", "error", __doc__)
