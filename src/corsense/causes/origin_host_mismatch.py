"""The list has this machine under another name

## What it does
`localhost`, `127.0.0.1` and `[::1]` lead to the same machine but are three different hosts to a browser; so are `example.com`
and `www.example.com`. Origins are compared as text, and names are never resolved. The list has one name; the page uses another:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://127.0.0.1:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It depends on which name someone typed or a tool printed, so it works on one machine and fails on another. `0.0.0.0` is an
address to listen on, never the origin of a page that a user should open.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
List each name that is really used, or open the page under the listed name.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000", "http://127.0.0.1:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

Prefer one name for page *and* API: `localhost` to `127.0.0.1` is also cross-site, so `SameSite` cookies are not sent.

## Fix safety
Safe for names of your own machine. For public names, the fix adds the one you asked about; make sure that it is yours.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Same-origin policy: https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy
- flux0-ai/flux0#61 (localhost against 127.0.0.1 in Swagger UI), Buuntu/fastapi-react#194 (0.0.0.0)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS205", "origin-host-mismatch", "error", __doc__)
