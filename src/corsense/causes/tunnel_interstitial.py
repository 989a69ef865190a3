"""A tunnel shows its own page instead of the API

## What it does
ngrok's free plan, localtunnel and Microsoft's dev tunnels show visitors a page once, a warning or a login, before they let
browsers through. A script that calls the API gets that page too: HTML without CORS headers, often with status 200.

> Access to fetch at 'https://ab12.ngrok-free.app/api/users' from origin 'http://localhost:3000' has been blocked by
> CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

curl and Postman get the API, because the page is shown to browsers only. The response names the tunnel: `ngrok-error-code:
ERR_NGROK_6024`. When the tunnel is closed, its own 404 looks the same (`ERR_NGROK_3200`).

## Why is this bad
The request never reaches the app, so its CORS settings do not matter. Make the tunnel skip its page, with a header that your
page sends and the app's CORS settings allow:

- *ngrok*: `ngrok-skip-browser-warning: 1` (any value), or a paid plan
- *localtunnel* (`loca.lt`): `bypass-tunnel-reminder: 1` (any value)
- *dev tunnels*: `X-Tunnel-Skip-AntiPhishing-Page: true`, and `devtunnel host --allow-anonymous` (in VS Code: port
  visibility *Public*); *GitHub Codespaces*: port visibility *Public*

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Use instead
In the page: `fetch(url, { headers: { "ngrok-skip-browser-warning": "1" } })`. In the app:

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
    allow_headers=["ngrok-skip-browser-warning"],
)


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

An `<img>`, an `EventSource` and a WebSocket cannot send the header; for them, serve the page through the same tunnel.

## Fix safety
No automatic fix. Do not allow all headers just for this one, and remove it before production.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- ngrok, ERR_NGROK_6024 (https://ngrok.com/docs/errors/err_ngrok_6024/)
- localtunnel/localtunnel#663 (`bypass-tunnel-reminder`); microsoft/dev-tunnels#231 (the page against phishing)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS912", "tunnel-interstitial", "error", __doc__)
