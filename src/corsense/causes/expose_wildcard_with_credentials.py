"""`*` exposes no header when credentials are sent

## What it does
In `Access-Control-Expose-Headers`, `*` means "all headers" only for requests without credentials. With `credentials:
"include"` it names a single header called `*`, and the page can read no other header:
`response.headers.get("X-Total-Count")` is `null`.

The response arrives, so the browser prints nothing (XMLHttpRequest says `Refused to get unsafe header
"X-Total-Count"`).

## Why is this bad
The network tab shows the header, but script cannot read it, although the configuration seems to expose all headers.
`Access-Control-Allow-Methods` and `Access-Control-Allow-Headers` follow the same rule; Starlette lists their values itself.

## Example
```python
from fastapi import FastAPI, Response
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    expose_headers=["*"],
)


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
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_credentials=True,
    expose_headers=["X-Total-Count"],
)


@app.get("/api/users")
def list_users(response: Response) -> list[str]:
    response.headers["X-Total-Count"] = "2"
    return ["Ada", "Grace"]
```

## Fix safety
No automatic fix: only you know which headers the pages read. `Set-Cookie` can never be exposed.

## References
- Fetch Standard, *CORS-safelisted response-header name*, *CORS protocol and credentials*
  (https://fetch.spec.whatwg.org/)
- MDN, Access-Control-Expose-Headers:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Access-Control-Expose-Headers
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS307", "expose-wildcard-with-credentials", "warning", __doc__)
