"""The browser keeps the cookie back

## What it does
The CORS headers are right, and the cookie is not there: the login answers 200, and the next call 401. Whether a
cookie travels is decided by the page's options and by the cookie's own attributes, not by CORS.

- The page must ask for it: `credentials: "include"` on *every* call, the login included; otherwise the cookie is not
  even stored.
- `SameSite=Lax` (the default, also of Starlette's `SessionMiddleware`) and `Strict` keep a cookie within one *site*.
  From `https://app.example.com` to `https://api.example.net` none is sent; between ports of `localhost`, or
  subdomains of one domain, it is.
- `SameSite=None` demands `Secure`.
- `localhost` and `127.0.0.1` are two sites.
- Many browsers refuse third-party cookies altogether.

Firefox prints a line, Chromium shows it in the *Issues* tab only:

> Cookie “session” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or “Strict”.

## Why is this bad
It is hunted as a CORS fault, for hours, in the one place that is right.

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
Best: serve page and API under one domain (`app.example.com` and `api.example.com`), and keep `Lax`. If they must be
two sites:

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
No automatic fix. `SameSite=None` gives up a protection: any site can then send requests with that cookie, so
state-changing routes need a check of their own (the `Origin` header, or a token). CORS does not stop such requests:
see `simple-request-runs-anyway`.

## References
- RFC 6265bis, *The "SameSite" Attribute*; Fetch Standard, *HTTP-network-or-cache fetch*
  (https://fetch.spec.whatwg.org/)
- MDN, Set-Cookie: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie
- fastapi/fastapi#3267, #5334, #5837, #2064 and #1099; aekasitt/fastapi-csrf-protect#14
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS903", "cookie-not-sent", "warning", __doc__)
