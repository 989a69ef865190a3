"""The browser blocks access to the local network

## What it does
A page from the public internet calls an address of the visitor's own machine or network. Since version 142 Chromium
asks the visitor for permission first, and sends nothing until it is granted:

> Access to fetch at 'http://localhost:8000/api/users' from origin 'https://app.example.com' has been blocked by CORS
> policy: Permission was denied for this request to access the `loopback` address space.

The message says CORS, but this is a browser permission. No server header can grant it. Its predecessor, Private Network Access,
had such a header (`Access-Control-Allow-Private-Network`, Starlette's `allow_private_network`); no current browser uses it.

## Why is this bad
Without it, every website could reach servers on `localhost`, printers and routers. If your product has a local part, expect the
prompt and explain it to your users. A page on plain `http` cannot even ask.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://app.example.com"],
    allow_methods=["GET", "POST"],
    max_age=600,
)


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Serve the page from the same machine as the API, so that nothing crosses from public to local:

```python
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

app = FastAPI()


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


app.mount("/", StaticFiles(directory="dist", html=True, check_dir=False), name="frontend")
```

If the page must be public, keep the CORS list narrow, make the call after a click, and handle a refusal.

## Fix safety
No automatic fix: only the visitor can grant the permission, and no header replaces it.

## References
- WICG, Local Network Access (https://wicg.github.io/local-network-access/)
- Chrome for Developers, *New permission prompt for Local Network Access*
  (https://developer.chrome.com/blog/local-network-access)
- Kludex/starlette#3065 (`allow_private_network`, 0.51.0), corydolphin/flask-cors#309, gptme/gptme#2635
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS905", "local-network-access", "error", __doc__)
