"""An entry of the list is itself a list

## What it does
`allow_origins=[origins]` where `origins` is a list, or a comma after the closing bracket, `origins = [...],`, which makes a
tuple that contains the list. Starlette compares the page's origin with each entry, and no origin equals a list:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
No origin in the inner list works, although the list looks correct. Python raises no error.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

origins = [
    "http://localhost:3000",
    "https://app.example.com",
],  # this comma

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

origins = ["http://localhost:3000", "https://app.example.com"]

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

To join two lists: `allow_origins=[*origins, *more]`.

## Fix safety
Safe: the fix unpacks the inner list and allows exactly the origins written in it.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- Python, *Expression lists*: a trailing comma makes a tuple
  (https://docs.python.org/3/reference/expressions.html#expression-lists)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS221", "nested-origins", "error", __doc__)
