"""A gateway in front got no answer from the app

## What it does
A proxy, load balancer or CDN answers in place of the app: 502 because nothing answered, 503 because no server is healthy, 504
because the app took too long, 520 to 527 because Cloudflare could not reach the origin. Its error page has no CORS headers, so
the browser reports CORS and hides the status from the page:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Chromium prints the status on a separate line: `GET http://localhost:8000/api/users net::ERR_FAILED 502 (Bad Gateway)`.

## Why is this bad
No CORS setting in the app helps, because the app did not answer. Check three things, in this order:

- *Is the app running, and does the proxy call the right address?* `proxy_pass` (nginx), `server` in the backend
  (HAProxy), `ProxyPass` (Apache), `reverse_proxy` (Caddy), `loadbalancer.servers` (Traefik), the cluster's endpoints
  (Envoy), `.host` and `.port` of the backend (Varnish), the target group's health check (ALB), the `Service` (Ingress).
- *Did the app crash or run out of memory?* Check its log or the container's.
- *Did it take too long?* `proxy_read_timeout` (nginx), `timeout server` (HAProxy), `ProxyTimeout` (Apache),
  `response_header_timeout` (Caddy), `responseHeaderTimeout` (Traefik), `route.timeout` (Envoy), `first_byte_timeout`
  (Varnish), the idle timeout (ALB). Cloudflare waits about 100 seconds (524); API Gateway 29.

## Example
```python
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/api/users")
def report() -> dict[str, int]:
    time.sleep(90)  # nginx gives up after 60 seconds and answers 504
    return {"users": 2}
```

## Use instead
Respond at once, and let the page poll for the result:

```python
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def count_users() -> None: ...


@app.post("/api/users/report", status_code=202)
def start_report(tasks: BackgroundTasks) -> dict[str, str]:
    tasks.add_task(count_users)
    return {"status": "/api/users/report"}
```

To let the page read the gateway's errors, give them CORS headers in the gateway too: `add_header ... always` in nginx,
`http-after-response` in HAProxy, `handle_errors` in Caddy, gateway responses in API Gateway.

## Fix safety
No automatic fix: the fault is not in the app's source.

## References
- RFC 9110, sections 15.6.3 to 15.6.5: 502, 503, 504
- nginx, ngx_http_proxy_module (https://nginx.org/en/docs/http/ngx_http_proxy_module.html)
- Cloudflare, 5xx errors (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS703", "gateway-error", "error", __doc__)
