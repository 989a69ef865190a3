"""A page of another site can write to the server

## What it does
CORS decides who may *read* answers. A form, a `fetch()` with `mode: "no-cors"` or a beacon is sent without a preflight, from any
page, and the server carries it out. `CORSMiddleware` only leaves out a header of the answer. The browser prints nothing when a
form is submitted.

`check` plays that page: it sends the form, text that holds JSON, and a body without a content type, with the `Origin` and
`Sec-Fetch-Site` of an untrusted page, and sees whether a layer or a dependency refuses. A stand-in answers in place of the
endpoint.

## Why is this bad
It depends on what the server takes for a proof of who is asking:

- *A cookie, a session or HTTP Basic* (a warning): browsers attach them by themselves. `SameSite=Lax`, the default of
  `SessionMiddleware`, keeps pages of other sites out, but not those of the same site: another port of `localhost`, another
  subdomain. Browsers give cookies without `SameSite` to forms of every site in some cases.
- *Nothing* (information): fine for a public API; not for a server on `localhost` or in a local network, which trusts whoever
  reaches it. Every page that its user visits reaches it. Several local tools had an advisory for exactly this.
- *A token in a header* that script adds, such as `Authorization: Bearer`: nothing to do. No foreign page can send it.

A JSON body is a guard only if the content type is checked. FastAPI reads a body as JSON only if `Content-Type` says so since
0.65.2 (CVE-2021-32677); until 0.132 it also did where there was no content type, and it still does with
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
Refuse writes of pages that are not on the list. `protection="report"` only logs what `"enforce"` would refuse: start with it.

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

Headers cannot show everything: a service worker of the server itself that sends a form of another site anew makes it look like
the server's own. Where the server has one, let state-changing requests also carry a token that only its own pages know.

## Fix safety
`corsense fix --protect` adds report mode, which refuses nothing. Look at what it logs before you enforce: pages that write and
are not on the list would be refused.

## References
- OWASP, Cross-Site Request Forgery Prevention Cheat Sheet
- Fetch Metadata Request Headers (https://www.w3.org/TR/fetch-metadata/); Go, `net/http.CrossOriginProtection`
- CVE-2021-32677 (FastAPI); FastAPI, *Strict Content-Type*: https://fastapi.tiangolo.com/advanced/strict-content-type/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS916", "foreign-write", "info", __doc__)
