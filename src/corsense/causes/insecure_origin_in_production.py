"""Production allows an unencrypted origin

## What it does
`Policy.production()`, or settings where `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` names production, list an `http://` origin.
corsense refuses the policy with `PolicyError`, so the app does not start, and there is no message in any browser.

## Why is this bad
Pages of that origin are sent unencrypted: an attacker on the visitor's network can replace them with a page that reads whatever
the policy allows. The visitor does not even have to open the page on purpose. With credentials it is worse (see
`insecure-origin-with-credentials`), and every policy refuses it.

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

If the pages cannot use https, allow it explicitly: `dangerously_allow_insecure_origins=True`.

## Fix safety
No automatic fix: the site must serve `https` before you can list it.

## References
- Kettle, *Exploiting CORS misconfigurations for bitcoins and bounties*, AppSec EU 2017
- jub0bs/cors, `ExtraConfig.DangerouslyTolerateInsecureOrigins`: https://pkg.go.dev/github.com/jub0bs/cors#ExtraConfig
- CWE-319, Cleartext Transmission of Sensitive Information
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS309", "insecure-origin-in-production", "error", __doc__)
