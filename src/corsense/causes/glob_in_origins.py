r"""The list of exact origins contains a glob pattern

## What it does
`allow_origins` takes exact origins. In a list, `https://*.example.com` is literal text: it equals no origin, and no warning
appears. (Only the entry `"*"` is special: it means every origin.) A page on a subdomain gets:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It looks like the configuration of other servers, which accept such patterns, but has no effect here.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://*.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Name the subdomains if you can. If they change, use `allow_origin_regex`, with escaped dots and a limited character set in place
of the star. Starlette matches it against the whole origin.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
The fix turns the glob into the narrowest regular expression that means the same: one label where a star stands for a subdomain,
digits where it stands for a port. Every subdomain is then trusted, including a forgotten one that someone else can take over; a
list of names is safer. For a domain where anyone can get a subdomain (`*.vercel.app`), no fix is offered: see
`public-suffix-origin`.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
- Kludex/starlette#84, subdomains and the first regular expression for them, which was wrong
- Olawoyin007/intentKeeper#113, `chrome-extension://*` taken literally
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS212", "glob-in-origins", "error", __doc__)
