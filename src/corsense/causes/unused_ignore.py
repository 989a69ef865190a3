"""A comment silences a rule that finds nothing there

## What it does
`# corsense: ignore[rule]` at the end of a line silences the findings of that rule on the line, or on the statement that the
line begins or ends. This comment silences nothing: the fault is gone, it is on another line, or the rule has another name.
It is information, since nothing is wrong with the API, and there is no message in any browser.

## Why is this bad
The next reader takes the comment for a warning that still holds, and should the fault come back, nobody notices.

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

`corsense lint` reports a comment only when it names a rule that source can show. `corsense check` finds more, and what it
finds depends on the origins and requests that it tries: there, a comment that this very run did not need is reported.

## Fix safety
No automatic fix: whether the comment is old or on the wrong line is for you to say.

## References
- ruff, *unused-noqa (RUF100)*: https://docs.astral.sh/ruff/rules/unused-noqa/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS990", "unused-ignore", "info", __doc__)
