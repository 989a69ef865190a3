r"""The regular expression admits sites of other people

## What it does
The expression matches the whole origin, and more origins than were meant. `https://.*example\.com` also matches
`https://attackerexample.com`; `https://.*\.?example\.com` does too; `https?://.*` matches everything. The finding
names an origin that the expression admits and that anybody could register.

Your own pages work, so the browser prints nothing.

## Why is this bad
It is `*` in disguise. With `allow_credentials=True` it is worse than `*`, because browsers would refuse the literal
star, but accept the origin that the expression lets through: any such site reads the answers as the visitor who is
logged in.

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
No automatic fix: only you know which of the admitted names are yours. Replace `.*` by `[a-z0-9-]+`, anchor the domain
with an escaped dot in front of it, and list fixed names in `allow_origins`.

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
