"""The app has no CORS layer

## What it does
Nothing in this app answers the browser's question "may a page from that origin read this?". A browser asks it
whenever a page calls another origin (another scheme, host **or port**), and treats silence as no.

For a JSON `POST` the browser first sends a preflight, an `OPTIONS` request that no route answers: the app answers
405.

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

A plain `GET` needs no preflight: it reaches the app, the app answers 200, and the browser hides the response from the page.

## Why is this bad
The frontend fails in every browser, while curl, Postman and the tests all work. That is no contradiction: browsers enforce CORS
to protect their users. Other clients have no users to protect from a page, so they ignore CORS. For the same reason, a page
cannot switch CORS off: only the server can share its responses.

It is *not* a fault if the pages come from the same origin: see `same-origin-needs-no-cors`.

## Example
```python
from fastapi import FastAPI

app = FastAPI()


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Name only the origins whose pages may read the responses.

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
The fix adds the middleware for the one origin that was checked, with only the methods, headers and credentials that the checked
requests use. It opens the API only to pages of that origin. Disabling web security in the browser or using an "Allow CORS"
extension only hides the fault on your own machine.

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
