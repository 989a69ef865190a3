"""The preflight is answered with an error status

## What it does
The response to the preflight allows the right origin, but its status is not in the range 200 to 299. The browser treats that as
a refusal:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.

From Starlette's layer, 400 means that a method or a header is refused: see `method-not-allowed` and `header-not-allowed`. Any
other status comes from something else, and a layer outside it added the headers: 405 from the router, because nothing handles
`OPTIONS`; 404 for a path that does not exist; 401 from a login check.

## Why is this bad
The error message leads people to the headers, which are correct. The status is wrong.

## Example
```python
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.middleware("http")
async def share(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers["Access-Control-Allow-Origin"] = "http://localhost:3000"
    response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    return response


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Let a CORS layer answer the preflight itself, before the router sees it.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

In nginx, `if ($request_method = OPTIONS) { return 204; }` belongs in the same block as the headers.

## Fix safety
No automatic fix: it depends on which layer answers. `corsense check` names the layer if it is part of the app.

## References
- Fetch Standard, *CORS-preflight fetch*: "ok status" (https://fetch.spec.whatwg.org/)
- MDN, Reason: CORS preflight channel did not succeed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSPreflightDidNotSucceed
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS503", "preflight-bad-status", "error", __doc__)
