"""The app has no CORS layer

## What it does
Nothing in this app answers the browser's question "may a page from that origin read this?". A browser asks it
whenever a page calls another origin (another scheme, host **or port**), and takes silence for no.

For a JSON `POST` the browser first sends a preflight, an `OPTIONS` request that no route answers: the app says 405.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

A plain `GET` needs no preflight: it reaches the app, the app answers 200, and the browser keeps the answer from the
page.

## Why is this bad
The frontend works in no browser, while curl, Postman and the tests are all fine. That is no contradiction: CORS is a
rule that browsers apply for their users. Other clients have no page whose visitors need protection, so they neither
ask nor obey. For the same reason CORS cannot be switched off from the page: only the server that owns the answer can
share it.

It is *not* a defect when the pages come from this same origin: see `same-origin-needs-no-cors`.

## Example
```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Name the origins whose pages may read the answers, and no others.

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

## Fix safety
The fix adds the middleware for the one origin that was checked, with just the methods, headers and credentials that
the checked requests use. It opens the API to pages of that origin and to nobody else. Disabling web security in the
browser, or an "Allow CORS" extension, only hides the fault on your own machine.

## References
- Fetch Standard, *CORS protocol* and *CORS check* (https://fetch.spec.whatwg.org/)
- MDN, Cross-Origin Resource Sharing: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
- MDN, Reason: CORS header 'Access-Control-Allow-Origin' missing:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSMissingAllowOrigin
- FastAPI, CORS: https://fastapi.tiangolo.com/tutorial/cors/
- fastapi/fastapi#1663, a long thread with most of the ways to meet this
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS101", "missing-cors-middleware", "error", __doc__)
