"""No route of the app matches the path

## What it does
The page calls a path, or a method of it, that the app does not have: a missing prefix (`/api`, `/v1`), a router that is not
included, a typo. With a CORS layer, the page can read the 404 or 405, and the browser prints:

> Failed to load resource: the server responded with a status of 404 (Not Found)

Without a CORS layer, it reports CORS and prints the 404 or 405 on a separate line.

## Why is this bad
Checking a route that does not exist proves nothing about the intended one: `CORSMiddleware` answers preflights for every path,
whether or not a route exists.

Compare the URL in the network tab with `app.routes`, or with the paths in `/docs`. Behind a proxy, check what it strips:
`proxy_pass http://app/;` with a trailing slash removes the prefix of the `location`, without the slash it keeps it;
`handle_path` in Caddy and `stripPrefix` in Traefik also remove it. FastAPI's `root_path` does not add a prefix to routes.

## Example
```python
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])
router = APIRouter(prefix="/users")


@router.get("/list")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


app.include_router(router)  # /users/list; the page calls /api/users/list
```

## Use instead
```python
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET"])
router = APIRouter(prefix="/users")


@router.get("/list")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


app.include_router(router, prefix="/api")
```

## Fix safety
No automatic fix: only you know whether the page or the app is right.

## References
- RFC 9110, sections 15.5.5 and 15.5.6: 404, 405
- FastAPI, Bigger Applications: https://fastapi.tiangolo.com/tutorial/bigger-applications/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS913", "route-not-found", "error", __doc__)
