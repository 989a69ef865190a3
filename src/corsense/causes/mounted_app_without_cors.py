"""The CORS layer covers only some of the mounted apps

## What it does
A middleware covers the app it was added to and what is mounted *below* that app. It does not cover the parent or a sibling.
Here the request goes to a part of the tree without a CORS layer above it, so the response has no CORS headers:

> Access to fetch at 'http://localhost:8000/v2/api/users' from origin 'http://localhost:3000' has been blocked by CORS
> policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is
> present on the requested resource.

## Why is this bad
One sub-tree works and the other does not, although the configuration seems to cover both. Static files, a Socket.IO app, a
second API version and an admin app are the usual cases. An `APIRouter` is different: `include_router` shares the app's
middleware.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

v1 = FastAPI()
v1.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
v2 = FastAPI()


@v2.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


app = FastAPI()
app.mount("/v1", v1)
app.mount("/v2", v2)
```

## Use instead
Add the layer once, to the outermost app. It covers everything mounted below it.

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

v1 = FastAPI()
v2 = FastAPI()


@v2.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}


app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_methods=["GET", "POST"])
app.mount("/v1", v1)
app.mount("/v2", v2)
```

If the parts need different policies, give each part its own layer and the parent none: if both have one, the outer layer
overwrites the inner layer's headers.

## Fix safety
The fix adds the layer to the outermost app, for the origin that was checked. It then covers the other parts of the tree too; if
they should stay closed, add it to the mounted app instead.

## References
- Fetch Standard, *CORS check* (https://fetch.spec.whatwg.org/)
- FastAPI, Sub Applications: https://fastapi.tiangolo.com/advanced/sub-applications/
- Starlette, Middleware: https://starlette.dev/middleware/
- fastapi/fastapi#1174, fastapi/fastapi#1433, open-webui/open-webui#7458
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS102", "mounted-app-without-cors", "error", __doc__)
