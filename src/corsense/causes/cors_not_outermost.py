"""Another middleware is outside the CORS layer and answers by itself

## What it does
The middleware added **last** is the **outermost**: it sees the request first and the response last. A layer that is added after
`CORSMiddleware` and answers by itself (a login check, a rate limit, a maintenance page) sends no CORS headers, and it sees
preflights before the CORS layer does. A preflight carries no cookies and no token, so a login check answers 401:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

The position of `add_middleware` relative to the *routes* makes no difference; the stack is built at the first request.

## Why is this bad
No call that needs a preflight gets through, logged in or not. Calls without a preflight lose the error: the page sees "Failed
to fetch" instead of a 401 that could prompt a login.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["Authorization"],
)


@app.middleware("http")
async def require_token(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.headers.get("Authorization") != "Bearer secret":
        return JSONResponse({"detail": "Not authenticated"}, status_code=401)
    return await call_next(request)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Add `CORSMiddleware` last. It then answers preflights itself and adds its headers to the 401.

```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

app = FastAPI()


@app.middleware("http")
async def require_token(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    if request.headers.get("Authorization") != "Bearer secret":
        return JSONResponse({"detail": "Not authenticated"}, status_code=401)
    return await call_next(request)


app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_headers=["Authorization"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Safe: the fix moves the `add_middleware(CORSMiddleware, ...)` call after the others and keeps its arguments. The login check
still sees every request except real preflights, which reach no endpoint. Do **not** let the check skip `OPTIONS` instead: any
client can send an `OPTIONS` request that is not a preflight.

## References
- Fetch Standard, *CORS-preflight fetch*: preflights carry no credentials (https://fetch.spec.whatwg.org/)
- FastAPI, Middleware, *Multiple middleware execution order*: https://fastapi.tiangolo.com/tutorial/middleware/
- fastapi/fastapi#2693, fastapi/fastapi#1663
- NousResearch/hermes-agent#59111 and #59189: two fixes for one such app, the second without the bypass
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS401", "cors-not-outermost", "error", __doc__)
