"""max_age is not a number of seconds that browsers accept

## What it does
`max_age` is text, a fraction, less than -1 or more than 86400. `Policy` raises `PolicyError`, so the app does not start, and
there is no message in any browser. Starlette's middleware sends any value: browsers cap large values (Chromium at 7200, Firefox
at 86400, WebKit at 600) and differ on negative ones.

## Why is this bad
`max_age=31536000` suggests that browsers keep a preflight for a year, which misleads anyone who plans to withdraw a permission.
Browsers ignore a value that is not an integer: requests with a JSON body then need a new preflight every 5 seconds.

## Example
```python
from fastapi import FastAPI

from corsense import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    max_age=-600,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI

from corsense import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    max_age=600,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

-1 and 0 forbid browsers to cache a preflight; with `None` they use their default (5 seconds).

## Fix safety
Changing `max_age` does not change any permission.

## References
- Fetch Standard, *CORS-preflight cache* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Max-Age:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS608", "max-age-out-of-range", "error", __doc__)
