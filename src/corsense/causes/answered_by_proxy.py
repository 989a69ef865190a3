"""A proxy or gateway answers in place of the app

## What it does
Something in front of the app answers by itself: an API gateway that wants a key, a firewall, a login in front of the
site, a rate limit, a bot check. It does not know the app's CORS settings, so its response has no CORS headers:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

The headers and body of the response identify it: `x-amzn-errortype` and `x-amz-apigw-id` (API Gateway), `cf-ray` and
`cf-mitigated` (Cloudflare), `server: nginx`, `x-azure-ref`, `x-vercel-id`, `via`. The network tab shows them.

## Why is this bad
The request never reaches the app, so changing its `CORSMiddleware` has no effect. Change the layer in front:

- *API Gateway, HTTP API*: the CORS configuration of the API (`CorsConfiguration`), which answers preflights by itself.
- *API Gateway, REST API*: an `OPTIONS` method with authorization `NONE` and no API key, and `GatewayResponses` with
  CORS headers for 4xx and 5xx.
- *nginx*: answer preflights before `auth_basic` and `auth_request`; `add_header ... always`.
- *HAProxy*: `http-after-response`, which covers its own answers, in place of `http-response`.
- *Apache*: `Require method OPTIONS` beside the login, and `Header always set`.
- *Caddy, Traefik, Envoy*: put the CORS headers or middleware before the login and the rate limit.
- *Cloudflare Access*: "Bypass OPTIONS requests to origin" in the CORS settings of the application. For a bot check, add an
  exception for the API's path.
- *Google Cloud*: IAP's "Allow HTTP OPTIONS"; Cloud Run and Cloud Functions: allow unauthenticated calls, and check the
  token in the app.
- *Azure*: the CORS page of App Service or the `cors` policy of API Management; use it or the app's, not both.
- *Vercel*: turn Deployment Protection off for the API, or add `OPTIONS` to its allowlist.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

# The HTTP API in front has a CORS configuration without POST. It answers the preflight; the app never sees it.
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Let only one layer set CORS headers. If the gateway answers preflights, let it handle CORS entirely and remove the middleware
from the app:

```yaml
CorsConfiguration:
  AllowOrigins: ["http://localhost:3000"]
  AllowMethods: [GET, POST]
  AllowHeaders: [content-type, authorization]
```

```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: the layer in front is not in the app's source. Exempt only preflights from the login (`OPTIONS` with `Origin`
and `Access-Control-Request-Method`), not every `OPTIONS` request.

## References
- Fetch Standard, *CORS-preflight fetch*: no credentials (https://fetch.spec.whatwg.org/)
- Amazon API Gateway, CORS for HTTP APIs
  (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html) and for REST APIs
  (https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html)
- Cloudflare Access, CORS
  (https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/cors/)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS103", "answered-by-proxy", "error", __doc__)
