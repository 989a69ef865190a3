"""The request is an `OPTIONS` request, but not a preflight

## What it does
A preflight has three parts: the method `OPTIONS`, an `Origin`, and an `Access-Control-Request-Method`. A hand-written test that
lacks one of them is an ordinary request. `CORSMiddleware` passes it on, and the router answers 405, although the server is
fine. A request without `Origin`, of any method, gets no CORS headers at all.

No browser is involved, so there is no message.

## Why is this bad
You look for a fault that does not exist. It is the reverse of "Postman works, the browser does not": such tools do not send
what a browser sends, unless you add the headers yourself.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


answer = TestClient(app).options("/api/users", headers={"Origin": "http://localhost:3000"})
assert answer.status_code == 405
```

## Use instead
Send what the browser sends: header names in lower case, sorted, joined by commas without spaces.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


preflight = {
    "Origin": "http://localhost:3000",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}
answer = TestClient(app).options("/api/users", headers=preflight)
assert answer.status_code == 200
assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
```

## Fix safety
Nothing to fix in the app. `corsense check` sends the exact preflight, and prints it as a curl command.

## References
- Fetch Standard, *HTTP requests*: CORS-preflight request (https://fetch.spec.whatwg.org/)
- fastapi/fastapi#1849, fastapi/fastapi#1119, Kludex/starlette#810: healthy servers, incomplete tests
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS505", "options-without-request-method", "info", __doc__)
