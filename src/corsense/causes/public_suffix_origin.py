r"""The pattern covers a domain where anybody gets a subdomain

## What it does
`https://*.vercel.app`, `*.github.io`, `*.netlify.app`, `*.co.uk`: below such a *public suffix* every customer has a
name. A pattern that accepts any of them accepts all of them, and an account there is free.

Your own pages work, so the browser prints nothing.

## Why is this bad
It is usually written for preview deployments, whose names change with each branch. It allows everybody who can deploy
to the same host: an attacker needs a project and five minutes.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://[a-z0-9-]+\.vercel\.app",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Give previews a domain of your own, or bind the pattern to the part of the name that the host reserves for your team.
Better still, let previews talk to a staging API, without credentials.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_origin_regex=r"https://[a-z0-9-]+\.preview\.example\.com",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

A prefix of your choice (`https://myproject-*.vercel.app`) helps only as far as nobody else can take a name that
begins so.

## Fix safety
No automatic fix: only you know which names are yours.

## References
- Public Suffix List: https://publicsuffix.org/
- CVE-2026-55438 (coder, shared suffix), openscan-explorer/explorer#364 (`*--x.netlify.app`)
- PxA-Labs/AutoMaintainer#242 and rajshah6/arXivisual#15, patterns for previews that admit every tenant
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS218", "public-suffix-origin", "warning", __doc__)
