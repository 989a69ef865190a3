"""The origin resolver, or a limit of it, cannot be used

## What it does
`origin_resolver` is nothing that can be called, or a limit of it is no number in its range: `origin_resolver_timeout`
is seconds above 0, `origin_resolver_ttl` seconds from 0 (0: answers are not kept), `origin_resolver_cache` a whole
number above 0. The policy is refused with `PolicyError`, so the app does not start, and there is no message in any
browser.

## Why is this bad
A resolver that may take any time holds up every request of every page that is not listed, and whoever sends requests
chooses how many of these there are. Without an end to what is kept, memory is theirs as well.

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

The resolver may be a coroutine function. Whatever it raises, and every answer but `True`, is a refusal.

## Fix safety
No automatic fix: the right limit is that of your database.

## References
- tower-http, `AllowOrigin::async_predicate`: https://docs.rs/tower-http/latest/tower_http/cors/struct.AllowOrigin.html
- CWE-400, Uncontrolled Resource Consumption
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS408", "resolver-limits", "error", __doc__)
