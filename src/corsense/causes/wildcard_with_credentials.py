"""Every origin is allowed, together with credentials

## What it does
Browsers and Starlette treat this pair differently.

*The browser* refuses the literal `*` for a request with credentials (`credentials: "include"`, `withCredentials =
true`). A server that sends it gets:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: The value of the
> 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials
> mode is 'include'.

*Starlette* knows that, and with `allow_origins=["*"]` **and** `allow_credentials=True` it does not send `*`: it returns each
request's own `Origin` and `Access-Control-Allow-Credentials: true`. The browser accepts that, and every site on the web may
call the API as the logged-in visitor. FastAPI's and Starlette's documentation say that the pair "cannot" be set; it can, and
this is what it does.

## Why is this bad
Any page that your user visits can read their data and act in their name, if the browser attaches the cookies (`SameSite=None`,
or the same site). It was one link in the chain of CVE-2025-34291, an account takeover with code execution in a FastAPI
application, on the list of exploited vulnerabilities since May 2026.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
If the page sends cookies, name its origin. If the API is public, drop the credentials and keep the star.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

A bearer token that the script sets itself needs no credentials mode: `allow_headers=["Authorization"]` is enough.

## Fix safety
The fix replaces `*` with the origins you named, and is not offered without one. It withdraws the permission from every other
site; list any other site that needs it. Copying the request's `Origin` into the response is not a fix; it is the fault.

## References
- Fetch Standard, *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- MDN, Reason: Credential is not supported if the CORS header 'Access-Control-Allow-Origin' is '*':
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSNotSupportingCredentials
- CVE-2025-34291 (Langflow), CVE-2024-25124 (Fiber), CVE-2026-54290 (Hono): the same pair
- Kludex/starlette#3246, raising an error for the pair, closed unmerged; langflow-ai/langflow#13708
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS301", "wildcard-with-credentials", "error", __doc__)
