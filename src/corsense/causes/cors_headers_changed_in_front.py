"""Something in front changes the app's CORS headers

## What it does
The app allows the page, and a proxy, gateway or CDN in front of it replaces or removes the header that says so, or takes the
request's `Origin` away before the app can see it:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

`corsense check https://api.example.com --app main:app` sends each request to the app in process as well and compares: it says
which header was dropped or replaced, and by which layer where the response names it.

## Why is this bad
The app is right, and changing its origins has no effect. Local tests pass, because they do not go through the proxy. A header
that is replaced by `*` lets pages of every origin read what the app keeps for a few. Change the layer in front:

- *nginx*: `proxy_hide_header Access-Control-...` and `more_clear_headers` remove, `more_set_headers` replaces;
  `proxy_set_header Origin ""` hides the page from the app.
- *HAProxy*: `http-response del-header` and `set-header`; `http-request del-header Origin`.
- *Apache*: `Header unset` and `Header set`; `RequestHeader unset Origin`.
- *Caddy*: `header_down -Access-Control-...`, `header >Access-Control-...`; `header_up -Origin`.
- *Traefik*: the `accessControl...` options of the headers middleware replace; an empty value in `customResponseHeaders` removes.
- *Envoy*: the `cors` filter replaces; `response_headers_to_remove` removes.
- *Varnish*: `unset beresp.http.Access-Control-...`.
- *API Gateway, HTTP API*: with a CORS configuration of its own it ignores the app's headers.
- *Azure App Service*: its CORS page takes precedence over the app.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


# Stands for a proxy with `proxy_hide_header Access-Control-Allow-Origin`.
@app.middleware("http")
async def proxy(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    if "access-control-allow-origin" in response.headers:
        del response.headers["access-control-allow-origin"]
    return response


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Let the layer in front pass the app's headers on:

```nginx
location / {
    proxy_pass http://127.0.0.1:8000;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-Proto $scheme;
}
```

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

If the layer in front is to decide, let it set all CORS headers, on errors too, and remove the middleware from the app.

## Fix safety
No automatic fix: the layer in front is not in the app's source. An edit of the app would not help, and a wider list there would
remain when the proxy is repaired.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- nginx, `proxy_hide_header`: https://nginx.org/en/docs/http/ngx_http_proxy_module.html
- Traefik, Headers, *CORS headers*: https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/headers/
- Amazon API Gateway, CORS for HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS410", "cors-headers-changed-in-front", "error", __doc__)
