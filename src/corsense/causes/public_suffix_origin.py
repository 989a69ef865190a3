r"""The pattern covers a domain where anyone can get a subdomain

## What it does
`https://*.vercel.app`, `*.github.io`, `*.netlify.app`, `*.co.uk`: every customer has a name below such a *public suffix*. A
pattern that accepts any name accepts all of them, and an account is free.

Your own pages work, so the browser prints nothing.

## Why is this bad
It is usually written for preview deployments, whose names change with each branch. It allows everyone who can deploy to the
same host: an attacker needs a project and five minutes.

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
Serve previews from your own domain, or restrict the pattern to the part of the name that the host reserves for your team.
Better still, let previews call a staging API, without credentials.

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

A prefix of your choice (`https://myproject-*.vercel.app`) helps only if no one else can take a name with that prefix.

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
