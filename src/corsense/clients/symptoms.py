"""What users of a client see when a permission is missing: texts that name no CORS, and what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symptom:
    """A text that a client prints. `slug` is the cause, `header` what the CORS layer does not expose, if that is the cause.

    `is_cors`: a CORS setting fixes it. `remedy` says what to write.
    """

    pattern: re.Pattern[str]
    client: str
    slug: str
    message: str
    remedy: str
    header: str | None = None
    is_cors: bool = True


def _unexposed(pattern: str, client: str, header: str, reads: str) -> Symptom:
    message = f"{reads} reads {header} from the response, and Access-Control-Expose-Headers does not name it."
    return Symptom(re.compile(pattern, re.I), client, "header-not-exposed", message, f'expose_headers=["{header}"]', header)


SYMPTOMS: tuple[Symptom, ...] = (
    _unexposed(r"Bad Request: Missing session ID|\bMissing session ID\b", "mcp", "Mcp-Session-Id", "The MCP client"),
    _unexposed(r"tus: invalid or missing Location header", "tus", "Location", "tus-js-client"),
    _unexposed(r"tus: invalid or missing offset value", "tus", "Upload-Offset", "tus-js-client"),
    _unexposed(r"tus: invalid or missing length value", "tus", "Upload-Length", "tus-js-client"),
    _unexposed(
        r"\[unknown\] missing trailer|grpc[- ]?web[^\n]{0,80}(?:missing trailer|Incomplete response)|missing grpc-status",
        "grpc-web", "Grpc-Status", "The gRPC-web client",
    ),
    Symptom(
        re.compile(r"\bInvalid Origin header\b", re.I), "mcp", "answered-by-proxy",
        "The MCP server checks Origin by itself and refuses the page with 403; CORSMiddleware is not asked.",
        "Name the page in the server's transport security settings: "
        'TransportSecuritySettings(allowed_origins=["https://app.example.com"]). Keep CORSMiddleware for the headers.',
        is_cors=False,
    ),
    Symptom(
        re.compile(r"\bForbidden Origin\b", re.I), "mcp", "answered-by-proxy",
        "fastmcp checks Origin by itself (host_origin_protection) and refuses the page with 403; CORSMiddleware is not asked.",
        "Name the page in fastmcp's allowed origins. Keep CORSMiddleware for the headers.",
        is_cors=False,
    ),
    Symptom(
        re.compile(r"\bRedirect not followed\b", re.I), "mcp", "redirect-slashes",
        "The server redirects /mcp to /mcp/, and MCP clients do not follow redirects.",
        "Let the client call the URL with the slash at the end.",
        is_cors=False,
    ),
    Symptom(
        re.compile(r"is not an accepted origin|Not an accepted origin", re.I), "socketio", "origin-mismatch",
        "python-socketio checks Origin by itself, whatever CORSMiddleware allows.",
        "Set cors_allowed_origins of the Socket.IO server: [] where CORSMiddleware wraps it, else the list of your pages.",
        is_cors=True,
    ),
)  # fmt: skip


def symptoms_in(text: str) -> tuple[Symptom, ...]:
    """The symptoms that a text shows, in the order of the table. Only the first 20,000 characters are read."""
    return tuple(symptom for symptom in SYMPTOMS if symptom.pattern.search(text[:20_000]))
