"""One string in the list holds several values

## What it does
`["https://a.example.com,https://b.example.com"]`, `["GET,POST"]`, or a comma missing between two strings, which Python joins:
`["http://localhost:3000" "http://localhost:8080"]`. The list has one entry, which does not equal any of its values:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
No value works, not even the first. It happens when a setting is put into a list instead of being split, or when a line is added
to a list whose last line has no comma.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000,https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000", "https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

For a setting: `[origin.strip() for origin in setting.split(",") if origin.strip()]`.

## Fix safety
Safe if the string is written in the source: each of its values becomes an entry. If it comes from a setting, split it as above.

## References
- Fetch Standard, *CORS check* and *CORS-preflight fetch* (https://fetch.spec.whatwg.org/)
- Python, *String literal concatenation*
  (https://docs.python.org/3/reference/lexical_analysis.html#string-literal-concatenation)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS222", "joined-values", "error", __doc__)
