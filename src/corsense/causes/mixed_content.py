"""An https page calls an http address

## What it does
A secure page may not load from an insecure address. The browser refuses to connect; the server sees no request, and CORS
headers do not matter.

> Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure resource
> 'http://api.example.com/api/users'. This request has been blocked; the content must be served over HTTPS.

Chromium and Firefox allow `http://localhost`, because it is the user's own machine; WebKit refuses it.

## Why is this bad
The page catches the same bare `TypeError` as for CORS. Usually the deployed page still contains the development address, or the
API redirects to `http` (see `redirect-downgrades-to-http`).

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
Serve the API on `https`, through a proxy or from the server itself, and call that address.

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
