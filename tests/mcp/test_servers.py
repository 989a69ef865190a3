"""MCP servers modelled on public threads: `check` names what each thread found, first.

The address of each thread stands beside its server. All of them are called from a page, as the MCP Inspector is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("mcp")
pytest.importorskip("fastmcp")

from tests.cli.commands import corsense

PAGE = "http://localhost:6274"
MIDDLEWARE = "from starlette.middleware import Middleware\nfrom starlette.middleware.cors import CORSMiddleware\n"
SDK = """\
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.routing import Route

server = MCPServer("shop")


@server.tool()
def stock() -> int:
    return 3


@asynccontextmanager
async def lifespan(app):
    async with server.session_manager.run():
        yield


"""
MOUNTED = 'app = FastAPI(lifespan=lifespan)\napp.mount("/mcp", server.streamable_http_app(streamable_http_path="/"{}))\n'
FASTMCP = """\
from fastapi import FastAPI
from fastmcp import FastMCP
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

server = FastMCP("shop")


@server.tool
def stock() -> int:
    return 3


"""


def cors(**changed: object) -> str:
    """A CORS layer that has what an MCP client needs, but for what is changed."""
    arguments: dict[str, object] = {
        "allow_origins": [PAGE],
        "allow_methods": ["GET", "POST", "DELETE"],
        "allow_headers": ["content-type", "mcp-protocol-version", "mcp-session-id", "last-event-id"],
        "expose_headers": ["mcp-session-id"],
        **changed,
    }
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items() if value is not None)


@dataclass(frozen=True)
class Server:
    """A server, the thread that it is modelled on, and what is wrong with it; None: nothing."""

    name: str
    thread: str
    source: str
    finding: str | None
    says: str = ""
    options: list[str] = field(default_factory=list)
    client: str = "mcp"
    page: str = PAGE


RUN = ["--run-endpoints"]
SERVERS = (
    Server(
        "the session id is not exposed",
        "https://github.com/modelcontextprotocol/python-sdk/issues/1135",
        SDK + MOUNTED.format("") + f"app.add_middleware(CORSMiddleware, {cors(expose_headers=None)})\n",
        "header-not-exposed",
        "mcp-session-id",
    ),
    Server(
        "a page of any origin, and still no session id",
        "https://github.com/modelcontextprotocol/typescript-sdk/issues/764",
        FASTMCP + 'app = server.http_app(middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], '
        'allow_headers=["*"])])\n',
        "header-not-exposed",
        "mcp-session-id",
    ),
    Server(
        "the mount redirects to its slash",
        "https://github.com/modelcontextprotocol/python-sdk/issues/1168",
        SDK + MOUNTED.format("") + f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "redirect-slashes",
        "follows no redirects",
        ["--request", "POST /mcp", "--request", "GET /mcp"],
    ),
    Server(
        "the path is there twice",
        "https://github.com/PrefectHQ/fastmcp/issues/1849",
        FASTMCP + 'mcp_app = server.http_app(path="/mcp")\napp = FastAPI(lifespan=mcp_app.lifespan)\napp.mount("/mcp", mcp_app)\n'
        f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "route-not-found",
        "/mcp/mcp",
        ["--request", "POST /mcp/"],
    ),
    Server(
        "no CORS layer at all",
        "https://github.com/PrefectHQ/fastmcp/issues/840",
        FASTMCP + "app = server.http_app()\n",
        "missing-cors-middleware",
    ),
    Server(
        "a CORS layer for GET only",
        "https://github.com/PrefectHQ/fastmcp/pull/895",
        FASTMCP + f"app = server.http_app(middleware=[Middleware(CORSMiddleware, {cors(allow_methods=None)})])\n",
        "method-not-allowed",
        "POST",
    ),
    Server(
        "the protocol version is not allowed",
        "https://github.com/netdata/netdata/pull/22258",
        SDK
        + MOUNTED.format("")
        + f"app.add_middleware(CORSMiddleware, {cors(allow_headers=['content-type', 'mcp-session-id', 'last-event-id'])})\n",
        "header-not-allowed",
        "mcp-protocol-version",
    ),
    Server(
        "a session cannot be ended",
        "https://github.com/0xeb/fastmcpp/pull/42",
        SDK + MOUNTED.format("") + f"app.add_middleware(CORSMiddleware, {cors(allow_methods=['GET', 'POST'])})\n",
        "method-not-allowed",
        "DELETE",
    ),
    Server(
        "the list of origins of the SDK is empty",
        "https://github.com/GetKlai/klai/issues/1206",
        SDK
        + MOUNTED.format(", transport_security=TransportSecuritySettings(allowed_hosts=['localhost:*'])")
        + f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "origin-check-refused",
        "Invalid Origin header",
    ),
    Server(
        "the same behind a login",
        "https://github.com/GetKlai/klai/issues/1206",
        SDK
        + MOUNTED.format(", transport_security=TransportSecuritySettings(allowed_hosts=['localhost:*'])")
        + "\n\nclass Login:\n    def __init__(self, app):\n        self.app = app\n\n"
        "    async def __call__(self, scope, receive, send):\n        await self.app(scope, receive, send)\n\n\n"
        "routes = app.routes[-1].app.router.routes\n"
        'routes[0] = Route("/", endpoint=Login(routes[0].endpoint), methods=["GET", "POST", "DELETE"])\n'
        + f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "origin-check-refused",
        "Invalid Origin header",
    ),
    Server(
        "the host is not one that the SDK accepts",
        "https://github.com/modelcontextprotocol/python-sdk/issues/1798",
        SDK + MOUNTED.format("") + f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "origin-check-refused",
        "Invalid Host header",
        ["--base-url", "http://10.32.212.101:8001"],
    ),
    Server(
        "the login answers the preflight",
        "https://github.com/IBM/mcp-context-forge/issues/2152",
        SDK + MOUNTED.format("") + f"app.add_middleware(CORSMiddleware, {cors()})\n\n\n"
        '@app.middleware("http")\nasync def check_token(request, call_next):\n'
        '    if "authorization" not in request.headers:\n        return PlainTextResponse("no token", status_code=401)\n'
        "    return await call_next(request)\n",
        "cors-not-outermost",
        "check_token",
    ),
    Server(
        "the mounted server allows the page and FastAPI does not",
        "https://github.com/PrefectHQ/fastmcp/issues/780",
        FASTMCP + f'mcp_app = server.http_app(path="/", middleware=[Middleware(CORSMiddleware, {cors()})])\n'
        'app = FastAPI(lifespan=mcp_app.lifespan)\napp.mount("/mcp", mcp_app)\n'
        f"app.add_middleware(CORSMiddleware, {cors(allow_origins=['https://app.example.com'])})\n",
        "origin-mismatch",
    ),
    Server(
        "a page of any origin with credentials",
        "https://github.com/DasDigitaleMomentum/searxNcrawl/issues/16",
        FASTMCP + 'app = server.http_app(middleware=[Middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, '
        'allow_methods=["*"], allow_headers=["*"], expose_headers=["mcp-session-id"])])\n',
        "wildcard-with-credentials",
    ),
    Server(
        "all is well",
        "https://github.com/modelcontextprotocol/typescript-sdk/pull/713",
        SDK
        + MOUNTED.format(
            f", transport_security=TransportSecuritySettings(allowed_hosts=['localhost:*'], allowed_origins=['{PAGE}'])"
        )
        + f"app.add_middleware(CORSMiddleware, {cors()})\n",
        None,
        "",
        RUN,
    ),
    Server(
        "the metadata for OAuth have no CORS layer",
        "https://github.com/doobidoo/mcp-memory-service/issues/876",
        SDK + "app = FastAPI(lifespan=lifespan)\n\n\n"
        '@app.get("/.well-known/oauth-authorization-server")\ndef metadata():\n    return {}\n\n\n'
        '@app.post("/oauth/register")\ndef register():\n    return {}\n\n\napp.mount("/", server.streamable_http_app())\n',
        "missing-cors-middleware",
        client="mcp-oauth",
    ),
    Server(
        "the metadata for OAuth need a token",
        "https://github.com/jimprosser/obsidian-web-mcp/pull/18",
        SDK + f"app = FastAPI(lifespan=lifespan)\napp.add_middleware(CORSMiddleware, {cors(allow_headers=['*'])})\n\n\n"
        '@app.get("/.well-known/oauth-protected-resource")\ndef metadata():\n    return {}\n\n\n'
        '@app.middleware("http")\nasync def bearer(request, call_next):\n'
        '    if "authorization" not in request.headers:\n        return PlainTextResponse("no token", status_code=401)\n'
        '    return await call_next(request)\n\n\napp.mount("/", server.streamable_http_app())\n',
        "cors-not-outermost",
        "bearer",
        client="mcp-oauth",
    ),
    Server(
        "the old SSE transport without a CORS layer",
        "https://github.com/modelcontextprotocol/python-sdk/issues/187",
        SDK + "app = server.sse_app()\n",
        "missing-cors-middleware",
        client="mcp-sse",
    ),
    Server(
        "the old SSE transport for GET only",
        "https://github.com/crystaldba/postgres-mcp/pull/137",
        SDK + f'app = server.sse_app()\napp.add_middleware(CORSMiddleware, allow_origins=["{PAGE}"])\n',
        "method-not-allowed",
        "POST",
        client="mcp-sse",
    ),
    Server(
        "no request header is allowed",
        "https://github.com/modelcontextprotocol/python-sdk/pull/2978",
        SDK + f"app = server.streamable_http_app()\napp.add_middleware(CORSMiddleware, {cors(allow_headers=None)})\n",
        "header-not-allowed",
        "mcp-session-id",
    ),
    Server(
        "the address of the metadata cannot be read",
        "https://github.com/twentyhq/twenty/pull/19836",
        FASTMCP.replace(
            "from fastmcp import FastMCP\n",
            "from fastmcp import FastMCP\nfrom fastmcp.server.auth import "
            "RemoteAuthProvider\nfrom fastmcp.server.auth.providers.jwt import StaticTokenVerifier\n",
        ).replace(
            'FastMCP("shop")',
            'FastMCP("shop", auth=RemoteAuthProvider(token_verifier=StaticTokenVerifier(tokens={"t": {"client_id": "c", '
            '"scopes": []}}), authorization_servers=["https://auth.example.com"], base_url="http://localhost:8000"))',
        )
        + f"app = server.http_app(middleware=[Middleware(CORSMiddleware, {cors(allow_headers=['*'])})])\n",
        "header-not-exposed",
        "www-authenticate",
        RUN,
        client="mcp-oauth",
    ),
    Server(
        "the preflight gets 405",
        "https://github.com/PrefectHQ/fastmcp/pull/4110",
        FASTMCP + "app = server.http_app(stateless_http=True)\n",
        "missing-cors-middleware",
        client="mcp-stateless",
    ),
    Server(
        "the name in front of the container is unknown",
        "https://github.com/awslabs/mcp/issues/4507",
        SDK + f"app = server.streamable_http_app(stateless_http=True)\napp.add_middleware(CORSMiddleware, {cors()})\n",
        "origin-check-refused",
        "Invalid Host header",
        ["--base-url", "https://mcp.internal.example.com"],
        client="mcp-stateless",
    ),
    Server(
        "the headers of the new protocol are not allowed",
        "https://github.com/windmill-labs/windmill/pull/10535",
        SDK + f"app = server.streamable_http_app(stateless_http=True)\napp.add_middleware(CORSMiddleware, {cors()})\n",
        "header-not-allowed",
        "mcp-method",
        client="mcp-2026-07-28",
    ),
    Server(
        "a page elsewhere, and the server protects itself against DNS rebinding",
        "https://github.com/clearbluejar/pyghidra-mcp/pull/88",
        SDK + "app = server.streamable_http_app()\n"
        f"app.add_middleware(CORSMiddleware, {cors(allow_origins=['https://chat.example.com'])})\n",
        "origin-check-refused",
        "Invalid Origin header",
        page="https://chat.example.com",
    ),
    Server(
        "a client of Streamable HTTP posts to the path of the old transport",
        "https://github.com/nickclyde/duckduckgo-mcp-server/pull/44",
        "from starlette.applications import Starlette\n"
        + SDK
        + "app = Starlette(routes=[*server.sse_app().routes, *server.streamable_http_app().routes])\n"
        f"app.add_middleware(CORSMiddleware, {cors()})\n",
        "route-not-found",
        "/sse has no POST",
        ["--request", "POST /sse"],
    ),
    Server(
        "a layer of its own outside of what checks the key",
        "https://github.com/MODSetter/SurfSense/pull/1582",
        SDK + "\nclass Identity:\n    def __init__(self, app):\n        self.app = app\n\n"
        "    async def __call__(self, scope, receive, send):\n"
        '        if scope["type"] != "http" or b"x-key" in dict(scope["headers"]):\n'
        "            return await self.app(scope, receive, send)\n"
        '        await PlainTextResponse("no key", status_code=401)(scope, receive, send)\n\n\n'
        f"app = CORSMiddleware(Identity(server.streamable_http_app()), {cors()})\n",
        None,
    ),
    Server(
        "nobody runs the lifespan of the mounted server",
        "https://github.com/modelcontextprotocol/python-sdk/issues/1467",
        SDK + f'app = FastAPI()\napp.mount("/", server.streamable_http_app())\napp.add_middleware(CORSMiddleware, {cors()})\n',
        "unhandled-exception",
        "Task group is not initialized",
        RUN,
    ),
    Server(
        "the layer is missing, and start-up code did not run",
        "https://github.com/IBM/mcp-context-forge/issues/2152",
        SDK + 'app = FastAPI(lifespan=lifespan)\napp.mount("/", server.streamable_http_app())\n',
        "missing-cors-middleware",
    ),
)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_the_verdict_is_that_of_the_thread(server: Server, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(server.source)
    ran = corsense(
        "check",
        "main:app",
        "--client",
        server.client,
        "--origin",
        server.page,
        *server.options,
        "--format",
        "json",
        folder=tmp_path,
    )
    assert ran.status in (0, 1), ran.err
    found = [finding for finding in ran.document["findings"] if finding["severity"] != "info"]
    if server.finding is None:
        assert found == []
        return
    assert found[0]["slug"] == server.finding
    assert server.says in found[0]["message"]


def test_there_are_twenty_four_at_least() -> None:
    assert len({server.thread for server in SERVERS}) >= 24
