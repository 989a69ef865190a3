"""The page cannot read a response header

## What it does
In a cross-origin response, script may read `Cache-Control`, `Content-Language`, `Content-Length`, `Content-Type`, `Expires`,
`Last-Modified` and `Pragma`. Every other header must be named in `Access-Control-Expose-Headers`. This one is not, so
`response.headers.get("X-Total-Count")` is `null`.

The response arrives, so the browser prints nothing (XMLHttpRequest says `Refused to get unsafe header "X-Total-Count"`).

## Why is this bad
The network tab shows the header, but script cannot see it. Common cases are pagination counts, `Content-Disposition` with a
file name, `Location`, `ETag`, `X-Request-ID` and `Retry-After`.

## Example
```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users")
def list_users(response: Response) -> list[str]:
    response.headers["X-Total-Count"] = "2"
    return ["Ada", "Grace"]
```

## Use instead
```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], expose_headers=["X-Total-Count"])


@app.get("/api/users")
def list_users(response: Response) -> list[str]:
    response.headers["X-Total-Count"] = "2"
    return ["Ada", "Grace"]
```

## Fix safety
The fix exposes this one header to the origins that may already read the response. Do not expose headers that carry secrets;
`Set-Cookie` can never be exposed. With credentials, list names: `*` is not a wildcard there.

## References
- Fetch Standard, *CORS-safelisted response-header name* (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Expose-Headers:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Expose-Headers
- wri/project-zeno#671 (`Content-Disposition`), axios/axios#895
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS604", "header-not-exposed", "warning", __doc__)
