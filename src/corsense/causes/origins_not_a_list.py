"""A list of the CORS layer is a string, or None

## What it does
Starlette evaluates `origin in allow_origins` without checking the type. For a list, an entry must be equal; for a string,
Python tests whether it *contains* the origin. So the string `"https://app.example.com"` allows that origin, and also
`https://app.example.co`, `https://app` and every other substring. The string `"https://*.example.com"` contains `*`, which
Starlette treats as "every origin".

The intended page works, so the browser prints nothing. That is what makes it dangerous.

In `allow_methods`, `allow_headers` and `expose_headers` a string opens nothing, but each of its letters becomes a value:
`allow_methods="DELETE"` tells browsers `D, E, L, E, T, E`. Only `"*"` means the same as `["*"]`. `None`, as
`os.getenv("ALLOWED_ORIGINS")` gives it where the variable is not set, is no list either: every request gets 500.

## Why is this bad
Anyone who registers `app.example.co` may read the API's responses, with the visitor's cookies if credentials are allowed. The
same happens with a comma-separated setting that is not split: the whole line is one string.

## Example
```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=os.environ.get("ALLOWED_ORIGINS", "https://app.example.com,https://admin.example.com"),
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
import os

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

setting = os.environ.get("ALLOWED_ORIGINS", "https://app.example.com,https://admin.example.com")

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=[origin.strip() for origin in setting.split(",") if origin.strip()],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Fix safety
Safe: the fix turns a literal into a list, split at commas or spaces. It only removes origins that were allowed by accident. If
the string comes from elsewhere, split it as above.

## References
- Python, *Membership test operations*
  (https://docs.python.org/3/reference/expressions.html#membership-test-operations)
- Starlette, CORSMiddleware: https://starlette.dev/middleware/
- EpicStaff/EpicStaff#920, where the string was thought to match nothing; adamchainz/django-cors-headers#1025, a check
  for it
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS210", "origins-not-a-list", "error", __doc__)
