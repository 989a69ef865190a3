"""The page's origin is not in the list

## What it does
The CORS layer works, but it does not allow the page's origin. Starlette answers the preflight with `400 Disallowed CORS
origin`, a text that no page or console shows, and omits the header:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

If a server always sends the same value, the message is clearer:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: The 'Access-Control-Allow-Origin' header has a value 'https://app.example.com' that is not equal to the
> supplied origin. Have the server send the header with a valid value.

## Why is this bad
If the page is yours, it cannot use the API. If it is not yours, the refusal is what the list is for, and there is nothing to
fix. The usual reason is a new environment: production still uses the development list, a preview deployment has a new host, or
an app shell has its own origin (`capacitor://localhost`, `tauri://localhost`, `https://localhost`).

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Add the origin exactly as the browser sends it: copy it from the console's message, or from the `Origin` line of the
network tab.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com", "http://localhost:3000"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
The fix adds only the origin you asked about. Use it only for an origin whose pages you trust with the data. Echoing the
request's `Origin` is not a fix: it allows every site.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Allow-Origin:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Origin
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
- open-jarvis/OpenJarvis#292, desktop shells whose origin differs by operating system
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS202", "origin-mismatch", "error", __doc__)
