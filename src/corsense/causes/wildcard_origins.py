"""Every origin is allowed, without credentials

## What it does
With `allow_origins=["*"]` and no credentials, pages of every site may read what the API returns to anonymous requests. The
browser attaches no cookies to such requests, and refuses `*` if the page wants to send them.

The browser prints nothing, unless the page sends credentials: then see `wildcard-with-credentials`.

## Why is this bad
For a public API it is fine: anyone could fetch the same with curl. It is bad in two cases:

- The API is protected only by *where it can be reached from*: an intranet, a VPN, `localhost`. The visitor's browser is inside,
  and with `*` any website can use it as a bridge.
- The star is a stopgap. Once someone adds `allow_credentials=True` for the login, it becomes `wildcard-with-credentials`.

A list takes one line and documents who your clients are.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "POST"],
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
    allow_origins=["http://localhost:3000", "https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

For a truly public API, keep the star and keep credentials off.

## Fix safety
No automatic fix. A list is always the narrower choice.

## References
- Fetch Standard, *CORS protocol and credentials*, and *HTTP responses* on `*` (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Allow-Origin:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Origin
- GHSA-p4cp-8gwf-3fgv (reachy_mini), a local service open to any web page
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS304", "wildcard-origins", "info", __doc__)
