"""A redirect leads to a URL with a user name and password

## What it does
`https://user:secret@api.example.com/` is not allowed as the target of a redirected CORS request, whatever headers the response
has:

> Access to fetch at 'http://localhost:8000/api/export' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Redirect location '' contains a username and password, which is disallowed for cross-origin requests.

(Chromium leaves the location empty on purpose, to keep the password out of the console.) Calling `fetch()` with such a URL
throws a `TypeError` before anything is sent.

## Why is this bad
Every page that follows the redirect receives the password, and it ends up in histories and logs.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/export")
def export() -> RedirectResponse:
    return RedirectResponse("https://exporter:secret@files.example.net/users.csv")
```

## Use instead
Let the server, which knows the password, fetch the file, or return a signed URL that expires.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/export")
def export() -> dict[str, str]:
    return {"url": "https://files.example.net/users.csv?expires=1767225600&signature=c2lnbmVk"}
```

## Fix safety
No automatic fix. Change the password: it has been sent to browsers.

## References
- Fetch Standard, *HTTP-redirect fetch* (https://fetch.spec.whatwg.org/)
- RFC 9110, section 4.2.4, Deprecation of userinfo in http(s) URIs
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS804", "credentials-in-url", "error", __doc__)
