"""Production allows an origin without encryption

## What it does
`Policy.production()`, or settings where `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` names production, list an `http://` origin. The
policy is refused with `PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
Pages of that origin travel in the clear: whoever sits on the visitor's network can replace them with a page of their
own, which then may read whatever the policy lets pages read. The visitor need not have meant to open it. With
credentials it is worse (see `insecure-origin-with-credentials`), and is refused by every policy.

## Example
```python
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from corsense import Policy, install


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    install(app, Policy.production(["http://app.example.com"]))
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

Where the pages cannot have https, say so: `dangerously_allow_insecure_origins=True`.

## Fix safety
No automatic fix: `https` has to be served before it can be listed.

## References
- Kettle, *Exploiting CORS misconfigurations for bitcoins and bounties*, AppSec EU 2017
- jub0bs/cors, `ExtraConfig.DangerouslyTolerateInsecureOrigins`: https://pkg.go.dev/github.com/jub0bs/cors#ExtraConfig
- CWE-319, Cleartext Transmission of Sensitive Information
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS309", "insecure-origin-in-production", "error", __doc__)
