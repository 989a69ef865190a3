"""Credentials are allowed for an unencrypted origin

## What it does
The list has an `http://` origin on another machine, and credentials are allowed. Pages of that origin are sent unencrypted: an
attacker on the visitor's network can replace them.

Everything works, so the browser prints nothing.

## Why is this bad
A café's router answers the `http` page with a script of its own; the script calls your `https` API with the visitor's cookies,
and your policy allows it. The list undoes the API's encryption. It makes no difference that your real pages are on `https`: the
visitor does not need to have opened the `http` one.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com", "http://app.example.com"],
    allow_methods=["GET", "POST"],
    allow_credentials=True,
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
    allow_credentials=True,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

`http://localhost:3000` and loopback addresses never leave the machine, and are fine in a development list. Hosts in your own
network (`http://frontend:3000`, `http://192.168.1.5`, `.local`, `.test`) are fine there too, but nowhere else: corsense's
middleware warns about them, and refuses them where `ENVIRONMENT`, `FASTAPI_ENV` or `APP_ENV` names production.

## Fix safety
No automatic fix. Removing the `http` origin is safe if the `https` origin is also listed and the site redirects its pages
there. Otherwise, the site must move to `https` first.

## References
- W3C, Secure Contexts (https://w3c.github.io/webappsec-secure-contexts/)
- J. Kettle, *Exploiting CORS misconfigurations*, AppSec EU 2017
- jub0bs, *Fearless CORS* (https://jub0bs.com/posts/2023-02-08-fearless-cors/)
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS306", "insecure-origin-with-credentials", "warning", __doc__)
