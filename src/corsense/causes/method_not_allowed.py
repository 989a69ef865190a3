"""The CORS layer does not allow the method

## What it does
`allow_methods` lacks the method that the page uses. The default is only `["GET"]`. Starlette refuses the preflight with `400
Disallowed CORS method`, a text that no page or console shows:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.

If a server answers 200 with a list that lacks the method, the message is clearer:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.

## Why is this bad
`GET` works, but every request that changes something fails. Method names are case-sensitive: `"post"` in the list allows
nothing, and a page that calls `fetch(url, {method: "patch"})` really sends `patch`.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


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

The standard does not require an entry for `POST`; Starlette still refuses it when the `POST` needs a preflight for its
`Content-Type`.

## Fix safety
The fix adds only the requested method. `["*"]` is safe for a list of named origins, but less explicit.

## References
- Fetch Standard, *CORS-preflight fetch*, *Methods* (https://fetch.spec.whatwg.org/)
- MDN, Reason: Did not find method in CORS header 'Access-Control-Allow-Methods':
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSMethodNotFound
- fastapi/fastapi#133
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS601", "method-not-allowed", "error", __doc__)
