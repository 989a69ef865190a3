r"""A glob pattern stands in the list of exact origins

## What it does
`allow_origins` takes exact origins. In a list, `https://*.example.com` is a text with a star in it: it equals no
origin, and nothing says so. (Only the single entry `"*"` has a meaning: every origin.) The page of a subdomain is
told:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
It looks like the configuration of other servers, which do take such patterns, and is silently dead here.

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
Name the subdomains if you can. If they change, use `allow_origin_regex`, with the dots escaped and a closed set of
characters where the star stood. Starlette matches it against the whole origin.

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
The fix turns the glob into the narrowest regular expression that means the same: one label where a star stands for a
subdomain, digits where it stands for a port. Every subdomain is then trusted, also a forgotten one that somebody else
can take over; a list of names is safer. For a domain where anybody gets a subdomain (`*.vercel.app`) no fix is
offered: see `public-suffix-origin`.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
- Kludex/starlette#84, subdomains and the first regular expression for them, which was wrong
- Olawoyin007/intentKeeper#113, `chrome-extension://*` taken literally
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS212", "glob-in-origins", "error", __doc__)
