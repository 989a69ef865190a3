"""The configuration of a proxy loses the CORS headers

## What it does
A proxy in front of the app should send CORS headers, or pass them on, and does not. The configuration is valid, the proxy starts,
and the browser gets an answer without them:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

- *nginx* inherits `add_header` from the level above only where there is none. One `add_header X-Frame-Options DENY;` in a
  `location` or an `if` drops all the headers of its `server`.
- *nginx, Caddy, Traefik, Envoy* can remove the app's header: `proxy_hide_header`, `header -Access-Control-Allow-Origin`, an
  empty value in `customResponseHeaders`, `response_headers_to_remove`. Where nothing sets it afterwards, no layer sends it.
- *Envoy* needs both the filter `envoy.filters.http.cors` in `http_filters` and a `CorsPolicy` on the virtual host or route.
  Either alone does nothing, without a warning.
- *HAProxy* has no request any more in `http-response`: `%[req.hdr(Origin)]` finds nothing there.

## Why is this bad
Everything seems to be set. `nginx -t` reports no error, the other paths work, and the app's own tests pass, because they do not
go through the proxy.

## Example
The app relies on a proxy that loses the header. To the browser both together are an app without CORS:

```python
from fastapi import FastAPI

app = FastAPI()  # "nginx adds the headers"


@app.get("/api/users")
def get_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Let the app send the headers, and the proxy pass them on:

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users")
def get_user() -> dict[str, str]:
    return {"name": "Ada"}
```

Or repair the proxy: repeat the headers in the `location` (or put them into a file and `include` it at each level), add the filter
in Envoy, keep the Origin in HAProxy with `http-request set-var(txn.origin) req.hdr(Origin)`. `corsense policy export` writes such
a configuration; `corsense lint nginx.conf` finds what is lost.

## Fix safety
No automatic fix: corsense does not rewrite configurations of proxies. Repeating headers opens a path that was closed until then,
so make sure that the pages may read it.

## References
- nginx, *add_header*: inherited "if and only if there are no add_header directives defined on the current level"
  (https://nginx.org/en/docs/http/ngx_http_headers_module.html)
- Envoy, *CORS* (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter)
- HAProxy Configuration Manual, *Fetching samples*: which are available where (https://docs.haproxy.org/)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS104", "proxy-loses-cors", "error", __doc__)
