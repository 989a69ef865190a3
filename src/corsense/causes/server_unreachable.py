"""Nothing answers at that address

## What it does
The browser could not connect: the server is not running, it listens on another port or interface, the name does not resolve, or
the certificate is not trusted. Without a response there are no headers to check. Chromium says so:

> Failed to load resource: net::ERR_CONNECTION_REFUSED

Firefox reports even this as "Cross-Origin Request Blocked ... CORS request did not succeed", with the status `(null)`. WebKit
says "Could not connect", and after a preflight "due to access control checks". In all three, the page gets only a `TypeError`.

## Why is this bad
It is not CORS, and no header fixes it.

- *Refused*: start the server and check its port. In a container, listen on `0.0.0.0` and publish the port.
- *Name not resolved*: names of Docker services (`http://api:8000`) resolve only between containers. The page runs in the user's
  browser, which does not know them.
- *Certificate*: open the API's address in a tab and look at the warning. Script never gets a "proceed anyway" prompt.

## Example
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    # In a container this is reachable only from inside the container, and the page calls port 8000.
    uvicorn.run(app, host="127.0.0.1", port=8080)
```

## Use instead
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
```

## Fix safety
No automatic fix. On a developer's machine listen on `127.0.0.1`, not on `0.0.0.0`: the latter opens the port to the
network.

## References
- Fetch Standard, *HTTP-network fetch*: a network error (https://fetch.spec.whatwg.org/)
- MDN, Reason: CORS request did not succeed:
  https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSDidNotSucceed
- FastAPI, Run a Server Manually: https://fastapi.tiangolo.com/deployment/manually/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS901", "server-unreachable", "error", __doc__)
