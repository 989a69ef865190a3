"""The server refuses the WebSocket handshake

## What it does
The server answers the handshake with a status other than 101. CORS does not apply to WebSockets: no CORS header allows or
blocks one, and `CORSMiddleware` ignores them.

> WebSocket connection to 'ws://localhost:8000/ws' failed: Error during WebSocket handshake: Unexpected response code: 403

The status shows who refused it:

- *403*: the app closed the socket before `accept()`: an exception or a failed dependency, `WebSocketException`, a check of
  `Origin` or of a token, or no WebSocket route at that path. Starlette answers all of these with 403. Socket.IO has its own
  list, `cors_allowed_origins`, and says "is not an accepted origin" in the log. From Envoy: no `upgrade_configs`.
- *404*: the request arrived as plain HTTP: uvicorn without a WebSocket library (`pip install "uvicorn[standard]"`), or a
  proxy that does not pass `Upgrade` on.
- *400, 426*: a proxy that drops `Connection: upgrade`. *401*: a login in front. *200, 301 to 308*: another server, or a
  redirect, which a handshake does not follow. *500*: the app crashed before `accept()`. *502 to 504*: a proxy did not
  reach the app.

Firefox and WebKit do not print the status; the network tab has it.

## Why is this bad
People spend time on CORS settings, which do not matter here. The relevant settings: nginx `proxy_http_version 1.1;`,
`proxy_set_header Upgrade $http_upgrade;`, `proxy_set_header Connection "upgrade";`; Apache `ProxyPass ... upgrade=websocket`;
Envoy `upgrade_configs`; Varnish `return (pipe)`; HAProxy, Caddy and Traefik pass WebSockets on.

## Example
```python
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


@app.websocket("/ws")
async def events(socket: WebSocket) -> None:
    if "authorization" not in socket.headers:  # browsers cannot set headers on a WebSocket
        await socket.close()  # before accept(): 403
        return
    await socket.accept()
    await socket.close()
```

## Use instead
Check the origin, and take the token from what a browser can send: a cookie, a subprotocol, or the first message.

```python
from fastapi import FastAPI, WebSocket, WebSocketException, status

ALLOWED_ORIGINS = ["http://localhost:3000"]

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


@app.websocket("/ws")
async def events(socket: WebSocket) -> None:
    if socket.headers.get("Origin") not in ALLOWED_ORIGINS:
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION)
    await socket.accept()
    await socket.receive_text()  # the token
    await socket.close()
```

## Fix safety
No automatic fix. Do not remove the `Origin` check to get rid of the 403: it keeps untrusted pages out (see
`websocket-origin-unchecked`).

## References
- RFC 6455, sections 4.2.2 and 10.2; WHATWG WebSockets, *Opening handshake*
- nginx, WebSocket proxying (https://nginx.org/en/docs/http/websocket.html)
- FastAPI, WebSockets: https://fastapi.tiangolo.com/advanced/websockets/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS914", "websocket-refused", "error", __doc__)
