"""What to write, as code, with the values of the message in it."""

from __future__ import annotations

import json

from corsense.causes import cause
from corsense.console.parse import Message
from corsense.explain import hints
from corsense.fetch.safelist import SAFELISTED_METHODS


def fix_code(slug: str, message: Message) -> str:
    """The code that removes the cause called `slug`: built from the message's values where they suffice, else taken from the
    cause's page."""
    made = _made(slug, message) or _outside_of_the_app(slug, message)
    if made is not None:
        return made
    blocks = cause(slug).code_blocks("Use instead")
    return blocks[0].strip() if blocks else ""


def _made(slug: str, message: Message) -> str | None:
    origin = message.origin if message.origin and "://" in message.origin and not hints.is_opaque(message.origin) else None
    if slug == "origin-mismatch" and (message.code == "engineio:origin" or "/socket.io/" in (message.url or "")):
        listed = _text(origin) if origin is not None else "..."
        return f'socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[{listed}])  # its own list, beside CORSMiddleware'
    match slug:
        case "missing-cors-middleware" if origin is not None:
            return _middleware([f"allow_origins=[{_text(origin)}]", *_methods(message), *_headers(message)])
        case "origin-mismatch" if origin is not None:
            return f"allow_origins=[..., {_text(origin)}]"
        case "method-not-allowed" if message.method:
            return f"allow_methods=[..., {_text(message.method)}]"
        case "header-not-allowed" if message.header:
            return f"allow_headers=[..., {_text(message.header)}]"
        case "header-not-exposed":
            return f"expose_headers=[..., {', '.join(map(_text, _hidden(message)))}]"
        case "credentials-not-allowed" | "wildcard-with-credentials" if origin is not None:
            return _middleware([f"allow_origins=[{_text(origin)}]", "allow_credentials=True"])
        case "origin-trailing-slash" | "origin-not-normalised" | "origin-has-path" | "origin-default-port" if origin is not None:
            return f"allow_origins=[{_text(origin)}]  # not {_text(message.value)}"
        case "origin-scheme-mismatch" | "origin-port-mismatch" | "origin-host-mismatch" if origin is not None:
            return f"allow_origins=[..., {_text(origin)}]"
        case _:
            return None


def _outside_of_the_app(slug: str, message: Message) -> str | None:
    """What to write into the page, a setting or the configuration of a proxy."""
    address = message.initial_url or message.url
    match slug:
        case "gateway-error":
            return (
                "curl -i http://127.0.0.1:8000/  # on the server: does the app answer, and how fast?\n"
                "proxy_pass http://127.0.0.1:8000;  # nginx: the address that the app listens on\n"
                "proxy_read_timeout 120s;  # where the app answers late (504)"
            )
        case "request-too-large":
            return "client_max_body_size 20m;  # nginx; other proxies have a limit of their own"
        case "tunnel-interstitial":
            return _tunnel(message)
        case "redirect-to-login" if message.text.startswith("Access to manifest at"):
            return (
                '<link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">'
                "  # in the page: browsers fetch a manifest without cookies otherwise"
            )
        case "redirect-to-login":
            target = hints.without_query(message.initial_url) or "http://localhost:8000/api/login"
            return f"window.location.href = {_text(target)}  // navigate, do not fetch"
        case "answered-by-proxy":
            return (
                "# In the gateway, not in the app: let OPTIONS pass without login and key,\n"
                "# and set CORS there or in the app, not in both."
            )
        case "tainted-canvas":
            return (
                '<img crossorigin="anonymous" src="...">  # in the page\n'
                'allow_origins=["http://localhost:3000"]  # in the app: CORSMiddleware with the page\'s origin'
            )
        case "websocket-refused":
            return _socket(message)
        case "origin-check-refused":
            return (
                "TransportSecuritySettings(  # mcp: transport_security of streamable_http_app(); the server, and its pages\n"
                '    allowed_hosts=["localhost:*"], allowed_origins=["http://localhost:3000"]\n'
                ")"
            )
        case "cookie-not-sent":
            return _cookie(message)
        case "setting-not-json":
            name = message.value or "cors_origins"
            return (
                f"{name}: CORSOrigins = []  # from corsense; or Annotated[list[str], NoDecode] with a validator that splits\n"
                f"{name.upper()}='[\"https://app.example.com\"]'  # or keep list[str], and write JSON into the environment"
            )
        case "server-unreachable":
            return _start(hints.without_query(address))
        case "null-origin":
            return (
                "python -m http.server 3000  # serve the page, and open http://localhost:3000\n"
                'allow_origins=["http://localhost:3000"]  # never "null", nor "file://"'
            )
        case "route-not-found":
            return 'app.include_router(router, prefix="/api")  # compare the URL with the paths in /docs'
        case _:
            return None


def _tunnel(message: Message) -> str:
    name = hints.host(message.url)
    header = "bypass-tunnel-reminder" if name.endswith("loca.lt") else "ngrok-skip-browser-warning"
    if name.endswith("devtunnels.ms"):
        header = "X-Tunnel-Skip-AntiPhishing-Page"
    value = "true" if header.startswith("X-") else "1"
    return (
        f'fetch(url, {{ headers: {{ "{header}": "{value}" }} }})  // in the page\nallow_headers=[..., "{header}"]  # in the app'
    )


def _socket(message: Message) -> str:
    if message.code == "uvicorn:websocket-library" or message.status == 404:
        return 'pip install "uvicorn[standard]"  # without a WebSocket library uvicorn answers 404; or the path has no route'
    if "Sec-WebSocket-Protocol" in message.text:
        return 'await websocket.accept(subprotocol="...")  # one of those that the page offers: new WebSocket(url, ["..."])'
    if message.status is not None and 200 <= message.status < 300:
        return (
            "# That is the response of a page or another route: the handshake does not reach the WebSocket route.\n"
            "location /ws { proxy_pass http://127.0.0.1:8000; }  # nginx: pass its path to the app, with the lines below\n"
            'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
        )
    if message.status == 401 or "HTTP Authentication failed" in message.text:
        return (
            "# Browsers cannot send Authorization with a WebSocket: use a cookie, a token in the first message, or a\n"
            "# short-lived one in the query; and keep the login of a proxy or of a router's dependencies off this path."
        )
    if message.status in (400, 426):
        return (
            "proxy_http_version 1.1;  # nginx: pass the upgrade on\nproxy_set_header Upgrade $http_upgrade;\n"
            'proxy_set_header Connection "upgrade";'
        )
    return (
        "await websocket.accept()  # 403: closed, or an exception, before this line; or no WebSocket route at that path\n"
        "# check Origin and token in the endpoint; browsers cannot send headers with a WebSocket"
    )


def _cookie(message: Message) -> str:
    text = message.text.lower()
    if "domain" in text:
        return "response.set_cookie(...)  # without domain=, or with the API's host or a parent of it; never a URL or a port"
    if "partitioned" in text or "third-party" in text or "foreign" in text:
        return "# Serve page and API on one site (app.example.com and api.example.com): browsers block cookies of other sites."
    return (
        'response.set_cookie(..., samesite="lax")  # best: page and API on one site, as app.example.com and api.example.com\n'
        'response.set_cookie(..., samesite="none", secure=True)  # on two sites: SameSite=None needs Secure, and https'
    )


def _start(address: str) -> str:
    if hints.is_of_a_container(address):
        return f"# {hints.host(address)} is a name between containers. The page runs in the user's browser: call http://localhost:PORT"
    port = _port(address)
    return (
        f"uvicorn main:app --host 0.0.0.0 --port {port}  # is it running, and on this port? 0.0.0.0 in a container only\n"
        f"curl -i {address or f'http://localhost:{port}/'}  # from the machine of the browser: refused, timeout, certificate?"
    )


def _port(address: str | None) -> int:
    try:
        return hints.parts(address).port or 8000
    except ValueError:
        return 8000


def _hidden(message: Message) -> list[str]:
    """The response headers that the client of a message reads."""
    if message.header:
        return [message.header]
    return {
        "mcp:session": ["Mcp-Session-Id"],
        "tus:location": ["Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"],
        "grpc-web:status": ["Grpc-Status", "Grpc-Message"],
    }.get(message.code, ["X-Total-Count"])


def _text(value: str | None) -> str:
    """A string literal, with the quotes that formatters prefer."""
    return json.dumps(value or "", ensure_ascii=False)


def _methods(message: Message) -> list[str]:
    method = message.method
    return [f"allow_methods=[{_text(method)}]"] if method and method not in SAFELISTED_METHODS else []


def _headers(message: Message) -> list[str]:
    return [f"allow_headers=[{_text(message.header)}]"] if message.header else []


def _middleware(arguments: list[str]) -> str:
    lines = ["from fastapi.middleware.cors import CORSMiddleware", "", "app.add_middleware(", "    CORSMiddleware,"]
    return "\n".join([*lines, *(f"    {argument}," for argument in arguments), ")"])
