"""The page's own Content Security Policy forbids the call

## What it does
The server of the *page* sends a `Content-Security-Policy` whose `connect-src` (or `default-src`) lacks the API's
origin. The browser refuses to connect; the API sees no request.

> Connecting to 'http://localhost:8000/api/users' violates the following Content Security Policy directive:
> "connect-src 'self'". The action has been blocked.

Chromium said "Refused to connect to ... because it violates the following Content Security Policy directive" until
2025.

## Why is this bad
The page catches the same bare `TypeError` as for CORS, so people change the API's settings, which are correct.

## Example
The app that serves the page:

```python
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()


@app.get("/")
def page() -> HTMLResponse:
    policy = "default-src 'self'"
    return HTMLResponse("<script src='/app.js'></script>", headers={"Content-Security-Policy": policy})
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

app = FastAPI()


@app.get("/")
def page() -> HTMLResponse:
    policy = "default-src 'self'; connect-src 'self' http://localhost:8000"
    return HTMLResponse("<script src='/app.js'></script>", headers={"Content-Security-Policy": policy})
```

The API still needs its CORS layer: both sides must allow the call.

## Fix safety
No automatic fix: the policy belongs to the page's server. Name the API's origin; `connect-src *` gives up the
protection.

## References
- W3C, Content Security Policy Level 3, *connect-src* (https://w3c.github.io/webappsec-csp/)
- MDN, connect-src:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy/connect-src
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS910", "content-security-policy", "error", __doc__)
