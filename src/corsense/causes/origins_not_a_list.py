"""`allow_origins` is a string, not a list

## What it does
Starlette asks `origin in allow_origins` and does not look at the type. For a list that is equality with an entry; for
a string Python tests whether one text *contains* the other. So the string `"https://app.example.com"` allows that
origin, and also `https://app.example.co`, `https://app` and every other piece of it. The string
`"https://*.example.com"` contains `*`, which Starlette takes for "every origin".

The intended page works, so the browser prints nothing. That is what makes it dangerous.

## Why is this bad
Whoever registers `app.example.co` may read the API's answers, with the visitor's cookies if credentials are allowed.
The same happens with a comma separated setting that nobody has split: all of the line is one string.

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
Safe: the fix makes a list of a literal, of its parts if commas or blanks separate them. What it removes are origins
that were admitted by accident. Where the string comes from elsewhere, split it as above.

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
