"""A library's shelves for MCP clients in pages: the official SDK, with sessions, mounted in FastAPI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from corsense import Policy, install

PAGES = ["http://localhost:5173"]

server = MCPServer("library")


@server.tool()
def shelves() -> list[str]:
    """The shelves of the library."""
    return ["Fiction", "Travel"]


security = TransportSecuritySettings(allowed_hosts=["localhost:*", "127.0.0.1:*"], allowed_origins=PAGES)
mcp_app = server.streamable_http_app(streamable_http_path="/", transport_security=security)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with server.session_manager.run():
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/mcp", mcp_app)  # clients call /mcp/, with the slash
install(app, Policy(origins=PAGES, clients=["mcp"]))
