"""A development origin is allowed in production

## What it does
`Policy.production()`, and `CORSSettings` where `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` names production, list an origin on
the visitor's own machine: `http://localhost:3000`, `http://127.0.0.1:*`, `http://*.localhost:*`. corsense refuses the policy
with `PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
A page on `localhost` is not yours: every program that the visitor runs can serve one, on any port. With credentials, such a
page acts as the logged-in visitor. A leftover development origin also suggests that other development settings have reached
production.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from corsense import Policy, install


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    install(app, Policy.production(["https://app.example.com", "http://localhost:3000"]))
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

On your own machine, use `Policy.development()` or `ENVIRONMENT=development`. For an app that is installed on the visitor's
device and really has such an origin, use `Policy.mobile()` or a plain `Policy`, which accepts it.

## Fix safety
No automatic fix: the source does not show whether a desktop app depends on the entry.

## References
- OWASP, *Testing Cross Origin Resource Sharing*, WSTG-CLNT-07: https://owasp.org/www-project-web-security-testing-guide/
- CWE-489, Active Debug Code
- reachy_mini GHSA-p4cp-8gwf-3fgv, agentapi CVE-2025-59956: services open to any web page
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS219", "development-origin-in-production", "error", __doc__)
