"""Error responses have no CORS headers

## What it does
Starlette's `ServerErrorMiddleware` turns an uncaught exception into a 500. It runs *outside* every middleware you add, so its
response does not pass through the CORS layer. `@app.exception_handler(Exception)` and a handler for status 500 also run there.
The browser hides the response from the page:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Only Firefox and WebKit add the status, 500. The preflight, if any, passed.

## Why is this bad
A server crash looks like a CORS fault. The page cannot read the error, users see "Failed to fetch", and developers look at the
CORS settings, which are correct.

## Example
```python
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.exception_handler(Exception)
async def internal_error(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Something went wrong"}, status_code=500)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    raise RuntimeError("the database is away")
```

## Use instead
Answer crashes *inside* the CORS layer, with a middleware that is added before it. `app` remains a `FastAPI`, and the traceback
is still logged.

```python
import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

app = FastAPI()


@app.middleware("http")
async def internal_error(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        return await call_next(request)
    except Exception:
        logging.getLogger("app").exception("%s %s failed", request.method, request.url.path)
        return JSONResponse({"detail": "Something went wrong"}, status_code=500)


app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    raise RuntimeError("the database is away")
```

Handlers for exceptions of your own (`@app.exception_handler(DatabaseAway)`) run inside, and need no change. Starlette documents
another way, wrapping the whole app as `CORSMiddleware(app, ...)`; the result is no longer a `FastAPI` object.

## Fix safety
No automatic fix for the crash itself: see `unhandled-exception`. The allowed origins can read error responses that pass through
the CORS layer, so keep secrets out of them.

## References
- Fetch Standard, *HTTP responses*: the headers are needed on errors too (https://fetch.spec.whatwg.org/)
- Starlette, Middleware, *CORSMiddleware* and error responses: https://starlette.dev/middleware/
- fastapi/fastapi#457, #775 and #4071; Kludex/starlette#1116, #1175 and #2885; dropbox/aana_sdk#242
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS701", "error-response-without-cors", "error", __doc__)
