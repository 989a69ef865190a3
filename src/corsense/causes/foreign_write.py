"""A page of another site can write to the server

## What it does
CORS decides who may *read* responses. Any page can send a form, a `fetch()` with `mode: "no-cors"` or a beacon without a
preflight, and the server processes it. `CORSMiddleware` only omits a response header. The browser prints nothing when a form is
submitted.

`check` simulates that page: it sends a form, JSON as text, and a body without a content type, with the `Origin` and
`Sec-Fetch-Site` of an untrusted page, and checks whether a layer or a dependency refuses. A stub replaces the endpoint.

## Why is this bad
It depends on how the server identifies the caller:

- *A cookie, a session or HTTP Basic* (a warning): browsers attach them automatically. `SameSite=Lax`, the default of
  `SessionMiddleware`, keeps pages of other sites out, but not those of the same site: another port of `localhost`, another
  subdomain. Browsers give cookies without `SameSite` to forms of every site in some cases.
- *Nothing* (information): fine for a public API, but not for a server on `localhost` or in a local network that trusts every
  client that can reach it. Every page that its user visits can. Several local tools had security advisories for exactly this.
- *A token in a header* that script adds, such as `Authorization: Bearer`: nothing to do. No other site's page can send it.

A JSON body is a guard only if the content type is checked. Since 0.65.2, FastAPI reads a body as JSON only if `Content-Type`
says so (CVE-2021-32677). Before 0.132 it also did so without a content type, and it still does with
`strict_content_type=False`.

## Example
```python
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="change-me", same_site="none", https_only=True)
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000"], allow_credentials=True)


@app.post("/api/delete-account")
def delete_account(request: Request) -> dict[str, str | None]:
    return {"deleted": request.session.get("user")}
```

## Use instead
Refuse writes from pages that are not on the list. `protection="report"` only logs what `"enforce"` would refuse; start with it.

```python
import corsense
from corsense import Policy
from fastapi import FastAPI, Request
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="change-me", same_site="none", https_only=True)
corsense.install(app, Policy(origins=["http://localhost:3000"], credentials=True), protection="enforce")


@app.post("/api/delete-account")
def delete_account(request: Request) -> dict[str, str | None]:
    return {"deleted": request.session.get("user")}
```

Headers cannot show everything: if the server's own service worker resends another site's form, the form looks like the server's
own. If the server has a service worker, also require a token that only its own pages know for state-changing requests.

## Fix safety
`corsense fix --protect` adds report mode, which refuses nothing. Review its log before you enforce: pages that write and are
not on the list will be refused.

## References
- OWASP, Cross-Site Request Forgery Prevention Cheat Sheet
- Fetch Metadata Request Headers (https://www.w3.org/TR/fetch-metadata/); Go, `net/http.CrossOriginProtection`
- CVE-2021-32677 (FastAPI); FastAPI, *Strict Content-Type*: https://fastapi.tiangolo.com/advanced/strict-content-type/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS916", "foreign-write", "info", __doc__)
