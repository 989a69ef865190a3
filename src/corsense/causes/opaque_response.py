"""The page requested a response that it cannot read

## What it does
`mode: "no-cors"` makes the browser send the request without a CORS check and gives the page an *opaque* response: status 0, no
headers, an empty body, whatever the server sent. It does not switch CORS off; it hides the response.

Nothing is printed. Script sees `response.type === "opaque"`, and `response.json()` fails with `SyntaxError: Unexpected end of
input`.

## Why is this bad
It is often recommended to remove the error message, and it does. It also silently turns a JSON `POST` into `text/plain` and
drops `Authorization` and all custom headers: the server gets a different request than you wrote.

## Example
The page says `fetch("http://localhost:8000/api/users", {mode: "no-cors"})`, and the API sends no CORS headers:

```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Use instead
Remove `mode` from the call, and let the server allow it:

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Fix safety
No automatic fix: the option is written in the page.

## References
- Fetch Standard, *Requests*: mode, and *opaque filtered response* (https://fetch.spec.whatwg.org/)
- MDN, Request.mode: https://developer.mozilla.org/en-US/docs/Web/API/Request/mode
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS907", "opaque-response", "warning", __doc__)
