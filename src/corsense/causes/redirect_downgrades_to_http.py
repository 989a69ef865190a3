"""The redirect leads from https to http

## What it does
The proxy terminates TLS and forwards plain HTTP to the app. The app builds redirects (a slash, a login) from what it sees, so
`Location` begins with `http://`. An `https` page may not follow it: that is mixed content. If the browser does follow, it is a
redirect to another origin, with `Origin: null`.

> Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but requested an insecure resource
> 'http://api.example.com/api/users/'. This request has been blocked; the content must be served over HTTPS.

If the preflight is redirected, the message is "Redirect is not allowed for a preflight request."

## Why is this bad
On the developer's machine, without the proxy, everything works. In production, one slash is enough to break it.

## Example
```python
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/api/users/")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
```

## Use instead
Tell the server which proxy to trust, so that it takes the scheme from `X-Forwarded-Proto`, and call the exact path.

```python
import uvicorn
from fastapi import FastAPI

app = FastAPI(redirect_slashes=False)


@app.get("/api/users")
def list_users() -> list[str]:
    return ["Ada", "Grace"]


if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000, proxy_headers=True, forwarded_allow_ips="10.0.0.2")
```

The same from the command line: `fastapi run --proxy-headers --forwarded-allow-ips 10.0.0.2`, with the address of your
proxy.

## Fix safety
No automatic fix: the address of the proxy is not in the source. `forwarded_allow_ips="*"` trusts every client, and is safe only
if no one but the proxy can reach the port.

## References
- Fetch Standard, *HTTP-redirect fetch*; Mixed Content, *Should fetching request be blocked as mixed content?*
- FastAPI, Behind a Proxy: https://fastapi.tiangolo.com/advanced/behind-a-proxy/
- fastapi/fastapi#4990 "redirect that looses https", Kaoruha/GinkGO#5389, cheshire-cat-ai/core#732
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS803", "redirect-downgrades-to-http", "error", __doc__)
