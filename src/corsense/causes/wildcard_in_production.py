"""Production allows every origin

## What it does
`Policy.production()`, or settings where `ENVIRONMENT` or `FASTAPI_ENV` names production, are given `"*"`. The policy is
refused with `PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
`*` is what one writes to be rid of an error while developing. In production it lets every page on the web read what
the API says to anybody who can reach it: all of an internal API, as soon as a colleague opens a foreign page.

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

For an API that is meant for everybody, say so: `Policy.public_api()`. In settings, `CORS_ORIGINS=*` without
`ENVIRONMENT` is taken as it stands.

## Fix safety
No automatic fix: only you know whether the API is public.

## References
- Fetch Standard, *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- CWE-942, Permissive Cross-domain Security Policy with Untrusted Domains
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS308", "wildcard-in-production", "error", __doc__)
