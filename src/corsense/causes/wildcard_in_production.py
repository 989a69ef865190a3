"""Production allows every origin

## What it does
`Policy.production()`, or settings where `ENVIRONMENT` or `FASTAPI_ENV` names production, get `"*"`. corsense refuses the policy
with `PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
`*` is a common way to silence an error during development. In production it lets every page on the web read whatever the API
serves without credentials: all of an internal API, as soon as a colleague opens an untrusted page.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from corsense import Policy, install


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    install(app, Policy.production("*"))
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

app = FastAPI()
install(app, Policy.production(["https://app.example.com"]))


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

For a public API, use `Policy.public_api()`. In settings, `CORS_ORIGINS=*` without `ENVIRONMENT` is accepted.

## Fix safety
No automatic fix: only you know whether the API is public.

## References
- Fetch Standard, *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- CWE-942, Permissive Cross-domain Security Policy with Untrusted Domains
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS308", "wildcard-in-production", "error", __doc__)
