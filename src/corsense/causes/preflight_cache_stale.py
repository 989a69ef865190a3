"""The browser still remembers an earlier preflight

## What it does
The browser caches a successful preflight for `Access-Control-Max-Age` seconds (Starlette: `max_age=600`; capped at 7200 by
Chromium, 86400 by Firefox and 600 by WebKit; 5 without the header). Until then the browser does not ask again, so a *withdrawn*
permission still seems to apply. The browser checks the actual response again, and that check fails:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Refused preflights are never cached: an *added* permission works at once.

## Why is this bad
While you try things out, the browser may use permissions from a configuration that no longer exists, and some browsers do so
longer than others.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    max_age=86400,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Ten minutes save nearly all preflights. While the policy is changing, use a few seconds; in the browser, tick *Disable cache* in
the developer tools or use a new private window.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    max_age=600,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Changing `max_age` does not change any permission.

## References
- Fetch Standard, *CORS-preflight cache* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Max-Age:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS607", "preflight-cache-stale", "info", __doc__)
