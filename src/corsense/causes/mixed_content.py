"""A page on https calls an address on http

## What it does
A secure page may not load from an insecure address. The browser refuses before it connects; the server sees nothing,
and no CORS header is looked at.

> Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure resource
> 'http://api.example.com/api/users'. This request has been blocked; the content must be served over HTTPS.

`http://localhost` is allowed by Chromium and Firefox as being on the own machine, and refused by WebKit.

## Why is this bad
The page catches the same bare `TypeError` as for CORS. The deployed page usually still has the development address in
it, or the API redirects to `http` (see `redirect-downgrades-to-http`).

## Example
```python
import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=80)
```

## Use instead
Serve the API on `https`, by a proxy or by the server itself, and call it so.

```python
import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=443, ssl_certfile="api.example.com.pem", ssl_keyfile="api.example.com.key")
```

## Fix safety
No automatic fix: the address is written in the page.

## References
- W3C, Mixed Content (https://w3c.github.io/webappsec-mixed-content/)
- MDN, Mixed content: https://developer.mozilla.org/en-US/docs/Web/Security/Mixed_content
- FastAPI, About HTTPS: https://fastapi.tiangolo.com/deployment/https/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS904", "mixed-content", "error", __doc__)
