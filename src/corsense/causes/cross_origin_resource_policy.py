"""The response forbids other sites from embedding it

## What it does
Images, scripts and other `no-cors` loads pass a different check than CORS: `Cross-Origin-Resource-Policy: same-origin` (or
`same-site`) on the response, or `Cross-Origin-Embedder-Policy` on the page, forbids them.

> Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin

## Why is this bad
It is mistaken for CORS because of the name. "Secure headers" packages set the strict value on every response, including
pictures meant for other sites.

## Example
```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/api/users/1/avatar.svg")
def avatar() -> Response:
    picture = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    return Response(picture, media_type="image/svg+xml", headers={"Cross-Origin-Resource-Policy": "same-origin"})
```

## Use instead
Relax it only for responses that are meant to be embedded.

```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/api/users/1/avatar.svg")
def avatar() -> Response:
    picture = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    return Response(picture, media_type="image/svg+xml", headers={"Cross-Origin-Resource-Policy": "cross-origin"})
```

## Fix safety
No automatic fix: the header is a protection, and only you know which responses are public.

## References
- Fetch Standard, *Cross-origin resource policy check* (https://fetch.spec.whatwg.org/)
- MDN, Cross-Origin-Resource-Policy:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS911", "cross-origin-resource-policy", "error", __doc__)
