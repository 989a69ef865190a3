"""The browser still remembers an earlier preflight

## What it does
A preflight that passed is remembered for `Access-Control-Max-Age` seconds (Starlette: `max_age=600`; capped at 7200
by Chromium, 86400 by Firefox and 600 by WebKit; 5 without the header). Until then the browser does not ask again, so
a *withdrawn* permission seems to be in force still. What comes back is then checked anew, and fails there:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Refused preflights are never remembered: a permission that was *added* works at once.

## Why is this bad
While you try things out, the browser may be answering for a configuration that no longer exists, and one browser for
longer than another.

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
Ten minutes spare nearly all of the preflights. While the policy is changing, use a few seconds; in the browser, tick
*Disable cache* in the developer tools or use a new private window.

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
Changing `max_age` changes no permission.

## References
- Fetch Standard, *CORS-preflight cache* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Max-Age:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS607", "preflight-cache-stale", "info", __doc__)
