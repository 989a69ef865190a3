r"""The list of exact origins contains a regular expression

## What it does
Entries of `allow_origins` are compared as plain text. A regular expression there matches nothing; it belongs in
`allow_origin_regex`. The console of a subdomain's page says:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
No error, no log line, no match. The expression is usually copied from Flask-CORS or Express, where lists may contain
expressions.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=[r"https://[a-z0-9-]+\.example\.com"],
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
    allow_origin_regex=r"https://[a-z0-9-]+\.example\.com",
    allow_methods=["GET", "POST"],
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

There is one `allow_origin_regex`; join several expressions with `|`. You can combine it with a list of exact origins.

## Fix safety
The expression allowed nothing in the list, and allows what it matches once moved. So the fix moves it only if it
stays within one site that is not a public suffix, with its dots escaped. Any other expression is only reported.

## References
- Starlette, CORSMiddleware, `allow_origin_regex`: https://starlette.dev/middleware/
- OpenGradient/BitQuant#134, an expression in the list, without effect
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS213", "regex-in-origins", "error", __doc__)
