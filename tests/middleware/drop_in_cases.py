"""Settings and requests that the suites of Starlette, FastAPI and asgi-cors are about, as facts: what each layer is asked.

The cases follow `tests/middleware/test_cors.py` of Starlette, `test_tutorial/test_cors` of FastAPI and `test_asgi_cors.py` of
asgi-cors, one for each of their tests, and beyond them one for each difference that those suites do not look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORG = "https://example.org"
EVERYBODY: Mapping[str, Any] = {
    "allow_origins": ["*"],
    "allow_headers": ["*"],
    "allow_methods": ["*"],
    "expose_headers": ["X-Status"],
}
TUTORIAL: Mapping[str, Any] = {
    "allow_origins": [
        "http://localhost.tiangolo.com",
        "https://localhost.tiangolo.com",
        "http://localhost",
        "http://localhost:8080",
    ],
    "allow_credentials": True,
    "allow_methods": ["*"],
    "allow_headers": ["*"],
}


@dataclass(frozen=True)
class Request:
    """One request: the origin of the page, and what else it says; `preflight` names the method that is asked for."""

    origin: str | None = ORG
    method: str = "GET"
    preflight: str | None = None
    headers: str | None = None
    private_network: bool = False
    cookie: bool = False
    app: tuple[tuple[str, str], ...] = ()
    """Header lines that the app sends."""


@dataclass(frozen=True)
class Case:
    """Settings in Starlette's keywords, and the requests that are made to a layer with them."""

    name: str
    settings: Mapping[str, Any]
    requests: tuple[Request, ...] = field(default=())


PAGE = Request()
COOKIE = Request(cookie=True)
NO_PAGE = Request(origin=None)
ASKED = Request(preflight="GET", headers="X-Example")
VARY = (("Vary", "Accept-Encoding"),)

STARLETTE = (
    Case("all, with credentials", {**EVERYBODY, "allow_credentials": True}, (ASKED, PAGE, COOKIE, NO_PAGE)),
    Case("all, without credentials", EVERYBODY, (ASKED, PAGE, COOKIE, NO_PAGE)),
    Case(
        "one origin",
        {"allow_origins": [ORG], "allow_headers": ["X-Example", "Content-Type"]},
        (Request(preflight="GET", headers="X-Example, Content-Type"), PAGE, NO_PAGE),
    ),
    Case(
        "a preflight that is refused",
        {"allow_origins": [ORG], "allow_headers": ["X-Example"]},
        (
            Request("https://another.org", preflight="POST", headers="X-Nope"),
            Request(preflight="GET", headers="X-Nope-1, X-Nope-2"),
            Request("https://another.org", preflight="PUT", headers="X-Nope"),
        ),
    ),
    Case(
        "all with credentials, one method",
        {"allow_origins": ["*"], "allow_methods": ["POST"], "allow_credentials": True},
        (Request(preflight="POST"),),
    ),
    Case(
        "every method",
        {"allow_origins": ["*"], "allow_methods": ["*"]},
        (
            *(Request(preflight=method) for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
            *(Request(method=method) for method in ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")),
        ),
    ),
    Case(
        "any https origin by regex",
        {"allow_origin_regex": "https://.*", "allow_headers": ["X-Example"], "allow_credentials": True},
        (PAGE, COOKIE, Request("http://example.org"), ASKED, Request("http://another.com", preflight="GET", headers="X-Example")),
    ),
    Case(
        "a regex is a full match",
        {"allow_origin_regex": r"https://.*\.example\.org", "allow_headers": ["X-Example", "Content-Type"]},
        (Request("https://subdomain.example.org"), Request("https://subdomain.example.org.hacker.com")),
    ),
    Case("all, cookies sent", {"allow_origins": ["*"]}, (COOKIE, Request(app=VARY), Request(cookie=True, app=VARY))),
    Case(
        "one origin, the app varies",
        {"allow_origins": [ORG]},
        (PAGE, Request(app=VARY), Request("https://another.org", app=VARY)),
    ),
    Case(
        "private network",
        {"allow_origins": [ORG], "allow_methods": ["*"], "allow_headers": ["*"], "allow_private_network": True},
        (Request(preflight="GET", private_network=True), Request(preflight="GET")),
    ),
    Case(
        "private network, refused",
        {"allow_origins": [ORG], "allow_methods": ["GET"], "allow_private_network": False},
        (Request(preflight="GET", private_network=True),),
    ),
)

FASTAPI = (
    Case(
        "tutorial",
        TUTORIAL,
        tuple(
            Request(origin, preflight=preflight, headers=headers)
            for origin in (*TUTORIAL["allow_origins"], "http://localhost:3000", None)
            for preflight, headers in (("GET", "X-Example"), (None, None))
            if origin or not preflight
        ),
    ),
)

FURTHER = (
    Case("no settings", {}, (PAGE,)),
    Case("a string for a list", {"allow_origins": ORG}, (PAGE,)),
    Case("a slash at the end", {"allow_origins": [f"{ORG}/"]}, (PAGE,)),
    Case("a glob", {"allow_origins": ["https://app-*.example.org"]}, (PAGE,)),
    Case("null", {"allow_origins": ["null"]}, (Request("null"),)),
    Case("a public http origin with cookies", {"allow_origins": ["http://example.org"], "allow_credentials": True}, (PAGE,)),
    Case("text for a flag", {"allow_origins": [ORG], "allow_credentials": "false"}, (PAGE,)),
    Case("a look-ahead", {"allow_origin_regex": r"https://(?!evil)[a-z]+\.example\.org"}, (Request("https://a.example.org"),)),
    Case("a star beside others", {"allow_origins": ["*", ORG]}, (PAGE,)),
    Case("an age that no browser keeps", {"allow_origins": [ORG], "max_age": 604_800}, (Request(preflight="GET"),)),
    Case(
        "names without effect",
        {
            "allow_origins": [ORG],
            "allow_headers": ["Origin", "X-Token"],
            "allow_methods": ["GET", "TRACE"],
            "expose_headers": ["X-A"],
        },
        (Request(preflight="GET", headers="x-token"), PAGE),
    ),
    Case(
        "every header, with cookies",
        {"allow_origins": [ORG], "allow_headers": ["*"], "allow_credentials": True},
        (Request(preflight="GET", headers="X-Example,content-type"), Request(preflight="GET")),
    ),
    Case(
        "who is refused",
        {"allow_origins": [ORG], "allow_credentials": True, "expose_headers": ["X-A"], "max_age": 5},
        (Request("https://another.org"), Request("https://another.org", preflight="PUT"), Request(preflight="PUT")),
    ),
    Case(
        "a preflight for what needs no permission", {"allow_origins": [ORG]}, (Request(preflight="POST", headers="content-type"),)
    ),
    Case("an unusual method", {"allow_origins": [ORG], "allow_methods": ["*"]}, (Request(preflight="PROPFIND"),)),
    Case("options of the app's own", {"allow_origins": [ORG]}, (Request(method="OPTIONS"),)),
    Case(
        "what the app says by hand",
        {"allow_origins": [ORG]},
        (
            Request(app=(("Access-Control-Allow-Origin", "*"),)),
            Request("https://another.org", app=(("Access-Control-Allow-Origin", "*"),)),
            Request(app=(("Vary", "Origin"),)),
        ),
    ),
    Case(
        "thousands of headers asked for",
        {"allow_origins": [ORG], "allow_headers": ["X-Token"]},
        (Request(preflight="GET", headers=",".join(["x-token"] * 2000)),),
    ),
)

CASES = (*STARLETTE, *FASTAPI, *FURTHER)


@dataclass(frozen=True)
class AsgiCors:
    """One fact of asgi-cors: with these arguments of its own, a page of `origin` gets `allowed` in the header of the origin.
    `policy` are the keywords of `Policy` that mean the same; None: there are none, and `refused` is why."""

    arguments: str
    policy: Mapping[str, Any]
    origin: str | None
    allowed: str | None
    refused: str | None = None


def _yes(origin: str) -> bool:
    return True


def _no(origin: str) -> bool:
    return False


async def _yes_later(origin: str) -> bool:
    return True


async def _no_later(origin: str) -> bool:
    return False


_HOST = "http://example.com"
ASGI_CORS = (
    AsgiCors("allow_all=True", {"origins": "*"}, None, "*"),
    AsgiCors("allow_all=True", {"origins": "*"}, _HOST, "*"),
    AsgiCors("hosts=[...]", {"origins": [_HOST]}, None, None),
    AsgiCors("hosts=[...]", {"origins": [_HOST]}, _HOST, _HOST),
    AsgiCors("hosts=[...]", {"origins": [_HOST]}, "http://foo.com", None),
    AsgiCors("host_wildcards=[...]", {"origins": ["https://*.example.com"]}, None, None),
    AsgiCors(
        "host_wildcards=[...]", {"origins": ["https://*.example.com"]}, "https://www.example.com", "https://www.example.com"
    ),
    AsgiCors("host_wildcards=[...]", {"origins": ["https://*.example.com"]}, "https://foo.com", None),
    AsgiCors("host_wildcards=[...]", {"origins": ["http://localhost:*"]}, "http://foo.com", None),
    AsgiCors("host_wildcards=[...]", {"origins": ["http://localhost:*"]}, "http://localhost:8000", "http://localhost:8000"),
    AsgiCors("host_wildcards=[...]", {"origins": ["http://localhost:8*"]}, "http://localhost:8000", None, "is not a port"),
    AsgiCors("hosts=[...]", {"origins": [f"{_HOST}/"]}, _HOST, None, "origin-trailing-slash"),
    AsgiCors("callback=...", {"origin_resolver": _yes}, _HOST, _HOST),
    AsgiCors("callback=...", {"origin_resolver": _no}, _HOST, None),
    AsgiCors("callback=async ...", {"origin_resolver": _yes_later}, _HOST, _HOST),
    AsgiCors("callback=async ...", {"origin_resolver": _no_later}, _HOST, None),
)
