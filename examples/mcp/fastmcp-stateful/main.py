"""A library's shelves for MCP clients in pages: fastmcp, with sessions, mounted in FastAPI."""

from fastapi import FastAPI
from fastmcp import FastMCP

from corsense import Policy, install

PAGES = ["http://localhost:5173"]

server = FastMCP("library")


@server.tool
def shelves() -> list[str]:
    """The shelves of the library."""
    return ["Fiction", "Travel"]


mcp_app = server.http_app(
    path="/",
    host_origin_protection=True,
    allowed_hosts=["localhost", "127.0.0.1"],
    allowed_origins=PAGES,
)

app = FastAPI(lifespan=mcp_app.lifespan)
app.mount("/mcp", mcp_app)  # clients call /mcp/, with the slash
install(app, Policy(origins=PAGES, clients=["mcp"]))
