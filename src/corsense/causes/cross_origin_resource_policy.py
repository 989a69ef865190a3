"""The answer says that other sites must not embed it

## What it does
Images, scripts and other `no-cors` loads pass no CORS check, but another one: `Cross-Origin-Resource-Policy:
same-origin` (or `same-site`) on the answer, or `Cross-Origin-Embedder-Policy` on the page, forbids them.

> Failed to load resource: net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin

## Why is this bad
It is taken for CORS because of the name. "Secure headers" packages set the strict value for everything, pictures
meant for other sites included.

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
Loosen it for what is meant to be embedded, and only there.

```python
from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/api/users/1/avatar.svg")
def avatar() -> Response:
    picture = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    return Response(picture, media_type="image/svg+xml", headers={"Cross-Origin-Resource-Policy": "cross-origin"})
```

## Fix safety
No automatic fix: the header is a protection, and which answers are public is yours to say.

## References
- Fetch Standard, *Cross-origin resource policy check* (https://fetch.spec.whatwg.org/)
- MDN, Cross-Origin-Resource-Policy:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cross-Origin-Resource-Policy
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS911", "cross-origin-resource-policy", "error", __doc__)
