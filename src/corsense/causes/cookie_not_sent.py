"""The browser does not send the cookie

## What it does
The CORS headers are correct, but the cookie is missing: the login answers 200, and the next call gets 401. The page's options
and the cookie's own attributes decide whether a cookie is sent, not CORS.

- The page must set `credentials: "include"` on *every* call, including the login; otherwise the browser does not even store the
  cookie.
- `SameSite=Lax` (the default, also in Starlette's `SessionMiddleware`) and `Strict` keep a cookie within one *site*. The
  browser does not send it from `https://app.example.com` to `https://api.example.net`, but does between ports of `localhost` or
  subdomains of one domain.
- `SameSite=None` requires `Secure`.
- `localhost` and `127.0.0.1` are different sites.
- Many browsers block third-party cookies altogether.

Firefox prints a line; Chromium shows it only in the *Issues* tab:

> Cookie “session” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or “Strict”.

## Why is this bad
People spend hours debugging CORS, the one part that is correct.

## Example
```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/login")
def login(response: Response) -> dict[str, str]:
    response.set_cookie("session", "c2Vzc2lvbg", httponly=True)
    return {"name": "Ada"}
```

## Use instead
Preferably serve the page and the API under one domain (`app.example.com` and `api.example.com`) and keep `Lax`. If they must be
on different sites:

```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/login")
def login(response: Response) -> dict[str, str]:
    response.set_cookie("session", "c2Vzc2lvbg", httponly=True, samesite="none", secure=True)
    return {"name": "Ada"}
```

`domain=` takes a host name, not a URL.

## Fix safety
No automatic fix. `SameSite=None` gives up a protection: any site can then send requests with that cookie, so state-changing
routes need their own check (the `Origin` header or a token). CORS does not stop such requests: see
`simple-request-runs-anyway`.

## References
- RFC 6265bis, *The "SameSite" Attribute*; Fetch Standard, *HTTP-network-or-cache fetch*
  (https://fetch.spec.whatwg.org/)
- MDN, Set-Cookie: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie
- fastapi/fastapi#3267, #5334, #5837, #2064 and #1099; aekasitt/fastapi-csrf-protect#14
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS903", "cookie-not-sent", "warning", __doc__)
