"""The endpoint crashes, and its 500 has no CORS headers

## What it does
The route's code raised an exception. Starlette sends the 500 from outside the CORS layer (see
`error-response-without-cors`), so the browser shows the crash as a CORS fault:

> Access to fetch at 'http://localhost:8000/api/users/7' from origin 'http://localhost:3000' has been blocked by CORS
> policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.

The finding shows the traceback, starting with the last line of *your* code.

## Why is this bad
The CORS settings are correct; changing them does not help. The error is in the endpoint.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

USERS = {"1": "Ada"}

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users/{user_id}")
def read_user(user_id: str) -> dict[str, str]:
    return {"name": USERS[user_id]}
```

## Use instead
```python
from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware

USERS = {"1": "Ada"}

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users/{user_id}")
def read_user(user_id: str) -> dict[str, str]:
    if user_id not in USERS:
        raise HTTPException(status_code=404, detail="No such user")
    return {"name": USERS[user_id]}
```

`HTTPException` and validation errors are handled inside the CORS layer, so the page can read them.

## Fix safety
No automatic fix: only you know what the endpoint should do. A handler that hides every exception would only move the
fault.

## References
- FastAPI, Handling Errors: https://fastapi.tiangolo.com/tutorial/handling-errors/
- Starlette, Exceptions: https://starlette.dev/exceptions/
- fastapi/fastapi#4071, fastapi/fastapi#775
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS702", "unhandled-exception", "error", __doc__)
