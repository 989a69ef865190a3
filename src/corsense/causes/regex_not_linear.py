r"""The regular expression cannot be matched in linear time

## What it does
`re` matches by backtracking: it tries one way after another. `https://(?:a|b|ab)+\.example\.com` reads `abab...` in more ways
with each character, so an `Origin` of 61 bytes takes seconds and one of 189 bytes never ends. Any client can send one: the
server stops answering.

corsense compiles `origin_regex` to a finite automaton, which takes one step per character on any input. `Policy` refuses what
no automaton can match, and names it: look-around, `\b`, references to groups, conditional groups, possessive quantifiers,
atomic groups, and expressions whose automaton would be too large.

Your own pages work, so the browser prints nothing.

## Why is this bad
Starlette's `CORSMiddleware` runs the expression on the `Origin` header in the event loop. One request blocks every other
request in the process (CWE-1333).

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://(?:[a-z0-9-]+\.?)+\.example\.com",
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
    allow_origin_regex=r"https://(?:[a-z0-9-]+\.)+example\.com",
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

Write each repetition so that a single character decides where it ends. `Policy(origins=["https://*.example.com"])` needs no
expression.

## Fix safety
No automatic fix: only you know which origins the expression was meant to match.

## References
- CWE-1333, Inefficient Regular Expression Complexity
- R. Cox, *Regular Expression Matching Can Be Simple And Fast*, 2007: https://swtch.com/~rsc/regexp/regexp1.html
- Kludex/starlette#3165 on expressions in `allow_origin_regex`
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS224", "regex-not-linear", "error", __doc__)
