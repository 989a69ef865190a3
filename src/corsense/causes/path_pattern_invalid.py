"""A path of policies can match no request

## What it does
A key of `policies={...}` is no path as a router sees it: it does not begin with `/`, has a `*` that is no whole
segment, or is written as in a URL (`%20`, `?`, `#`, `..`, `//`). It is refused with `PolicyError`; the stack is built
at the first message, so the app does not start, and there is no message in any browser.

## Why is this bad
A pattern that matches nothing leaves its paths to the policy of all the others, which may be a wider one. flask-cors
compared paths before they were decoded, and so gave some the wrong policy.

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

`/public/*` is `/public` and all below it, `/users/*/avatar` has one segment open, `/health` is one path.

## Fix safety
No automatic fix: what the pattern was to match is a guess.

## References
- flask-cors CVE-2024-6839 (which pattern wins), CVE-2024-6844 (`+` in paths), CVE-2024-6866 (case of paths)
- RFC 3986, section 6.2.2.3, *Path Segment Normalization*
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS409", "path-pattern-invalid", "error", __doc__)
