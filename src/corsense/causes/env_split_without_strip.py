"""The list is split at commas, but the spaces are not stripped

## What it does
`"https://app.example.com, http://localhost:3000".split(",")` gives `' http://localhost:3000'` with a leading space. That entry
equals no origin. The first entry works; the others do not:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

An empty variable is another trap: `"".split(",")` is `[""]`, a list with one entry that matches nothing.

## Why is this bad
A space is easy to miss. It sits in an environment variable, far from the code, and only some deployments have it.

## Example
```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=os.environ.get("ALLOWED_ORIGINS", "https://app.example.com, http://localhost:3000").split(","),
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

setting = os.environ.get("ALLOWED_ORIGINS", "https://app.example.com, http://localhost:3000")

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
Stripping is safe: the entries name the same origins as before, and now match them. corsense offers a fix if the list is written
in the source; for a setting, change your own code as above.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- sanic-org/sanic-ext#233, half a day lost to the space after a comma
- pydantic/pydantic-settings#732, comma separated lists in settings
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS211", "env-split-without-strip", "error", __doc__)
