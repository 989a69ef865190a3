"""The origin is `null`

## What it does
A page opened from disk (`file://`), a sandboxed frame, a `data:` document, and a request that was redirected from one foreign
origin to another all send `Origin: null`. It does not name an origin; it hides it. The console of such a page says:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'null' has been blocked by CORS policy: Response to
> preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the
> requested resource.

Listing `"null"` removes the message, but is the real fault.

## Why is this bad
Anyone can be `null`. Any site can put a script into a sandboxed frame and send `Origin: null`, so an API that allows it is open
to the whole web; with credentials, as the logged-in visitor.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000", "null"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Serve the page over HTTP and allow its origin. `python -m http.server 3000` in the page's folder is enough. Or let the app serve
the page, which needs no CORS.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

If `null` appears after a redirect, call the final address directly: see `redirect-loses-cors`.

## Fix safety
No automatic fix. Removing `"null"` from the list can only narrow it; pages that relied on it need their own origin. Packaged
apps have one (`capacitor://localhost`, `tauri://localhost`, `chrome-extension://...`).

## References
- Fetch Standard, *`Origin` header*, *Serializing a request origin* (https://fetch.spec.whatwg.org/)
- HTML Standard, *Origin*: opaque origins (https://html.spec.whatwg.org/multipage/browsers.html#origin)
- MDN, Access-Control-Allow-Origin, *null*:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Origin
- PortSwigger, *Exploiting CORS misconfigurations for bitcoins and bounties*, 2016
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS217", "null-origin", "error", __doc__)
