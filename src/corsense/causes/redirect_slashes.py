"""A trailing slash is missing or extra, so the app redirects

## What it does
The route is `/api/users/`, the page calls `/api/users` (or the reverse), and the router answers 307 with the other spelling. If
a CORS layer covers the redirect, browsers follow it, at the cost of a second preflight. If the redirect comes from outside the
layer, the request fails:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight
> request.

## Why is this bad
Opened in a tab, the address works. The redirect contains an absolute URL: behind a proxy that terminates TLS it may say
`http://`, which is mixed content, another origin, or both (see `redirect-downgrades-to-http`).

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

users = FastAPI()
users.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@users.post("/")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


app = FastAPI()
app.mount("/api/users", users)
```

## Use instead
Give the route the path that the page calls, and add the CORS layer to the outermost app. `redirect_slashes=False` answers 404
instead of redirecting.

```python
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

users = APIRouter(prefix="/api/users")


@users.post("")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


app = FastAPI(redirect_slashes=False)
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.include_router(users)
```

## Fix safety
Calling the exact path in the page is always safe. Changing the route affects the API's other clients, so corsense offers no fix
for it.

## References
- Fetch Standard, *CORS-preflight fetch*, *HTTP-redirect fetch* (https://fetch.spec.whatwg.org/)
- FastAPI, `redirect_slashes`: https://fastapi.tiangolo.com/reference/fastapi/
- fastapi/fastapi#4990, #51, #1208, #3432 and #5392; Kludex/starlette#464
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS801", "redirect-slashes", "error", __doc__)
