"""The preflight is redirected

## What it does
A preflight must be answered where it was sent. Browsers follow redirects for ordinary requests, but not for a
preflight:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight
> request.

The usual redirects lead from `http` to `https`, to a path with a trailing slash (see `redirect-slashes`), or to a login page.

## Why is this bad
Opening the address in a tab works, and so does curl with `-L`. Even after a successful preflight, a redirect from one
cross-origin address to another turns `Origin` into `null`: moving `CORSMiddleware` outwards is not enough here.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.add_middleware(HTTPSRedirectMiddleware)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Call the final address from the page: `https://...` for a deployed API. Redirect pages, not API calls, and do so in the proxy
that terminates TLS. On a machine without TLS, omit the redirect.

```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.httpsredirect import HTTPSRedirectMiddleware

app = FastAPI()
if os.environ.get("FORCE_HTTPS") == "1":
    app.add_middleware(HTTPSRedirectMiddleware)
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: the address is written in the page. Behind a proxy that terminates TLS, `HTTPSRedirectMiddleware` also needs
the proxy's `X-Forwarded-Proto`, or it redirects forever.

## References
- Fetch Standard, *CORS-preflight fetch*, *HTTP-redirect fetch* (https://fetch.spec.whatwg.org/)
- MDN, Reason: CORS request external redirect not allowed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSExternalRedirectNotAllowed
- FastAPI, HTTPSRedirectMiddleware: https://fastapi.tiangolo.com/advanced/middleware/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS504", "preflight-redirected", "error", __doc__)
