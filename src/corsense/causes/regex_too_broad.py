r"""The regular expression allows other people's sites

## What it does
The expression matches more origins than intended. `https://.*example\.com` also matches `https://attackerexample.com`;
`https://.*\.?example\.com` does too; `https?://.*` matches everything. The finding names an origin that the expression allows
and that anyone could register.

Your own pages work, so the browser prints nothing.

## Why is this bad
It is `*` in disguise. With `allow_credentials=True` it is worse than `*`: browsers refuse the literal star, but accept an
origin that the expression allows, so any such site reads the responses as the logged-in visitor.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://.*example\.com",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


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
    allow_origin_regex=r"https://([a-z0-9-]+\.)?example\.com",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: only you know which of the allowed names are yours. Replace `.*` with `[a-z0-9-]+`, put an escaped dot before
the domain, and list fixed names in `allow_origins`.

## References
- Starlette, CORSMiddleware: https://starlette.dev/middleware/; Kludex/starlette#3165 replaced the documentation's own
  `.*`
- PortSwigger, *Exploiting CORS misconfigurations for bitcoins and bounties*, 2016
- CVE-2024-27302 (go-zero, suffix match), CVE-2019-25211 (gin-contrib/cors, prefix match), CVE-2022-1996 (go-restful)
- CWE-942, Permissive Cross-domain Security Policy with Untrusted Domains
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS216", "regex-too-broad", "error", __doc__)
