"""What to write, as code, with the values of the message in it."""

from __future__ import annotations

import json
from dataclasses import replace

from corsense.causes import cause
from corsense.console.parse import Message
from corsense.diagnose.known_servers import known_server
from corsense.explain import hints
from corsense.explain.raw_response import remedy_in_front
from corsense.fetch import CorsError
from corsense.fetch.safelist import SAFELISTED_METHODS

_USUAL = frozenset({"authorization", "content-type"})
"""Request headers of any client: they do not show which one sent a request."""


def fix_code(slug: str, message: Message) -> str:
    """The code that removes the cause called `slug`: built from the message's values where they suffice, else taken from the
    cause's page."""
    made = _made(slug, message) or _in_front(slug, message) or _outside_of_the_app(slug, message)
    if made is not None:
        return made
    blocks = cause(slug).code_blocks("Use instead")
    return blocks[0].strip() if blocks else ""


def _made(slug: str, message: Message) -> str | None:
    origin = message.origin if message.origin and "://" in message.origin and not hints.is_opaque(message.origin) else None
    other = known_server(message.url)
    if slug == "origin-mismatch" and other is not None and message.initial_url is None:
        listed = "a list of origins of its own" if origin is not None else "a list of its own: name your page's origin"
        return f"{other.write(origin or 'https://app.example.com')}  # {other.title} has {listed}"
    if slug in ("header-not-allowed", "method-not-allowed") and other is not None:
        return f"# {other.title} decides which methods and headers it allows: update it, or let your own server call it."
    if slug == "origin-mismatch" and (message.code == "engineio:origin" or "/socket.io/" in (message.url or "")):
        listed = _text(origin) if origin is not None else "..."
        return f'socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[{listed}])  # its own list, beside CORSMiddleware'
    match slug:
        case "missing-cors-middleware" | "origin-mismatch" if origin is not None and hints.is_port_of_one_run(origin):
            kept = f"{hints.parts(origin).scheme}://{hints.host(origin)}:5000"
            advice = "# The next run of the page has another port: choose one (flutter run -d chrome --web-port 5000).\n"
            return f"{advice}{_made(slug, replace(message, origin=kept))}"
        case "missing-cors-middleware" if origin is not None:
            return _middleware([f"allow_origins=[{_text(origin)}]", *_methods(message), *_headers(message)])
        case "origin-mismatch" if origin is not None:
            return f"allow_origins=[..., {_text(origin)}]"
        case "method-not-allowed" if message.method:
            return f"allow_methods=[..., {_text(message.method)}]"
        case "header-not-allowed" if message.header:
            return _allow_headers(message.header)
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


def _in_front(slug: str, message: Message) -> str | None:
    """What to set in the proxy or gateway that is known to have answered."""
    return remedy_in_front(slug, message) if slug in ("answered-by-proxy", "gateway-error", "request-too-large") else None


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
        case "redirect-to-login" if message.preflight or message.error is CorsError.PreflightDisallowedRedirect:
            return (
                "# A preflight carries no login: in the proxy that asks for it, let OPTIONS pass on to the app\n"
                "# (Authelia: bypass methods: [OPTIONS]; oauth2-proxy: --skip-auth-preflight; Traefik: a router for\n"
                "# Method(`OPTIONS`) without forwardAuth), and let the app answer 401 in place of the redirect."
            )
        case "redirect-to-login":
            target = hints.without_query(message.initial_url) or "http://localhost:8000/api/login"
            return f"window.location.href = {_text(target)}  // navigate, do not fetch"
        case "answered-by-proxy":
            return (
                "# In the gateway, not in the app: let OPTIONS pass without login and key,\n"
                "# and set CORS there or in the app, not in both."
            )
        case "duplicate-cors-headers":
            return _one_layer(message)
        case "redirect-downgrades-to-http":
            return (
                "uvicorn main:app --proxy-headers --forwarded-allow-ips 10.0.0.2  # the proxy's; redirects stay https\n"
                f"{_exact(message)}"
            )
        case "redirect-slashes":
            return _exact(message)
        case "preflight-redirected" if hints.parts(address).scheme == "http" and hints.without_query(address):
            return f"fetch({_text(_on_https(address))})  // where the redirect leads: call https itself, or the exact path"
        case "manual-options-handler":
            return (
                "# Remove the OPTIONS route of the app, or the proxy's answer to OPTIONS: CORSMiddleware answers preflights.\n"
                "app.add_middleware(CORSMiddleware, allow_origins=[...])"
            )
        case "cors-not-outermost":
            return (
                "# After every other add_middleware and @app.middleware: the layer that is added last is the outermost.\n"
                "app.add_middleware(CORSMiddleware, allow_origins=[...])"
            )
        case "local-network-access":
            return (
                "# No header changes it: the visitor allows it (Chromium asks; site settings, local network access), and\n"
                "# the page is on https. Or serve the page from the same machine as the API: app.frontend(), StaticFiles."
            )
        case "mixed-content":
            return f"fetch({_text(_on_https(address))})  // the API needs https too, as the page has it"
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
            place = ".env" if "DotEnv" in message.text else "the environment"
            return (
                f"{name}: CORSOrigins = []  # from corsense; or Annotated[list[str], NoDecode] with a validator that splits\n"
                f"{name.upper()}='[\"https://app.example.com\"]'  # or keep list[str], and write JSON into {place}"
            )
        case "server-unreachable":
            return _start(hints.without_query(address))
        case "null-origin":
            return (
                "python -m http.server 3000  # serve the page, and open http://localhost:3000\n"
                'allow_origins=["http://localhost:3000"]  # never "null", nor "file://"'
            )
        case "route-not-found" if "/socket.io/" in (message.url or ""):
            return "\n".join(_socket(message).splitlines()[:2])
        case "route-not-found":
            return 'app.include_router(router, prefix="/api")  # compare the URL with the paths in /docs'
        case _:
            return None


def _one_layer(message: Message) -> str:
    values = [value.strip() for value in (message.value or "").split(",") if value.strip()]
    seen = f" ({' and '.join(map(_text, dict.fromkeys(values)))})" if len(set(values)) > 1 else ""
    if "/socket.io/" in (message.url or ""):
        return "socketio.AsyncServer(cors_allowed_origins=[])  # Socket.IO then sets none, and CORSMiddleware alone does"
    return (
        f"# Two layers set the header{seen}. Keep one:\n"
        "# CORSMiddleware, headers written by hand in the app, or those of the proxy (nginx: add_header Access-Control-...)."
    )


def _exact(message: Message) -> str:
    """The address that the router redirects to, or both spellings where it is not known."""
    before, after = hints.without_query(message.initial_url), hints.without_query(message.url)
    if not before and hints.parts(after).scheme == "http" and not hints.is_local(after):
        return f"fetch({_text(_on_https(after))})  // the exact path, so that nothing redirects"
    known = hints.differs_by_slash(message.initial_url, message.url) and bool(before)
    if known and hints.parts(before).scheme == "https":
        after = _on_https(after)
    shown = after if known else _other_spelling(message.initial_url or message.url) or "/items/"
    return f"fetch({_text(shown)})  // with the slash, or without, exactly as the route has it"


def _other_spelling(address: str | None) -> str:
    """The address with the trailing slash that it lacks, or without the one that it has; empty where it names no path."""
    path = hints.parts(address).path
    if path in ("", "/"):
        return ""
    shown = hints.without_query(address) or path
    return shown.rstrip("/") if path.endswith("/") else f"{shown}/"


def _on_https(address: str | None) -> str:
    return hints.without_query(address).replace("http://", "https://", 1) or "https://api.example.com/"


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
    if "/socket.io/" in (message.url or ""):
        return (
            'socketio.ASGIApp(sio, socketio_path="ws/socket.io")  # below app.mount("/ws", ...): with the mount\n'
            'io("http://localhost:8000", { path: "/ws/socket.io/" })  // in the page: the same path\n'
            "socketio.AsyncServer(cors_allowed_origins=[...])  # its own list; [] where CORSMiddleware sets the headers"
        )
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
    certificate = (
        f"# A certificate that the browser does not trust? Open {address} in a tab and accept it; mkcert makes a trusted one.\n"
        if hints.parts(address).scheme == "https" and hints.is_local(address)
        else ""
    )
    return certificate + (
        f"uvicorn main:app --host 0.0.0.0 --port {port}  # is it running, and on this port? 0.0.0.0 in a container only\n"
        f"curl -i {address or f'http://localhost:{port}/'}  # from the machine of the browser: refused, timeout, certificate?"
    )


def _port(address: str | None) -> int:
    try:
        return hints.parts(address).port or 8000
    except ValueError:
        return 8000


def _allow_headers(header: str) -> str:
    """The header that a message names, which is only the first that is missing, and those that the same client sends with it."""
    from corsense.clients import PROFILES  # only here: the other fixes need no client

    sent_by = [client for client in PROFILES if header.lower() in client.request_headers and len(client.requests) == 1]
    beside = [name for client in sent_by[:1] if len(sent_by) == 1 for name in client.request_headers if name not in _USUAL]
    names = list(dict.fromkeys([header, *(name for name in beside if name != header.lower())]))
    said = f"  # {sent_by[0].title} sends them together" if len(names) > 1 else ""
    return f"allow_headers=[..., {', '.join(map(_text, names))}]{said}"


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
