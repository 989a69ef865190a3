"""A local server answers to every host name

## What it does
The server listens on `localhost` or in a local network, requires no login, and answers whatever name the `Host` header
contains. A page on `http://evil.example:8000` can make its own name resolve to `127.0.0.1` (*DNS rebinding*). The server then
has the page's own origin: the page can read and write everything, without CORS or a preflight.

The browser prints nothing: it sees a page that calls its own server.

## Why is this bad
`Origin`, cookies and `Sec-Fetch-Site` do not show it: page and server have the same origin, and browsers send no `Sec-Fetch-*`
to plain http on such a name. Only the `Host` header does: it still has the page's name. A server that is public anyway, or that
requires a login, loses nothing.

## Example
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.post("/api/run")
def run() -> dict[str, str]:
    return {"started": "yes"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8000)
```

## Use instead
Answer only to the server's own names. Addresses, `localhost` and `.local` names cannot be rebound, and always pass here.

```python
import corsense
import uvicorn
from corsense import CrossOriginProtection, Policy
from fastapi import FastAPI

app = FastAPI()
protection = CrossOriginProtection(mode="enforce", hosts=["localhost"])
corsense.install(app, Policy(origins=["http://localhost:3000"]), protection=protection)


@app.post("/api/run")
def run() -> dict[str, str]:
    return {"started": "yes"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=8000)
```

Starlette's `TrustedHostMiddleware` with a list of names does the same for HTTP and WebSockets.

## Fix safety
No automatic fix: only you know the names under which people reach the server. Behind a proxy, use the name that the proxy
passes on.

## References
- CVE-2018-5702 (Transmission); CVE-2025-66416 (MCP Python SDK)
- Starlette, TrustedHostMiddleware: https://starlette.dev/middleware/#trustedhostmiddleware
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS917", "host-unchecked", "info", __doc__)
