"""A middleware is added after the app has started

## What it does
The middleware stack is built when the app gets its first message, which on a real server is start-up (`lifespan`). Adding a
middleware after that raises `RuntimeError: Cannot add middleware after an application has started`. In a start-up handler, the
app does not start; in an endpoint, that endpoint fails.

A page sees a server that is down, not a CORS error: `net::ERR_CONNECTION_REFUSED`.

## Why is this bad
If a framework catches the error, the app keeps running **without** its CORS layer, and everything looks like
`missing-cors-middleware`.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Add it where the app is created: in the module, or in the app factory.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


def create_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])

    @app.post("/api/users")
    def create_user() -> dict[str, str]:
        return {"name": "Ada"}

    return app


app = create_app()
```

## Fix safety
No automatic fix: the arguments may depend on values loaded at start-up. Read such settings before you create the app.

## References
- Starlette, Applications and Middleware: https://starlette.dev/middleware/
- FastAPI, Lifespan Events: https://fastapi.tiangolo.com/advanced/events/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS402", "middleware-added-after-startup", "error", __doc__)
