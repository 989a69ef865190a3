"""A switch of the policy is neither True nor False

## What it does
`credentials="false"`, `websockets=1`, `dangerously_allow_insecure_origins="no"`: a switch that is text or a number,
often straight from a variable. A policy refuses it with `PolicyError` when it is made, so the app does not start, and
there is no message in any browser. Starlette's layer takes it for the truth that Python sees in it: `"false"` is true.

## Why is this bad
A text from the environment that says no would mean yes: cookies allowed that were to be forbidden, an escape hatch
open that was to be shut.

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
No automatic fix: what the text says and what it does are opposites, and only you know which of them the app relies on.

## References
- Python, *Truth Value Testing*: https://docs.python.org/3/library/stdtypes.html#truth-value-testing
- CWE-704, Incorrect Type Conversion or Cast
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS407", "flag-not-a-bool", "error", __doc__)
