"""A fetch is redirected to a login page

## What it does
The API answers a call from script with a redirect to a login: an identity provider, a single sign-on in front, or its own
`/login`. The browser follows it inside the fetch to an address that is meant for people and sends no CORS headers:

> Access to fetch at 'https://accounts.example.org/o/authorize?client_id=a' (redirected from
> 'http://localhost:8000/api/login') from origin 'http://localhost:3000' has been blocked by CORS policy: No
> 'Access-Control-Allow-Origin' header is present on the requested resource.

## Why is this bad
No header on your server can change what another site answers. A login must be a *navigation*: the user must see the page, and
the provider must set its cookies in the top window.

- *To log in*: navigate, do not fetch: `window.location.href = "http://localhost:8000/api/login"`, or a link or a form.
- *When a session has ended*: let the API answer calls from script with 401 instead of a redirect; the page then navigates.
  oauth2-proxy does this for paths in `--api-route`, and for calls with `Accept: application/json`.
- *A login in front of the site* (Cloudflare Access, IAP, ALB, Authelia): log in once in a tab, then call the API with
  `credentials: "include"`. When the session ends, navigate again.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)


@app.get("/api/login")
def login() -> RedirectResponse:
    # right for a link; fetch("/api/login") ends at the provider, blocked
    return RedirectResponse("https://accounts.example.org/o/authorize?client_id=a")
```

## Use instead
Keep the redirect for navigations, and answer 401 to script:

```python
from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)


@app.get("/api/me")
def me(request: Request) -> dict[str, str]:
    if "session" not in request.cookies:
        raise HTTPException(401, "Log in at /api/login")  # the page: location.href = ...
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: the call is in the page. Never proxy the provider's login page or add CORS headers to it.

## References
- Fetch Standard, *HTTP-redirect fetch* (https://fetch.spec.whatwg.org/)
- RFC 6749, section 4.1.1; OAuth 2.0 for Browser-Based Applications: the authorization endpoint is navigated to
- oauth2-proxy, `--api-route` (https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS805", "redirect-to-login", "error", __doc__)
