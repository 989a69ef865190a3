"""An allowed origin is not in the form that browsers send

## What it does
Browsers send origins in one canonical form: scheme and host in lower case, international names as Punycode
(`https://xn--bcher-kva.example`), IP addresses in their canonical form, no spaces. The entry is spelled differently
(`HTTP://LocalHost:3000`, `https://bücher.example`, `http://127.1:3000`), so the byte-for-byte comparison fails and Starlette
omits the header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
Typed into the address bar, both spellings open the same page, because the browser normalises them. Servers do not.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://LocalHost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Safe: the fix rewrites the entry to the canonical spelling of the same origin.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- URL Standard, *Host parsing* and *Host serializing* (https://url.spec.whatwg.org/)
- RFC 6454, The Web Origin Concept, section 6
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS209", "origin-not-normalised", "error", __doc__)
