"""The request is larger than the server in front accepts

## What it does
A proxy refuses the body of an upload with 413 before the app sees it. Its error page has no CORS headers, so the browser
reports CORS:

> Access to fetch at 'http://localhost:8000/api/photos' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Chromium prints the status on a separate line: `net::ERR_FAILED 413 (Request Entity Too Large)`. To confirm it, try a small
upload, which works. If the proxy closes the connection while the page is still sending, the browser shows only
`net::ERR_CONNECTION_RESET`. 431 is the same for headers: cookies or a token are too long.

## Why is this bad
nginx accepts 1 MB by default. CORS settings do not change that; raise the limit:

- *nginx*: `client_max_body_size 20m;` (in a Kubernetes Ingress the annotation
  `nginx.ingress.kubernetes.io/proxy-body-size: 20m`)
- *Apache*: `LimitRequestBody`; *Caddy*: `request_body max_size`; *Traefik*: `buffering.maxRequestBodyBytes`; *Envoy*:
  `max_request_bytes` of the buffer filter; *HAProxy*: the rule on `req.body_size`; *IIS*: `maxAllowedContentLength`
- *Cloudflare* accepts 100 MB on the free plan, *API Gateway* 10 MB, *Lambda* 6 MB, *Vercel* functions 4.5 MB: send large files
  straight to storage with a signed URL.

## Example
```python
from fastapi import FastAPI, UploadFile
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["POST"])


@app.post("/api/photos")
async def add_photo(photo: UploadFile) -> dict[str, int]:
    return {"bytes": len(await photo.read())}  # behind nginx, nothing above 1 MB arrives here
```

## Use instead
Set the limit in front slightly above the app's own, so that the app refuses larger requests, with CORS headers and a reason
that the page can read:

```nginx
client_max_body_size 21m;
```

```python
from fastapi import FastAPI, HTTPException, UploadFile
from fastapi.middleware.cors import CORSMiddleware

LIMIT = 20 * 1024 * 1024

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["POST"])


@app.post("/api/photos")
async def add_photo(photo: UploadFile) -> dict[str, int]:
    if (photo.size or 0) > LIMIT:
        raise HTTPException(413, "A photo may have 20 MB.")
    return {"bytes": len(await photo.read())}
```

## Fix safety
No automatic fix: the limit is not in the app's source. Raise it for the upload's path only; a limit protects the server.

## References
- RFC 9110, section 15.5.14: 413 Content Too Large; RFC 6585, section 5: 431
- nginx, client_max_body_size (https://nginx.org/en/docs/http/ngx_http_core_module.html#client_max_body_size)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS704", "request-too-large", "error", __doc__)
