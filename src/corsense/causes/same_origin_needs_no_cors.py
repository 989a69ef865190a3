"""Page and API share an origin, so CORS does not apply

## What it does
Scheme, host and port of the page and of the API are the same. The browser makes no check, sends no preflight and shows script
every header except `Set-Cookie`. A CORS layer is not missing here.

Nothing is blocked, so the browser prints nothing.

## Why is this bad
It is not; it is the simplest setup. But know what counts as the same:

- the same *domain* is not enough: `http://localhost:3000` and `http://localhost:8000` differ in the port,
  `https://app.example.com` and `https://api.example.com` in the host. Both pairs need CORS.
- cookies use the *site* instead: ports do not count, and subdomains belong together.

## Example
A page served on its own port needs a CORS layer, which can be misconfigured:

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"])


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]
```

## Use instead
The app serves the built frontend itself, and the page calls relative addresses, `fetch("/api/users")`. (A development server
can do the reverse: Vite and similar tools have a `proxy` setting.)

```python
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


app.mount("/", StaticFiles(directory="dist", html=True, check_dir=False), name="frontend")
```

Recent FastAPI versions have `app.frontend("/", directory="dist")` for this.

## Fix safety
Nothing to fix. If *no* page of another origin uses the API, you can remove the CORS layer; your own page is not affected.

## References
- Fetch Standard, *Main fetch*: same origin, response tainting "basic" (https://fetch.spec.whatwg.org/)
- MDN, Same-origin policy: https://developer.mozilla.org/en-US/docs/Web/Security/Same-origin_policy
- FastAPI, Static Files: https://fastapi.tiangolo.com/tutorial/static-files/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS902", "same-origin-needs-no-cors", "info", __doc__)
