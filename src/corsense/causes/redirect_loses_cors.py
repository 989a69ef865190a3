"""A redirect leads to an address that does not allow the page

## What it does
The browser checks each hop of a redirect: the redirect itself needs CORS headers, and so does its target. After a redirect from
one cross-origin address to another origin, `Origin` is `null`, which no list should contain. The message names the last
address:

> Access to fetch at 'https://files.example.net/report.pdf' (redirected from 'http://localhost:8000/api/report') from
> origin 'http://localhost:3000' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present
> on the requested resource.

The usual targets are a storage bucket, a login page on another host, and the `https` version of an `http` address.

## Why is this bad
The API allows the page, and the first response has the header. A redirect to another origin also drops `Authorization`, and
301, 302 and 303 drop the method and body of a `POST`.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/report")
def report() -> RedirectResponse:
    return RedirectResponse("https://files.example.net/report.pdf")
```

## Use instead
Let the page decide how to continue: return an address in JSON to open or download, and a 401 instead of a redirect to the
login.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/report")
def report() -> dict[str, str]:
    return {"url": "https://files.example.net/report.pdf"}
```

If script must read the file itself, allow the page's origin in the storage's CORS settings, and call the storage directly.

## Fix safety
No automatic fix. Allowing `null` would let the redirect pass, but also every other site.

## References
- Fetch Standard, *HTTP-redirect fetch*, *Serializing a request origin* (https://fetch.spec.whatwg.org/)
- MDN, Cross-Origin Resource Sharing: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
- fastapi/fastapi#4990
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS802", "redirect-loses-cors", "error", __doc__)
