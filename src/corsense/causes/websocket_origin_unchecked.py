"""A WebSocket accepts pages of every origin

## What it does
CORS does not apply to WebSockets. The browser sends `Origin` and cookies with the handshake, does not check the response, and
lets the server decide. `CORSMiddleware` passes WebSockets on unchecked, so an endpoint that does not check `Origin` itself is
open to every page.

It connects, from everywhere, so the browser prints nothing.

## Why is this bad
An untrusted page can open the socket as the logged-in visitor, read what it sends and write to it (cross-site WebSocket
hijacking). On `localhost`, a running program is enough: several local tools had security advisories for exactly this.

## Example
```python
from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)


@app.websocket("/ws")
async def events(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()
```

## Use instead
Check the origin before `accept()`, against the same list.

```python
from fastapi import FastAPI, WebSocket, WebSocketException, status
from fastapi.middleware.cors import CORSMiddleware

ALLOWED_ORIGINS = ["http://localhost:3000"]

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=ALLOWED_ORIGINS, allow_credentials=True)


@app.websocket("/ws")
async def events(socket: WebSocket) -> None:
    if socket.headers.get("Origin") not in ALLOWED_ORIGINS:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()
```

Clients other than browsers send no `Origin`, or any value: check a token for them.

## Fix safety
No automatic fix: non-browser clients of the socket would be refused too, and only you know whether there are any.

## References
- WHATWG WebSockets, *Opening handshake*; RFC 6455, section 10.2, Origin Considerations
- OWASP, WebSocket Security Cheat Sheet
- google/adk-python#4951, GHSA-4643-wpgq-w329 (semantica), open-webui/open-webui#18410, Kludex/starlette#229
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS906", "websocket-origin-unchecked", "warning", __doc__)
