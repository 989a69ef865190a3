"""The setting falls back to every origin

## What it does
The origins come from the environment, and the default is `*`. If the variable is forgotten, misspelt or empty, the app starts
and allows every site, without any warning.

Everything works, so the browser prints nothing.

## Why is this bad
You notice a missing permission within minutes; an attacker notices one that is too wide. Security settings should fail closed:
no value, no permission.

## Example
```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=os.environ.get("CORS_ORIGINS_OF_THIS_DEPLOYMENT", "*").split(","),
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

setting = os.environ.get("CORS_ORIGINS_OF_THIS_DEPLOYMENT", "http://localhost:3000")

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=[origin.strip() for origin in setting.split(",") if origin.strip()],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
No automatic fix: it would break deployments that rely on the default without knowing it. Set the variable there first.

## References
- OWASP, *Fail securely* (https://owasp.org/www-community/Fail_securely)
- CVE-2025-34291 (Langflow): `*` was the default
- CWE-1188, Initialization of a Resource with an Insecure Default
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS305", "wildcard-default-setting", "warning", __doc__)
