"""The table of client profiles. One entry per client, with the versions that were measured; a new version of a client that needs
something else gets its own entry."""

from __future__ import annotations

from corsense.clients.profile import ClientProfile, ClientRequest, Read

MEASURED = "2026-11-26"
"""When the table was measured, in Chromium 156."""

_JSON = ("Content-Type", "application/json")
_BEARER = ("Authorization", "Bearer example")
_PROTOCOL = ("Mcp-Protocol-Version", "2025-11-25")
_SESSION = ("Mcp-Session-Id", "example")
_SDK = "@modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0"
_INITIALIZE = (
    '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
    '"clientInfo":{"name":"corsense","version":"1"}}}'
)
_LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
_SESSION_READ = Read("mcp-session-id", 'connect() fails with HTTP 400 "Bad Request: Missing session ID"')
_MCP_BEYOND = (
    "Mounted at /mcp and called without the last slash, the server answers 307, which MCP clients do not follow: call /mcp/.",
    'The mcp package refuses other origins by itself when it was made for a local host: HTTP 403 "Invalid Origin header". Set '
    "allowed_origins in its transport security settings. With fastmcp and host_origin_protection it says "
    '"Forbidden Origin".',
)
_STAINLESS = tuple(
    (f"X-Stainless-{part}", "example")
    for part in ("Arch", "Lang", "OS", "Package-Version", "Retry-Count", "Runtime", "Runtime-Version")
)
_HTMX = (("HX-Request", "true"), ("HX-Target", "a"), ("HX-Current-URL", "example"))
_HTMX_READS = (
    Read("hx-trigger", "events of the server do not reach the page", essential=False),
    Read("hx-push-url", "the address bar does not change", essential=False),
    Read("hx-redirect", "the page does not follow the server", essential=False),
)
_READ = ClientRequest("GET")
_WRITES = tuple(ClientRequest(method, (_JSON,), "{}") for method in ("POST", "PUT", "PATCH"))
_SOCKETIO_BEYOND = (
    "python-socketio checks Origin by itself: by default it refuses other origins with 400, the WebSocket too. Set "
    "cors_allowed_origins=[] beside CORSMiddleware; '*' there sends Access-Control-Allow-Origin twice. CORSMiddleware does not "
    "cover the WebSocket.",
)


def _mcp_stateful(*extra: tuple[str, str]) -> tuple[ClientRequest, ...]:
    common = (_PROTOCOL, _SESSION, *extra)
    return (
        ClientRequest("POST", (_JSON, *extra), _INITIALIZE),
        ClientRequest("POST", (_JSON, *common), _LIST),
        ClientRequest("GET", common),
        ClientRequest("GET", (*common, ("Last-Event-Id", "1")), without="A call hangs once its stream has dropped."),
        ClientRequest("DELETE", common, without="terminateSession() fails, and the session stays on the server."),
    )


PROFILES: tuple[ClientProfile, ...] = (
    ClientProfile(
        "mcp", "MCP over Streamable HTTP with sessions, protocol 2025-11-25", _SDK, _mcp_stateful(), ("mcp",),
        (_SESSION_READ,), beyond=_MCP_BEYOND, follows_redirects=False,
    ),
    ClientProfile(
        "mcp-stateless", "MCP over Streamable HTTP without sessions, protocol 2025-11-25", _SDK,
        (ClientRequest("POST", (_JSON,), _INITIALIZE), ClientRequest("POST", (_JSON, _PROTOCOL), _LIST),
         ClientRequest("GET", (_PROTOCOL,))),
        ("mcp",), beyond=_MCP_BEYOND, follows_redirects=False,
    ),
    ClientProfile(
        "mcp-2026-07-28", "MCP over Streamable HTTP, protocol 2026-07-28", "@modelcontextprotocol/client 2.4.0, mode auto",
        (ClientRequest("POST", (_JSON, ("Mcp-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/list")), _LIST,
                       without="The client falls back to protocol 2025-11-25 without a message."),
         ClientRequest("POST", (_JSON, ("Mcp-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"),
                                ("Mcp-Name", "example")), _LIST)),
        ("mcp",),
        beyond=(*_MCP_BEYOND, "A tool with an argument marked x-mcp-header cannot be called from a page: no browser client sends "
                              "Mcp-Param-*, and servers answer 400 (code -32020)."), follows_redirects=False,
    ),
    ClientProfile(
        "mcp-sse", "MCP over the old SSE transport", _SDK,
        (ClientRequest("GET"), ClientRequest("POST", (_JSON, _PROTOCOL), _INITIALIZE)), ("sse", "messages", "mcp"),
        beyond=_MCP_BEYOND, follows_redirects=False,
    ),
    ClientProfile(
        "mcp-oauth", "MCP over Streamable HTTP with OAuth or a bearer token", _SDK, _mcp_stateful(_BEARER), ("mcp",),
        (_SESSION_READ,
         Read("www-authenticate", "scope and a metadata address other than the default are lost", essential=False)),
        beyond=(*_MCP_BEYOND, "/authorize is a navigation, which needs no CORS."), follows_redirects=False,
    ),
    ClientProfile(
        "mcp-inspector", "MCP Inspector 1 in mode Direct", "@modelcontextprotocol/inspector-client 1.0.3",
        (ClientRequest("POST", (_JSON,), _INITIALIZE), ClientRequest("POST", (_JSON, _PROTOCOL, _SESSION), _LIST),
         ClientRequest("GET", (_JSON, _PROTOCOL, _SESSION)),
         ClientRequest("DELETE", (_JSON, _PROTOCOL, _SESSION), without="Disconnecting leaves the session on the server.")),
        ("mcp",), (_SESSION_READ,),
        beyond=(*_MCP_BEYOND, "Inspector 2 calls through its own Node server, where CORS does not apply."),
        follows_redirects=False,
    ),
    ClientProfile(
        "fetch", "fetch() with JSON", "Chromium 156", (_READ, *_WRITES, ClientRequest("DELETE", (_JSON,)))
    ),
    ClientProfile(
        "axios-xsrf", "axios with cookies and an XSRF token", "axios 1.21.1, withXSRFToken",
        (ClientRequest("GET", (("X-Xsrf-Token", "example"),)),
         *(ClientRequest(method, (_JSON, ("X-Xsrf-Token", "example")), "{}") for method in ("POST", "PUT", "PATCH", "DELETE"))),
        credentials="include",
    ),
    ClientProfile(
        "angular", "Angular HttpClient", "@angular/common 22.2.6",
        (_READ, *(ClientRequest(method, (_JSON,), "{}") for method in ("POST", "PUT")), ClientRequest("DELETE")),
        beyond=("Angular sends no X-XSRF-TOKEN across origins, whatever the API allows.",),
    ),
    ClientProfile("apollo", "Apollo Client", "@apollo/client 4.3.8",
                  (ClientRequest("POST", (_JSON,), '{"query":"{__typename}"}'),), ("graphql",)),
    ClientProfile("urql", "urql", "@urql/core 6.0.3",
                  (ClientRequest("POST", (_JSON,), '{"query":"{__typename}"}'),), ("graphql",)),
    ClientProfile(
        "trpc", "tRPC", "@trpc/client 11.25.2",
        (ClientRequest("GET", (_JSON,)), ClientRequest("POST", (_JSON,), "{}"),
         ClientRequest("POST", (_JSON, ("Trpc-Accept", "application/jsonl")), "{}", without="httpBatchStreamLink fails.")),
        ("trpc",),
    ),
    ClientProfile(
        "socketio", "Socket.IO", "socket.io-client 4.8.4",
        (_READ, ClientRequest("POST", (("Content-Type", "text/plain;charset=UTF-8"),), "40")), ("socket.io",),
        beyond=_SOCKETIO_BEYOND,
    ),
    ClientProfile(
        "htmx", "htmx 4", "htmx.org 4.0.1",
        tuple(ClientRequest(method, (*_HTMX, ("HX-Request-Type", "partial"), ("HX-Source", "a")))
              for method in ("GET", "POST", "PUT", "DELETE")),
        reads=_HTMX_READS,
        beyond=("htmx refuses other origins by itself before any request; the page must allow them in its configuration.",),
    ),
    ClientProfile(
        "htmx-2", "htmx 2", "htmx.org 2.0.11",
        tuple(ClientRequest(method, (*_HTMX, ("HX-Trigger", "a"))) for method in ("GET", "POST", "PUT", "DELETE")),
        reads=_HTMX_READS,
        beyond=("htmx 2 refuses other origins by itself; the page must set selfRequestsOnly to false.",),
    ),
    ClientProfile("datastar", "Datastar", "1.0.0-RC.5",
                  (ClientRequest("GET", (("Datastar-Request", "true"),)),
                   ClientRequest("POST", (_JSON, ("Datastar-Request", "true")), "{}"))),
    ClientProfile("turbo", "Turbo frames", "@hotwired/turbo 8.0.23",
                  (ClientRequest("GET", (("Turbo-Frame", "a"), ("X-Turbo-Request-Id", "example"))),)),
    ClientProfile(
        "tus", "tus resumable uploads", "tus-js-client 4.3.1",
        (ClientRequest("POST", (("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Metadata", "filename YQ=="))),
         ClientRequest("HEAD", (("Tus-Resumable", "1.0.0"),)),
         ClientRequest("PATCH", (("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"),
                                 ("Content-Type", "application/offset+octet-stream")), "hello"),
         ClientRequest("DELETE", (("Tus-Resumable", "1.0.0"),), without="Uploads that the user cancels stay on the server.")),
        ("files", "upload", "tus"),
        (Read("location", 'the upload fails: "tus: invalid or missing Location header"'),
         Read("upload-offset", 'the upload fails: "tus: invalid or missing offset value"'),
         Read("upload-length", 'uploads cannot be resumed: "tus: invalid or missing length value"')),
    ),
    ClientProfile("sentry", "Sentry tracing", "@sentry/browser 11.12.0",
                  (ClientRequest("GET", (("Sentry-Trace", "example"), ("Baggage", "example"))),)),
    ClientProfile("posthog", "PostHog tracing headers", "posthog-js 1.449.2",
                  (ClientRequest("GET", (("X-Posthog-Distinct-Id", "a"), ("X-Posthog-Session-Id", "a"),
                                         ("X-Posthog-Window-Id", "a"))),)),
    ClientProfile("opentelemetry", "OpenTelemetry fetch instrumentation", "@opentelemetry/instrumentation-fetch 0.300.0",
                  (ClientRequest("GET", (("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                                         ("Baggage", "a=1"))),),
                  beyond=("It adds its headers only to the addresses in propagateTraceHeaderCorsUrls.",)),
    ClientProfile("connect", "Connect protocol", "@connectrpc/connect-web 2.3.0",
                  (ClientRequest("POST", (_JSON, ("Connect-Protocol-Version", "1"), ("Connect-Timeout-Ms", "1000")), "{}"),)),
    ClientProfile(
        "grpc-web", "gRPC-web", "grpc-web 2.1.1, @connectrpc/connect-web 2.3.0",
        (ClientRequest("POST", (("Content-Type", "application/grpc-web+proto"), ("X-Grpc-Web", "1"),
                                ("X-User-Agent", "grpc-web-javascript/0.1"), ("Grpc-Timeout", "1S")), ""),),
        reads=(Read("grpc-status", 'errors become "unknown" or "Incomplete response"'),
               Read("grpc-message", "errors lose their text", essential=False),
               Read("grpc-status-details-bin", "errors lose their details", essential=False)),
    ),
    ClientProfile(
        "etag", "ETags read and sent by script", "swr 2.5.1 with a fetcher of its own",
        (ClientRequest("GET", (("If-None-Match", '"v1"'),)), ClientRequest("PUT", (_JSON, ("If-Match", '"v1"')), "{}")),
        reads=(Read("etag", "script reads null, and never sends If-None-Match"),),
    ),
    ClientProfile(
        "download", "downloads and ranges", "Chromium 156",
        (_READ, ClientRequest("GET", (("Range", "bytes=-10"), ("If-Range", '"v1"')),
                              without="Suffix ranges, several ranges and If-Range are blocked; plain ranges are not.")),
        reads=(Read("content-disposition", "the file has no name"),
               Read("content-range", "script cannot tell which part it has", essential=False),
               Read("accept-ranges", "script cannot tell whether ranges are possible", essential=False)),
    ),
    ClientProfile("eventsource", "EventSource", "Chromium 156", (_READ,)),
    ClientProfile(
        "fetch-event-source", "server-sent events by fetch()", "@microsoft/fetch-event-source 2.0.1, eventsource 5.1.5",
        (ClientRequest("POST", (_JSON,), "{}"),
         ClientRequest("GET", (("Last-Event-Id", "1"),), without="A stream that drops is not resumed.")),
    ),
    ClientProfile(
        "openai", "OpenAI SDK", "openai 7.57.0",
        (ClientRequest("POST", (_JSON, _BEARER, ("OpenAI-Organization", "a"), ("OpenAI-Project", "a"), *_STAINLESS), "{}"),),
        ("chat/completions", "responses", "v1"),
        (Read("x-request-id", "request_id is null", essential=False),
         Read("retry-after-ms", "retries wait for the client's own delay", essential=False),
         Read("retry-after", "retries wait for the client's own delay", essential=False),
         Read("x-should-retry", "the client guesses whether to retry", essential=False)),
    ),
    ClientProfile(
        "anthropic", "Anthropic SDK", "@anthropic-ai/sdk 1.14.0",
        (ClientRequest("POST", (_JSON, _BEARER, ("Anthropic-Version", "2023-06-01"),
                                ("Anthropic-Dangerous-Direct-Browser-Access", "true"), *_STAINLESS,
                                ("X-Stainless-Timeout", "600")), "{}"),),
        ("messages", "v1"),
        (Read("request-id", "request_id is null", essential=False),),
    ),
    ClientProfile("ai-sdk", "AI SDK chat", "ai 7.0.173", (ClientRequest("POST", (_JSON,), "{}"),), ("chat",)),
    ClientProfile(
        "supabase", "Supabase", "@supabase/supabase-js 2.119.1",
        (ClientRequest("GET", (("Apikey", "a"), _BEARER, ("X-Client-Info", "a"), ("Accept-Profile", "public"))),
         *(ClientRequest(method, (("Apikey", "a"), _BEARER, ("X-Client-Info", "a"), _JSON, ("Content-Profile", "public"),
                                  ("Prefer", "return=minimal")), "{}")
           for method in ("POST", "PATCH", "DELETE")),
         ClientRequest("POST", (("Apikey", "a"), _BEARER, ("X-Client-Info", "a"), ("X-Upsert", "true"),
                                ("X-Supabase-Api-Version", "2024-01-01")), "")),
        reads=(Read("content-range", "count is null", essential=False),
               Read("x-relay-error", "errors of functions look like answers", essential=False)),
    ),
    ClientProfile("swagger-ui", "Swagger UI", "swagger-ui-dist 5.35.0",
                  (_READ, ClientRequest("POST", (_JSON,), "{}"))),
)  # fmt: skip

BY_NAME = {found.name: found for found in PROFILES}
"""The profiles by name."""
