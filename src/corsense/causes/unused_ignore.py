"""A comment silences a rule that finds nothing there

## What it does
`# corsense: ignore[rule]` at the end of a line silences that rule's findings on the line, or on the statement that begins or
ends there. This comment silences nothing: the fault is gone, it is on another line, or the rule has another name. The finding
is information only: nothing is wrong with the API, and there is no message in any browser.

## Why is this bad
The next reader believes that the fault still exists, and if it comes back, no one notices.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],  # corsense: ignore[wildcard-origins]
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
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

`corsense lint` reports a comment only if it names a rule that lint can check. `corsense check` finds more, depending on the
origins and requests that it tries: it reports a comment that this run did not need.

## Fix safety
No automatic fix: only you know whether the comment is outdated or on the wrong line.

## References
- ruff, *unused-noqa (RUF100)*: https://docs.astral.sh/ruff/rules/unused-noqa/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS990", "unused-ignore", "info", __doc__)
