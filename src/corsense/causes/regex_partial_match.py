r"""The regular expression matches only part of the origin

## What it does
Starlette matches `allow_origin_regex` against the **whole** origin (`re.fullmatch`). An expression written for searching, such
as `example\.com` or `^https://app`, matches only part of `https://app.example.com`, so Starlette refuses it:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
The page is refused although "the regex matches" in every online tester. The whole-origin rule is still correct: with a search,
`https://app.example.com.attacker.net` would pass. Starlette had exactly that fault until 2020.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Write scheme, host and, if there is one, port. `^` and `$` are not needed.

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
No automatic fix: only you know the missing part. Putting `.*` around the expression would make it match, but also allow
untrusted sites.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- Python, `re.fullmatch` (https://docs.python.org/3/library/re.html#re.fullmatch)
- Kludex/starlette#800 and #801, the security fix of 2020; CVE-2026-37737, the same in sanic-cors
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS214", "regex-partial-match", "error", __doc__)
