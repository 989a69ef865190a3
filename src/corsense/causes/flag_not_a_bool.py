"""A policy flag is neither True nor False

## What it does
`credentials="false"`, `websockets=1`, `dangerously_allow_insecure_origins="no"`: the flag is a string or a number, often
straight from an environment variable. `Policy` raises `PolicyError`, so the app does not start, and there is no message in any
browser. Starlette's middleware uses its truth value: `"false"` is true.

## Why is this bad
A value that says "no" would mean "yes": it would allow cookies that should be forbidden, or open an escape hatch that should be
closed.

## Example
```python
from fastapi import FastAPI

from corsense import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials="false",
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI

from corsense import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=False,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

`CORSSettings` and `Policy.from_env()` read `true`, `false`, `1`, `0`, `yes`, `no`, `on` and `off`.

## Fix safety
No automatic fix: the text says the opposite of what it does, and only you know which the app relies on.

## References
- Python, *Truth Value Testing*: https://docs.python.org/3/library/stdtypes.html#truth-value-testing
- CWE-704, Incorrect Type Conversion or Cast
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS407", "flag-not-a-bool", "error", __doc__)
