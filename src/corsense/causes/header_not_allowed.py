"""The CORS layer does not allow a request header

## What it does
The page sets a header that is not in `allow_headers`. `Authorization`, `X-Requested-With` and custom headers must be listed;
Starlette always adds `Accept`, `Accept-Language`, `Content-Language` and `Content-Type`. It refuses the preflight with `400
Disallowed CORS headers`, a text that no page or console shows:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.

If a server answers 200 with a list that lacks the header, the message is clearer:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Request header field authorization is not allowed by Access-Control-Allow-Headers in preflight response.

## Why is this bad
It shows up late: the login works, and the first call with a token fails. Tracing libraries and HTTP clients add their own
headers (`traceparent`, `X-CSRFToken`), so a frontend update can be enough.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


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
    allow_headers=["Authorization"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

`Access-Control-Allow-Origin` and similar headers belong to responses. If the page *sends* them, they only cause a preflight:
remove them from the request.

## Fix safety
The fix adds only the requested header. Header names are case-insensitive.

## References
- Fetch Standard, *CORS-preflight fetch*, *CORS-unsafe request-header names* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Allow-Headers:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Headers
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS602", "header-not-allowed", "error", __doc__)
