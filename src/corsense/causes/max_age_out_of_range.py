"""max_age is not a number of seconds that browsers accept

## What it does
`max_age` is text, a fraction, less than -1 or more than 86400. A policy refuses it with `PolicyError` when it is made,
so the app does not start, and there is no message in any browser. Starlette's layer sends whatever it is given:
browsers cap what is too long (Chromium at 7200, Firefox at 86400, WebKit at 600) and differ on what is negative.

## Why is this bad
Whoever writes `max_age=31536000` believes that a preflight is kept for a year, and plans a withdrawal of permissions
by it. And a value that is no whole number is ignored: every request with a JSON body is then preflighted every
5 seconds.

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

-1 and 0 forbid browsers to keep a preflight, None leaves it to them (5 seconds).

## Fix safety
Changing `max_age` changes no permission.

## References
- Fetch Standard, *CORS-preflight cache* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Max-Age:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Max-Age
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS608", "max-age-out-of-range", "error", __doc__)
