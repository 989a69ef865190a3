r"""A dot in the regular expression is not escaped

## What it does
In a regular expression, `.` matches any character. `https://app.example.com` as `allow_origin_regex` matches the intended
origin, but also `https://appxexample.com`, a name that anyone can register.

The intended page works, so the browser prints nothing.

## Why is this bad
The owner of the look-alike domain may read the API's responses, with `allow_credentials=True` even as the logged-in visitor.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://[a-z0-9-]+.example.com",
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
    allow_origin_regex=r"https://[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

For fixed names no expression is needed: `allow_origins=["https://app.example.com"]`.

## Fix safety
Safe: the fix escapes the dots between the labels of the host name. It can only narrow what is allowed.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- GHSA-93ph-p7v4-hwh4 (CVE-2026-25479), unescaped dots in Litestar's host patterns
- CWE-625, Permissive Regular Expression
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS215", "regex-unescaped-dot", "error", __doc__)
