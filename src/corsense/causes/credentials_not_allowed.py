"""The page sends credentials, and the server does not allow them

## What it does
With `credentials: "include"` (or `withCredentials = true`) the browser wants a second yes:
`Access-Control-Allow-Credentials: true`, on the preflight and on the answer. It is missing, because
`allow_credentials` is `False` unless you set it.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: The value of the
> 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials
> mode is 'include'.

## Why is this bad
The request is refused even if there is no cookie to send: the mode alone decides. Only the exact word `true` counts;
`True` and `1` do not.

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
If the API knows its users by cookie, allow credentials, for listed origins. If it does not, remove the option in the
page.

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
The fix sets `allow_credentials=True`, and only where every allowed origin is named. Next to `*` or an open pattern it
would let any site act as your users, so there it is not offered. Pages of the listed origins can act as the visitor
from then on: that is what the option means.

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
