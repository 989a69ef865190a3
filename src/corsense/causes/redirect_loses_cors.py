"""The request is redirected to where CORS does not hold

## What it does
Each hop of a redirect is checked like an answer: the redirect itself needs CORS headers, and so does its target. Once
a request has gone from one foreign origin to another, its `Origin` is `null`, which no list should contain. The
message names the last address:

> Access to fetch at 'https://files.example.net/report.pdf' (redirected from 'http://localhost:8000/api/report') from
> origin 'http://localhost:3000' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present
> on the requested resource.

The usual targets are a storage bucket, a login page on another host, and the `https` twin of an `http` address.

## Why is this bad
The API allows the page, and the header is there on the first answer. Also lost on the way to another origin:
`Authorization`, and after 301, 302 and 303 the method and body of a `POST`.

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
Tell the page where to go, and let it decide how: an address in JSON to open or to download, a 401 instead of a
redirect to the login.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/report")
def report() -> dict[str, str]:
    return {"url": "https://files.example.net/report.pdf"}
```

If script must read the file itself, allow the page's origin on the storage, and call it directly.

## Fix safety
No automatic fix. Allowing `null` would let the redirect pass, and every site in the world with it.

## References
- Fetch Standard, *HTTP-redirect fetch*, *Serializing a request origin* (https://fetch.spec.whatwg.org/)
- MDN, Cross-Origin Resource Sharing: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
- fastapi/fastapi#4990
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS802", "redirect-loses-cors", "error", __doc__)
