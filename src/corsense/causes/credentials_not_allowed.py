"""The page sends credentials, but the server does not allow them

## What it does
With `credentials: "include"` (or `withCredentials = true`) the browser also requires `Access-Control-Allow-Credentials: true`,
on the preflight and on the response. It is missing because `allow_credentials` is `False` by default.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: The value of the
> 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials
> mode is 'include'.

## Why is this bad
The browser refuses even if there is no cookie to send: only the mode matters. Only the exact word `true` counts; `True` and `1`
do not.

## Example
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

## Use instead
If the API identifies its users by cookie, allow credentials for listed origins. Otherwise, remove the option from the page.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
The fix sets `allow_credentials=True`, only if every allowed origin is named. With `*` or an open pattern it would let any site
act as your users, so no fix is offered. Afterwards, pages of the listed origins can act as the visitor: that is what the option
means.

## References
- Fetch Standard, *CORS check* and *CORS protocol and credentials* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Allow-Credentials:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Allow-Credentials
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
- Kludex/starlette#1832, fastapi/fastapi#3267
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS302", "credentials-not-allowed", "error", __doc__)
