"""`CatalogueEntry`: one message of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corsense.console.templates import Template
from corsense.fetch.errors import CorsError

Product = Literal[
    "chromium",
    "chromium-old",
    "firefox",
    "webkit",
    "ie-edge-legacy",
    "axios",
    "angular",
    "swagger-ui",
    "superagent",
    "whatwg-fetch",
    "dio",
    "dart-http",
    "postman",
    "graphql",
    "jquery",
    "server",
    "tool",
]
"""Who prints a message, exactly; `tool` are runtimes, tests and clients without a name of their own here."""

Source = Literal["chromium", "firefox", "webkit", "ie-edge-legacy", "library", "server"]
"""Who prints a message, roughly: the browser engine, a library in the page, or the server."""

Category = Literal[
    "cors",
    "local-network",
    "mixed-content",
    "network",
    "tls",
    "csp",
    "corp-coep",
    "orb",
    "client",
    "status",
    "mime",
    "websocket",
    "dom",
    "scheme",
    "integrity",
    "cookie",
    "generic",
    "library",
    "server",
]

_ENGINES: dict[str, Source] = {
    "chromium": "chromium",
    "chromium-old": "chromium",
    "firefox": "firefox",
    "webkit": "webkit",
    "ie-edge-legacy": "ie-edge-legacy",
    "server": "server",
}


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A message that a browser, a library or a server prints.

    `product` and `code` name it together; `condition` says when it appears. `error` is the `CorsError` it stands for, None for
    the messages that do not name one or that are not about CORS. `sure` is False where the words fit several errors, of which
    `error` is the likeliest. `matcher` is the distinctive part when it is not the whole `template`; `others` are older,
    shorter or translated wordings, recognised and never printed.
    """

    product: Product
    code: str
    category: Category
    template: Template
    condition: str
    error: CorsError | None = None
    preflight: bool | None = None
    sure: bool = True
    matcher: Template | None = None
    others: tuple[Template, ...] = ()

    @property
    def engine(self) -> Source:
        """Whose message this is: an engine's, a library's or a server's."""
        return _ENGINES.get(self.product, "library")

    @property
    def is_cors(self) -> bool:
        """Whether the message is about CORS (which does not prove that CORS is at fault)."""
        return self.category == "cors"
