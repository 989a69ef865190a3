"""Error answers leave without CORS headers

## What it does
An exception that no handler catches is turned into a 500 by `ServerErrorMiddleware`. That layer is Starlette's own
and stands *outside* of everything you add, so its answer does not pass the CORS layer. The same goes for
`@app.exception_handler(Exception)` and for a handler of status 500: they run out there as well. The browser keeps the
answer from the page:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

Only Firefox and WebKit add the status, 500. The preflight, if there was one, had passed.

## Why is this bad
A crash of the server is reported as a CORS fault. The page cannot read the error, users see "Failed to fetch", and
developers look at the CORS settings, which are right.

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
Answer crashes *inside* the CORS layer: a middleware that is added before it. `app` stays a `FastAPI`, and the log
keeps the traceback.

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

Handlers for exceptions of your own (`@app.exception_handler(DatabaseAway)`) run inside, and are fine as they are.
Starlette documents another way, wrapping the whole app as `CORSMiddleware(app, ...)`; the result is no longer a
`FastAPI` object.

## Fix safety
No automatic fix for the crash itself: see `unhandled-exception`. Error answers that pass the CORS layer become
readable for the allowed origins, so keep secrets out of their text.

## References
- Fetch Standard, *HTTP responses*: the headers are needed on errors too (https://fetch.spec.whatwg.org/)
- Starlette, Middleware, *CORSMiddleware* and error responses: https://starlette.dev/middleware/
- fastapi/fastapi#457, #775 and #4071; Kludex/starlette#1116, #1175 and #2885; dropbox/aana_sdk#242
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS701", "error-response-without-cors", "error", __doc__)
