"""A path in `policies` cannot match any request

## What it does
A key of `policies={...}` is not a path as a router sees it: it does not begin with `/`, has a `*` that is not a whole segment,
or is written as in a URL (`%20`, `?`, `#`, `..`, `//`). corsense refuses it with `PolicyError` when the stack is built, so the
app does not start, and there is no message in any browser.

## Why is this bad
If a pattern matches nothing, its paths get the default policy, which may be wider. flask-cors compared paths before decoding
them, and so applied the wrong policy to some.

## Example
```python
from fastapi import FastAPI

from corsense import CORSMiddleware, Policy

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    policy=Policy(origins=["https://app.example.com"]),
    policies={"public*": Policy.public_api()},
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
```python
from fastapi import FastAPI

from corsense import CORSMiddleware, Policy

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    policy=Policy(origins=["https://app.example.com"]),
    policies={"/public/*": Policy.public_api()},
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

`/public/*` is `/public` and everything below it, `/users/*/avatar` matches any one segment, `/health` is a single path.

## Fix safety
No automatic fix: the intended paths would be a guess.

## References
- flask-cors CVE-2024-6839 (which pattern wins), CVE-2024-6844 (`+` in paths), CVE-2024-6866 (case of paths)
- RFC 3986, section 6.2.2.3, *Path Segment Normalization*
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS409", "path-pattern-invalid", "error", __doc__)
