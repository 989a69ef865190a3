"""The request URL has no `http://`

## What it does
`fetch("localhost:8000/api/users")` does not call port 8000: in a URL, `localhost:` is the scheme. The browser sends nothing.

> Fetch API cannot load localhost:8000/api/users. URL scheme "localhost" is not supported.

Firefox says "CORS request not http". Without a port (`fetch("api.example.com/users")`) it is a relative path, and the page's
own server answers 404, or sends its `index.html`, which gives "Unexpected token '<'".

## Why is this bad
Firefox's message mentions CORS, and the address bar adds `http://` automatically, so people look at the CORS settings.

## Example
The frontend's setting, as the API serves it:

```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/config.json")
def config() -> dict[str, str]:
    return {"apiBase": "localhost:8000"}
```

## Use instead
```python
from fastapi import FastAPI

app = FastAPI()


@app.get("/config.json")
def config() -> dict[str, str]:
    return {"apiBase": "http://localhost:8000"}
```

## Fix safety
No automatic fix: the address is written in the page, or in its settings.

## References
- Fetch Standard, *Main fetch*, *Scheme fetch* (https://fetch.spec.whatwg.org/)
- MDN, Reason: CORS request not HTTP:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSRequestNotHttp
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS908", "url-without-scheme", "error", __doc__)
