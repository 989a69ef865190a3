"""The origin resolver or one of its limits is invalid

## What it does
`origin_resolver` is not callable, or one of its limits is out of range: `origin_resolver_timeout` must be more than 0 seconds,
`origin_resolver_ttl` 0 seconds or more (0: answers are not cached), `origin_resolver_cache` an integer above 0. `Policy` raises
`PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
Without a time limit, a resolver can hold up every request from an unlisted page, and the sender chooses how many of these there
are. Without a cache limit, the sender can also fill the memory.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from corsense import Policy, install


def known(origin: str) -> bool:
    return origin == "https://app.example.com"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    install(app, Policy(origin_resolver=known, origin_resolver_timeout=0))
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI

from corsense import Policy, install


def known(origin: str) -> bool:
    return origin == "https://app.example.com"

app = FastAPI()
install(app, Policy(origin_resolver=known, origin_resolver_timeout=0.5))


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

The resolver may be a coroutine function. An exception, or any answer other than `True`, is a refusal.

## Fix safety
No automatic fix: the right limit is that of your database.

## References
- tower-http, `AllowOrigin::async_predicate`: https://docs.rs/tower-http/latest/tower_http/cors/struct.AllowOrigin.html
- CWE-400, Uncontrolled Resource Consumption
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS408", "resolver-limits", "error", __doc__)
