"""What sources other than a console say about a failed call: rows of developer tools, logs of servers and proxies, runtimes
without a browser, tests, frames and images. A pattern recognises each; it is tried only where one of its words is in the text.

No pattern repeats over what an adjacent repetition can match, so each takes time in proportion to the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from corsense.console.model import CatalogueEntry, Category, Product
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError


@dataclass(frozen=True, slots=True)
class ThirdPartyReport:
    """One kind of text: its entry, words of which it contains at least one, and the pattern that recognises it."""

    entry: CatalogueEntry
    words: tuple[str, ...]
    pattern: str


def _report(
    product: Product,
    code: str,
    category: Category,
    words: str,
    pattern: str,
    text: str,
    condition: str,
    error: CorsError | None = None,
) -> ThirdPartyReport:
    known = CatalogueEntry(product, code, category, Template(text), condition, error=error, sure=error is None)
    return ThirdPartyReport(known, tuple(words.split("|")), pattern)


_URL = r"(?P<url>(?:https?|wss?|file)://[^\s'\"’”»<>]{1,2000}?)"
_QUOTE = r"['\"“”‘’«»`]"
_LOG = (
    r"\"{name}\s+(?P<url>\S{{1,2000}}?)(?:\s+HTTP/\d(?:\.\d)?)?\"\s+(?:\[)?(?P<status>{status})"
    r"\b\]?(?:[ \t]+(?P<status_text>[A-Z][A-Za-z]+(?:[ \t][A-Z][a-z]+)*))?"
)
_TRACEBACK_OF_A_REQUEST = (
    r"\bTraceback\s\(most\srecent\scall\slast\):?(?=[\s\S]{1,6000}?(?:uvicorn[\\/]protocols[\\/]http|hypercorn[\\/]protocol|"
    r"starlette[\\/]_exception_handler\.py|fastapi[\\/]routing\.py))"
)
"""A traceback that passes through what a server calls for each request, and not for its start."""

_DEVTOOLS = [
    _report(
        "chromium",
        "devtools:blocked-cors",
        "cors",
        "blocked:cors",
        r"\(?\bblocked:cors\)?",
        "(blocked:cors)",
        "The network panel's row for a call that CORS blocked; the console has the reason.",
    ),
    _report(
        "chromium",
        "devtools:cors-error",
        "cors",
        "CORS error",
        r"(?m)(?:^|\t| {2})CORS error(?=\t| {2}|$)",
        "CORS error",
        "The network panel's row for a call that CORS blocked; the console has the reason.",
    ),
    _report(
        "chromium",
        "devtools:blocked-mixed-content",
        "mixed-content",
        "blocked:mixed-content",
        r"\(?\bblocked:mixed-content\)?",
        "(blocked:mixed-content)",
        "A page on https calls plain http.",
    ),
    _report(
        "chromium",
        "devtools:blocked-csp",
        "csp",
        "blocked:csp",
        r"\(?\bblocked:csp\)?",
        "(blocked:csp)",
        "The page's Content Security Policy forbids the address.",
    ),
    _report(
        "chromium",
        "devtools:blocked-orb",
        "orb",
        "blocked:orb|blocked:ORB",
        r"\(?\bblocked:(?:orb|ORB)\)?",
        "(blocked:orb)",
        "An image or script without CORS got HTML or JSON.",
    ),
    _report(
        "chromium",
        "devtools:blocked-other",
        "client",
        "blocked:other|blocked:devtools",
        r"\(?\bblocked:(?:other|devtools)\)?",
        "(blocked:other)",
        "An extension, usually an ad blocker, or the developer tools stopped the request: try a private window.",
    ),
    _report(
        "chromium",
        "devtools:blocked-corp",
        "corp-coep",
        "blocked:NotSame|blocked:corp|blocked:coep|blocked:COEP",
        r"\(?\bblocked:(?:NotSame\w{3,80}|corp|coep\w{0,40}|COEP\w{0,40})\)?",
        "(blocked:NotSameOrigin)",
        "The response's Cross-Origin-Resource-Policy keeps it from this page.",
    ),
    _report(
        "firefox",
        "netmonitor:missing",
        "cors",
        "CORS Missing Allow Origin",
        r"(?<!Reason: )\bCORS\s+Missing\s+Allow\s+Origin\b",
        "CORS Missing Allow Origin",
        "The network panel's row: Access-Control-Allow-Origin is missing.",
        CorsError.MissingAllowOriginHeader,
    ),
    _report(
        "firefox",
        "netmonitor:no-success",
        "cors",
        "CORS Failed|CORS Did Not Succeed|NS_ERROR_CONNECTION|NS_ERROR_UNKNOWN_HOST|NS_ERROR_NET_|NS_ERROR_PROXY",
        r"\bCORS\s+(?:Failed|Did\s+Not\s+Succeed)\b|\bNS_ERROR_(?:CONNECTION_REFUSED|UNKNOWN_HOST|NET_\w{3,40}|"
        r"PROXY_\w{3,60})\b",
        "CORS Failed",
        "The network panel's row: no response came.",
    ),
    _report(
        "firefox",
        "netmonitor:preflight",
        "cors",
        "CORS Preflight Did Not Succeed",
        r"\bCORS\s+Preflight\s+Did\s+Not\s+Succeed\b",
        "CORS Preflight Did Not Succeed",
        "The network panel's row: the preflight failed, or its status was not 200 to 299.",
        CorsError.PreflightInvalidStatus,
    ),
]

# The titles of Chromium's Issues panel: chromium/chromium, third_party/devtools-frontend, models/issues_manager/descriptions.
_ROWS = [
    _report(
        "firefox", "netmonitor:row", "status", "[HTTP/",
        r"\b(?:XHR\s?)?(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s{1,4}(?:XHR\s{1,4})?"
        r"(?P<url>(?:https?|wss?)://[^\s'\"<>\[\]]{1,2000})\s{1,4}\[HTTP/\d(?:\.\d)?\s(?P<status>[1-5]\d\d)\b[^\]\n]{0,160}\]",
        "GET {url} [HTTP/1.1 {status} Forbidden 28ms]",
        "Firefox's row of the request: the server answered with that status.",
    ),
]  # fmt: skip

_ISSUES = [
    _report("chromium", f"issue:{error}", "cors", title, title.replace(" ", r"\s+").replace("'", "['’]"), title, condition, error)
    for title, error, condition in (
        ("Ensure CORS response header values are valid", CorsError.MissingAllowOriginHeader,
         "The Issues panel's title where Access-Control-Allow-Origin is missing or not an origin."),
        ("Ensure preflight responses are valid", CorsError.PreflightInvalidStatus,
         "The Issues panel's title where a preflight's status is not 200 to 299, or it redirects."),
        ("Ensure CORS requesting origin matches resource's allowed origin", CorsError.AllowOriginMismatch,
         "The Issues panel's title where Access-Control-Allow-Origin names another origin."),
        ("Ensure credentialed requests are not sent to CORS resources with origin wildcards", CorsError.WildcardOriginNotAllowed,
         "The Issues panel's title where the response allows `*` and the request carries credentials."),
        ("Ensure CORS requests include credentials only when allowed", CorsError.InvalidAllowCredentials,
         "The Issues panel's title where Access-Control-Allow-Credentials is not `true`."),
        ("Ensure CORS request uses allowed method", CorsError.MethodDisallowedByPreflightResponse,
         "The Issues panel's title where the response to the preflight does not list the method."),
        ("Ensure CORS request header values are allowed", CorsError.HeaderDisallowedByPreflightResponse,
         "The Issues panel's title where the response to the preflight does not list a request header."),
        ("Ensure CORS requests are made on supported schemes", CorsError.CorsDisabledScheme,
         "The Issues panel's title where the URL is not http or https."),
        ("Ensure CORS requests are not redirected to URLs containing credentials", CorsError.RedirectContainsCredentials,
         "The Issues panel's title where a redirect leads to a URL with a user name."),
        ("Ensure only same-origin resources are fetched with same-origin request mode", CorsError.DisallowedByMode,
         "The Issues panel's title where fetch() was limited to its own origin."),
        ("Ensure private network requests are made from secure contexts", CorsError.InsecureLocalNetwork,
         "The Issues panel's title where a page on http calls the local network."),
    )
]  # fmt: skip

_NAMES = [
    CatalogueEntry(
        "chromium",
        f"devtools:{error}",
        "cors",
        Template(f"Cross-Origin Resource Sharing error: {error}"),
        "The network panel's name for the reason; the console says it in a sentence.",
        error=error,
        preflight=error.is_preflight,
    )
    for error in CorsError
]

_PAGE = [
    _report(
        "chromium", "canvas-tainted", "dom", "ainted canvas|been tainted|operation is insecure",
        r"(?:\bFailed\s+to\s+execute\s+['’](?P<what>\w{3,30})['’]\s+on\s+['’]\w{3,50}['’]:\s+)?"
        r"(?:\bTainted\s+canvases\s+may\s+not\s+be\s+(?:exported|loaded)\.?|\bThe\s+canvas\s+has\s+been\s+tainted\s+by"
        r"\s+cross-origin\s+data\.?)",
        "Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.",
        "An image of another origin was drawn without CORS, and script reads the canvas.",
    ),
    _report(
        "chromium", "texture-tainted", "dom", "contains cross-origin data|cross-origin image|WebGL warning",
        r"(?:\bFailed\s+to\s+execute\s+['’](?P<what>\w{3,30})['’]\s+on\s+['’]\w{3,50}['’]:\s+)?\bThe\s+(?:image|video|"
        r"canvas|cross-origin\s+image)"
        r"(?:\s+element)?(?:\s+at\s+\S{1,2000})?\s+(?:contains\s+cross-origin\s+data,?\s+and\s+)?may\s+not\s+be"
        r"\s+(?:loaded|uploaded)\.?"
        r"|\bWebGL\s+warning:\s+\w{3,30}:\s+Cross-origin\s+elements\s+require\s+CORS\.?",
        "Failed to execute 'texImage2D' on 'WebGLRenderingContext': The image element contains cross-origin data, and "
        "may not be loaded.",
        "An image of another origin was loaded without CORS, and WebGL refuses it.",
    ),
    _report(
        "firefox", "operation-insecure", "dom", "operation is insecure",
        r"\b(?:SecurityError|DOMException):\s+The\s+operation\s+is\s+insecure\.?", "SecurityError: The operation is "
        "insecure.",
        "Script reads a canvas with an image of another origin, or uses storage, history or a socket that the page "
        "may not use.",
    ),
    _report(
        "chromium", "worker-origin", "dom", "failed to construct 'Worker'|Failed to construct 'Worker'|Failed to "
        "construct 'SharedWorker'"
        "|importScripts|Failed to register a ServiceWorker|Security Error: Content at",
        r"\bFailed\s+to\s+construct\s+['’](?:Shared)?Worker['’]:\s+Script\s+at\s+['’](?P<url>[^'’\s]{1,2000})['’]"
        r"\s+cannot\s+be\s+accessed\s+"
        r"from\s+origin\s+['’](?P<origin>[^'’\s]{1,300})['’]\.?|\bFailed\s+to\s+register\s+a\s+ServiceWorker[^\n]{0,400}",
        "Failed to construct 'Worker': Script at '{url}' cannot be accessed from origin '{origin}'.",
        "A worker's script must have the page's own origin, and no CORS header changes that: serve it from there, or "
        "start the "
        "worker from a Blob that calls importScripts(url).",
    ),
    _report(
        "chromium", "frame-denied", "dom", "X-Frame-Options|x-frame-options",
        r"\b(?:Refused\s+to\s+display|Load\s+denied|The\s+loading\s+of)"
        r"\s+(?:[^\n]{0,20}?)['\"“‘]?(?P<url>https?://[^\s'\"“”’]{1,2000})[^\n]{0,120}"
        r"[Xx]-[Ff]rame-[Oo]ptions[^\n]{0,120}",
        "Refused to display '{url}' in a frame because it set 'X-Frame-Options' to 'sameorigin'.",
        "The framed page forbids frames of other sites. CORS is not involved: that server must drop "
        "X-Frame-Options, and name "
        "this page in `Content-Security-Policy: frame-ancestors`.",
    ),
    _report(
        "chromium", "frame-ancestors", "csp", "frame-ancestors|Refused to frame",
        r"\b(?:Refused\s+to\s+frame|Framing)\s+['’]?(?P<url>https?://[^\s'’]{0,2000})['’]?[^\n]{0,300}",
        "Refused to frame '{url}' because it violates the following Content Security Policy directive: "
        "\"frame-ancestors 'self'\".",
        "The Content Security Policy of one of the two pages forbids the frame. CORS is not involved.",
    ),
    _report(
        "chromium", "opener-policy", "dom", "Cross-Origin-Opener-Policy",
        r"\bCross-Origin-Opener-Policy\s+policy\s+would\s+block\s+the\s+window\.\w{3,20}\s+call\.?"
        r"|\bThe\s+Cross-Origin-Opener-Policy\s+header\s+has\s+been\s+ignored[^\n]{0,200}",
        "Cross-Origin-Opener-Policy policy would block the window.closed call.",
        "A pop-up (a login, often) and its opener are kept apart. CORS is not involved: send Cross-Origin-Opener-Policy: "
        "same-origin-allow-popups with the page that opens it.",
    ),
    _report(
        "chromium", "frame-post-message", "dom", "postMessage",
        r"\bFailed\s+to\s+execute\s+['’]postMessage['’]\s+on\s+['’]\w{3,30}['’]:\s+The\s+target\s+origin\s+provided"
        r"\s+\(['’](?P<value>[^'’\s]{1,300})"
        r"['’]\)\s+does\s+not\s+match\s+the\s+recipient\s+window['’]s\s+origin\s+\(['’](?P<origin>[^'’\s]{1,300})['’]\)\.?",
        "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided ('{value}') does not match the recipient"
        " window's origin ('{origin}').",
        "postMessage() was given another origin than that of the window. CORS is not involved: pass the window's "
        "real origin.",
    ),
    _report(
        "firefox", "frame-property", "dom", "Permission denied to access property|from accessing a",
        r"\bPermission\s+denied\s+to\s+access\s+property\s+[\"“]?\w{1,40}[\"”]?(?:\s+on\s+cross-origin\s+object)?"
        r"|\bFailed\s+to\s+read\s+a\s+named\s+property\s+['’]\w{1,40}['’]\s+from\s+['’]\w{3,20}['’]:\s+Blocked\s+a"
        r"\s+frame[^\n]{0,200}",
        'Permission denied to access property "document" on cross-origin object',
        "Script reaches into a frame or window of another origin. CORS is not involved: use postMessage().",
    ),
    _report(
        "tool", "script-error", "dom", "Script error",
        r"(?m)(?:^[ \t>*]*(?:\(uncaught\s+exception\)\s*)?|\bUncaught\s+)(?:Error:\s+)?Script"
        r"\s+error\.?(?:[ \t]*\(?:?0?:?0?\)?)?[ \t]*$"
        r"|\bCypress\s+detected\s+that\s+an\s+uncaught\s+error\s+was\s+thrown\s+from\s+a\s+cross-origin\s+script\.?",
        "Script error.",
        "A script of another origin threw, and its error is hidden: load it with `crossorigin=\"anonymous\"` and let "
        "its server "
        "send Access-Control-Allow-Origin, or serve it from the page's origin. The error itself is in that script.",
    ),
    _report(
        "tool", "cypress-origin", "dom", "cy.origin|cy.visit",
        r"\bcy\.(?:origin|visit)\(\)[^\n]{0,200}(?:cross-origin|different\s+origin|superdomain)[^\n]{0,200}",
        "cy.visit() failed because you are attempting to visit a URL that is of a different origin.",
        "A test leaves its origin. CORS is not involved: wrap the rest in cy.origin().",
    ),
    _report(
        "tool", "html-for-json", "mime", "in JSON|valid JSON|JSON.parse|JSON Parse",
        r"\b(?:SyntaxError:\s+)?(?:Unexpected\s+token\s+['\"]?<['\"]?[^\n]{0,60}JSON[^\n]{0,40}|JSON\.parse:"
        r"\s+unexpected\s+character\s+at\s+line"
        r"\s+1\s+column\s+1[^\n]{0,40}|JSON\s+Parse\s+error:\s+Unrecognized\s+token\s+['\"]<['\"])",
        "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
        "The page expected JSON and got HTML: a 404 page, the frontend's own index.html, a login or a tunnel's warning. "
        "Open the URL of the "
        "call in the network panel.",
    ),
    _report(
        "tool", "dev-server-host", "client", "is not allowed|allowedDevOrigins|allowedHosts",
        r"\bBlocked\s+request\.\s+This\s+host\s+\([^)\n]{1,200}\)\s+is\s+not\s+allowed[^\n]{0,100}|\bCross\s+origin"
        r"\s+request\s+detected\s+from\b"
        r"[^\n]{0,300}",
        'Blocked request. This host ("a.example") is not allowed.',
        "The frontend's dev server refuses the host, not the API: add it to server.allowedHosts (Vite) or "
        "allowedDevOrigins (Next.js). "
        "CORS settings of the API do not matter.",
    ),
    _report(
        "chromium", "wrong-type", "mime", "MIME type",
        r"\bRefused\s+to\s+(?:apply\s+style|execute\s+script)\s+from\s+['’](?P<url>[^'’\s]{1,2000})['’]\s+because"
        r"\s+its\s+MIME\s+type[^\n]{0,200}",
        "Refused to execute script from '{url}' because its MIME type ('text/html') is not executable, and strict "
        "MIME type checking"
        " is enabled.",
        "The URL returns HTML, usually a 404 page or the frontend's index.html: look at the path.",
    ),
]  # fmt: skip

_COOKIES = [
    _report(
        "chromium", "cookie:blocked", "cookie", "Set-Cookie|SameSite|third-party cookie|Third-party cookie",
        r"\b(?:This\s+(?:attempt\s+to\s+set\s+a\s+cookie\s+via\s+a\s+)?Set-Cookie|A\s+cookie\s+associated\s+with|A"
        r"\s+future\s+release\s+of"
        r"\s+Chrome|Indicate\s+whether\s+to\s+send\s+a\s+cookie|This\s+cookie\s+was\s+blocked|Mark\s+cross-site"
        r"\s+cookies|Because\s+a\s+cookie"
        r"|Cookies?\s+with\s+the\s+SameSite|Third-party\s+cookie\s+(?:will\s+be|is)\s+blocked)[^\n]{0,400}",
        'This Set-Cookie was blocked because it had the "SameSite=Lax" attribute but came from a cross-site response which was'
        " not the response to a top-level navigation.",
        "Chromium does not store the cookie, or does not send it to another site.",
    ),
    _report(
        "firefox", "cookie:rejected", "cookie", "Cookie “|Cookie \"|Cookie ‘|Cookie «|Cookie '",
        r"\bCookie\s+[“\"‘'«]\s?(?P<value>[^\s”\"’'»]{0,200})\s?[”\"’'»]\s+(?:has\s+been\s+rejected|will\s+be\s+soon|"
        r"does\s+not\s+have|was\s+rejected"
        r"|has\s+[“\"]SameSite|is\s+(?:foreign|in\s+a))[^\n]{0,300}",
        "Cookie “{value}” has been rejected for invalid domain.",
        "Firefox does not store the cookie, or does not send it to another site.",
    ),
]  # fmt: skip

_SOCKETS = [
    _report(
        "chromium", "websocket:status", "websocket", "Unexpected response code",
        rf"\bWebSocket\s+connection\s+to\s+{_QUOTE}{_URL}{_QUOTE}\s+failed:[^\n]{{0,80}}Unexpected\s+response\s+code:"
        rf"\s+(?P<status>\d{{3}})",
        "WebSocket connection to '{url}' failed: Unexpected response code: {status}",
        "The server refused the WebSocket with that status; CORS does not cover it.",
    ),
    _report(
        "chromium", "websocket:net-error", "network", "Error in connection establishment|WebSocket connection to",
        rf"\bWebSocket\s+connection\s+to\s+{_QUOTE}{_URL}{_QUOTE}\s+failed:\s+Error\s+in\s+connection\s+establishment:"
        rf"\s+net::ERR_[A-Z_]{{3,60}}",
        "WebSocket connection to '{url}' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        "No connection was made: nothing listens there, or its name or certificate is wrong.",
    ),
    _report(
        "chromium", "websocket:failed", "websocket", "WebSocket connection to",
        rf"\bWebSocket\s+connection\s+to\s+{_QUOTE}{_URL}{_QUOTE}\s+failed\b:?(?!\s*(?:Error\s+in|Error\s+during\s+\S+\s+\S+\s+Unexp|"
        rf"Unexpected\s+resp|The\s+server\s+did))"
        r"[^\n]{0,160}",
        "WebSocket connection to '{url}' failed:",
        "The WebSocket did not open; the network panel has the status if the server answered.",
    ),
    _report(
        "chromium", "websocket:not-opened", "websocket", "during WebSocket handshake",
        r"\bError\s+during\s+WebSocket\s+handshake:\s+(?:Unexpected\s+response\s+code:\s+(?P<status>\d{3})|[^\n]{1,200})",
        "Error during WebSocket handshake: Unexpected response code: {status}",
        "The server answered the WebSocket handshake, but did not open the WebSocket; CORS does not cover it.",
    ),
    _report(
        "chromium", "websocket:insecure", "mixed-content", "insecure WebSocket connection",
        r"\bAn\s+insecure\s+WebSocket\s+connection\s+may\s+not\s+be\s+initiated\s+from\s+a\s+page\s+loaded\s+over\s+HTTPS\.?",
        "Failed to construct 'WebSocket': An insecure WebSocket connection may not be initiated from a page loaded "
        "over HTTPS.",
        "A page on https opens ws: instead of wss:.",
    ),
    _report(
        "tool", "websocket:1006", "websocket", "1006", r"\b(?:[Cc]ode|[Cc]loseEvent)\W{1,6}1006\b", "code: 1006",
        "The WebSocket ended without a closing handshake: it was refused, or the connection broke.",
    ),
    _report(
        "webkit", "websocket:bad-response", "websocket", "bad response from the server",
        rf"\bWebSocket\s+connection\s+to\s+{_QUOTE}{_URL}{_QUOTE}\s+failed:\s+There\s+was\s+a\s+bad\s+response\s+from"
        rf"\s+the\s+server\.?",
        "WebSocket connection to '{url}' failed: There was a bad response from the server.",
        "The server refused the WebSocket with a status other than 101; CORS does not cover it.",
    ),
    _report(
        "tool", "websocket:handshake", "websocket", "handshake|InvalidStatus|Unexpected server response",
        r"\b(?:InvalidStatus(?:Code)?:[^\n\d]{0,60}HTTP\s+|Unexpected\s+server\s+response:\s+|server\s+rejected"
        r"\s+WebSocket\s+"
        r"connection:\s+HTTP\s+)(?P<status>\d{3})\b",
        "server rejected WebSocket connection: HTTP {status}",
        "The server refused the handshake of a client that is not a browser.",
    ),
    _report(
        "tool", "socketio:poll-error", "library", "xhr poll error|websocket error|xhr post error", r"\bxhr\s+(?:poll|"
        r"post)\s+error\b|\bwebsocket\s+error\b",
        "xhr poll error", "Socket.IO's client got no response that it may read: its server has a list of origins of its own, "
        "cors_allowed_origins.",
    ),
]  # fmt: skip

_LOGS = [
    _report(
        "server", "uvicorn:websocket-log", "server", "\"WebSocket ", _LOG.format(name="WebSocket", status=r"[1-5]\d\d"),
        '"WebSocket {url}" {status}', "The access log: 403 is a WebSocket that was closed before it was accepted, or "
        "has no route.",
    ),
    _report(
        "server", "uvicorn:websocket-rejected", "server", "connection rejected", r"\bconnection\s+rejected"
        r"\s+\((?P<status>\d{3})[^)\n]{0,40}\)",
        "connection rejected ({status} Forbidden)", "uvicorn refused the WebSocket handshake.",
    ),
    _report(
        "server", "uvicorn:websocket-library", "server", "Unsupported upgrade request|No supported WebSocket library",
        r"\b(?:Unsupported\s+upgrade\s+request|No\s+supported\s+WebSocket\s+library\s+detected)\b\.?[^\n]{0,120}",
        "No supported WebSocket library detected.", "uvicorn cannot speak WebSocket: install uvicorn[standard], or "
        "websockets.",
    ),
    _report(
        "server", "uvicorn:redirect-log", "server", "307 Temporary|308 Permanent|\" 307|\" 308",
        _LOG.format(name=r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD)", status="30[78]"),
        '"{method} {url} HTTP/1.1" 307 Temporary Redirect',
        "The access log: the router redirects to the path with, or without, a trailing slash.",
    ),
    _report(
        "server", "access-log", "server", "HTTP/1|HTTP/2",
        _LOG.format(name=r"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD)", status=r"(?:40[0-9]|41[0-9]|42[0-9]|431|"
        r"50[1-9]|52\d)"),
        '"{method} {url} HTTP/1.1" {status}', "The access log: what the server answered; it does not show CORS headers.",
    ),
    _report(
        "server", "http:response", "server", "HTTP/1|HTTP/2|HTTP/3",
        r"(?m)^[<>*\s|]{0,8}HTTP/\d(?:\.\d)?[ \t]+(?P<status>[1-5]\d\d)"
        r"\b[^\n\"]{0,60}$(?:\n[<>*\s|]{0,8}[\w-]{1,60}:[^\n]{0,500}){0,40}"
        r"(?:\n[<>*\s|]{0,8}\n[^\n]{1,300})?",
        "HTTP/1.1 {status}", "A raw response: its headers and body show who sent it.",
    ),
    _report(
        "server", "http:preflight", "server", "OPTIONS",
        r"(?:(?:-X|--request)[ =]?[\"']?OPTIONS\b|(?m:^)>[ \t]?OPTIONS[ \t])[^\n]{0,1000}"
        r"(?:\n(?!HTTP/|<[ \t]?HTTP/)[^\n]{0,500}){0,20}\n<?[ \t]?HTTP/\d(?:\.\d)?[ \t]+(?P<status>[1-5]\d\d)\b"
        r"[^\n]{0,60}(?:\n[^\n]{0,500}){0,40}",
        "curl -X OPTIONS ... HTTP/1.1 {status}", "The response to a preflight that was sent by hand.",
    ),
    _report(
        "chromium", "devtools:general", "status", "Request URL",
        r"\bRequest\s+URL:?\s{1,6}(?P<url>(?:https?|wss?)://\S{1,2000})\s{1,12}Request\s+Method:?"
        r"\s{1,6}(?P<method>[A-Z]{3,7})\s{1,12}"
        r"Status\s+Code:?\s{1,6}(?:\D{0,4})(?P<status>[1-5]\d\d)\b",
        "Request URL: {url} Request Method: {method} Status Code: {status}",
        "The network panel's summary of a request: the server answered with that status.",
    ),
    _report(
        "server", "status-words", "status", "Entity Too Large|Payload Too Large|Content Too Large|Bad Gateway|Gateway "
        "Time|Service Unavailable",
        r"\b(?P<status>413|502|503|504)\b[^\w\n]{1,4}(?:Request\s+Entity\s+Too\s+Large|(?:Payload|Content)\s+Too"
        r"\s+Large|Bad\s+Gateway"
        r"|Gateway\s+Time-?out|Service\s+(?:Temporarily\s+)?Unavailable)",
        "502 Bad Gateway", "The server, or a proxy in front of it, answered with that status.",
    ),
    _report(
        "server", "python-exception", "server", "Exception in ASGI application|Traceback (most recent call last)",
        r"\bException\s+in\s+ASGI\s+application\b|" + _TRACEBACK_OF_A_REQUEST,
        "Exception in ASGI application", "The app crashed; the traceback below shows where. Its 500 has no "
        "CORS headers.",
    ),
    _report(
        "server", "python:unknown-keyword", "server", "unexpected keyword argument",
        r"\bCORSMiddleware(?:\.__init__)?(?:\(\))?[^\n]{0,40}got\s+an\s+unexpected\s+keyword\s+argument"
        r"\s+['\"](?P<value>\w{1,60})['\"]",
        "TypeError: CORSMiddleware.__init__() got an unexpected keyword argument '{value}'", "CORSMiddleware has no "
        "such keyword.",
    ),
    _report(
        "server", "python:added-late", "server", "Cannot add middleware after",
        r"\bCannot\s+add\s+middleware\s+after\s+an\s+application\s+has\s+started", "Cannot add middleware after an "
        "application has started",
        "add_middleware() is called at start-up or later; the stack is built by then.",
    ),
    _report(
        "server", "pydantic:settings", "server", "error parsing",
        r"\b(?:\w{1,40}\.){0,4}SettingsError:\s+error\s+parsing\s+(?:value\s+for\s+field|env\s+var|JSON\s+for)"
        r"\s+[\"'](?P<value>\w{1,80})[\"'][^\n]{0,120}",
        'SettingsError: error parsing value for field "{value}" from source "EnvSettingsSource"',
        "pydantic-settings reads a list from the environment as JSON, and the variable is not JSON.",
    ),
    _report(
        "server", "pydantic:origins", "server", "CORS_ORIGINS|cors_origins|ALLOWED_ORIGINS|allowed_origins|allow_origins",
        r"(?mi)^[ \t]*(?P<value>\w{0,40}(?:cors|"
        r"allowed?)_?\w{0,20}origins?\w{0,20})(?:\.\d+)?[ \t]*(?:\.[^\n]{0,60})?\n[ \t]+(?:Input\s+should\s+be\s+a"
        r"\s+valid|Invalid\s+JSON|Value\s+error)[^\n]{0,200}",
        "ALLOWED_ORIGINS\n  Input should be a valid list",
        "pydantic rejects the setting with the origins: it is not a list, or an entry is not a URL.",
    ),
    _report(
        "server", "server:start", "network", "address already in use|Error loading ASGI app|Could not import module"
        "|Application startup failed",
        r"\baddress\s+already\s+in\s+use\b|\bError\s+loading\s+ASGI\s+app\b[^\n]{0,200}|\bApplication\s+startup"
        r"\s+failed\b[^\n]{0,80}",
        "Error loading ASGI app.", "The server did not start, so nothing answers the page.",
    ),
    _report(
        "server", "gateway:log", "server", "WORKER TIMEOUT|heroku[router]|at=error|Task timed out",
        r"\bWORKER\s+TIMEOUT\b[^\n]{0,60}|\bat=error\s+code=H\d\d\b[^\n]{0,300}|\bTask\s+timed\s+out\s+after"
        r"\s+[\d.]{1,8}\s+seconds",
        "[CRITICAL] WORKER TIMEOUT", "The app did not answer in time, or crashed, and the platform answered in its place.",
    ),
    _report(
        "server", "cloudflare:1xxx", "server", "error code: 10|Error 10|Error code 10",
        r"\b[Ee]rror(?:\s+code)?:?\s+10(?:0[5-9]|1[0-59]|20)\b", "error code: 1020",
        "Cloudflare refuses the call by a rule of its own: a firewall, a bot check, a rate limit.",
    ),
    _report(
        "server", "csrf", "server", "CSRF", r"\bCSRF\s+(?:[Ff]ailed|verification\s+failed|token\s+(?:missing|mismatch|"
        r"is\s+missing))[^\n]{0,80}",
        "CSRF verification failed.", "The server's protection against foreign forms, not CORS: send its token, and "
        "list the page as trusted.",
    ),
    _report(
        "server", "starlette:host", "server", "Invalid host header", r"\bInvalid\s+host\s+header\b", "Invalid host header",
        "TrustedHostMiddleware (or a dev server) refuses the Host header: add the host to allowed_hosts.",
    ),
    _report(
        "server", "engineio:origin", "server", "not an accepted origin",
        r"(?P<origin>(?:[a-z][a-z0-9+.-]{1,30}://|null)[^\s'\"]{0,300})\s+is\s+not\s+an\s+accepted\s+origin\b\.?",
        "{origin} is not an accepted origin.", "Socket.IO's own list, cors_allowed_origins, does not name the page's origin.",
    ),
    _report(
        "server", "nginx:upstream", "server", "while connecting to upstream|upstream prematurely closed|no live upstreams"
        "|upstream timed out|recv() failed|upstream sent too big header|host not found in upstream",
        r"\b(?:connect\(\)\s+(?:to\s+\S{1,200}\s+)?failed\s+\(\d{1,3}:[^)\n]{0,60}\)|upstream\s+(?:timed\s+out|"
        r"prematurely\s+closed\s+connection|sent\s+too\s+big\s+header)"
        r"|no\s+live\s+upstreams|recv\(\)\s+failed\s+\(\d{1,3}:[^)\n]{0,60}\)|host\s+not\s+found\s+in"
        r"\s+upstream)[^\n]{0,300}",
        "connect() failed (111: Connection refused) while connecting to upstream",
        "nginx did not reach the app, or the app did not answer in time: the page gets 502 or 504 without CORS headers.",
    ),
    _report(
        "server", "nginx:too-large", "server", "client intended to send too large body",
        r"\bclient\s+intended\s+to\s+send\s+too\s+large\s+(?:chunked\s+)?body\b[^\n]{0,200}", "client intended to "
        "send too large body: 1200000 bytes",
        "nginx refuses the upload with 413: client_max_body_size.",
    ),
    _report(
        "server", "page:gateway", "server", "Bad Gateway|Gateway Time|Service Unavailable|Service Temporarily|upstream"
        "|no available server|Web server is down"
        "|Application failed to respond|error code: 5|Error code 5|: A timeout|: Web server|: Bad gateway|: "
        "Connection timed out",
        r"(?:<title>|<h1>)\s*(?:(?P<status>50[234])\s+)(?:Bad\s+Gateway|Gateway\s+Time-?out|Service\s+(?:Temporarily"
        r"\s+)?Unavailable|Proxy\s+Error)"
        r"|(?m:^)(?:upstream\s+connect\s+error|no\s+healthy\s+upstream|upstream\s+request\s+timeout|no\s+available"
        r"\s+server|error\s+code:\s+5\d\d)\b[^\n]{0,120}"
        r"|\bApplication\s+failed\s+to\s+respond\b|\bError\s+code\s+5(?:0[234]|2\d|30)\b|<title>[^<\n]{1,200}\|"
        r"\s+5(?:0[234]|2\d|30):"
        r"[^<\n]{0,100}",
        "<title>502 Bad Gateway</title>", "The page of a gateway that got no response from the app.",
    ),
    _report(
        "server", "page:too-large", "server", "Too Large",
        r"(?:<title>|<h1>)\s*413\s+(?:Request\s+Entity|Payload|Content)\s+Too\s+Large", "<title>413 Request Entity "
        "Too Large</title>",
        "The page of a proxy that does not accept requests this large.",
    ),
    _report(
        "server", "page:tunnel", "server", "ERR_NGROK_6|ngrok-skip-browser-warning|bypass-tunnel-reminder|Tunnel "
        "website ahead",
        r"\bERR_NGROK_60\d\d\b|\bYou\s+are\s+about\s+to\s+visit\b[^\n]{0,120}ngrok|\bTunnel\s+website\s+ahead\b|"
        r"\bngrok-skip-browser-warning\b"
        r"|\bbypass-tunnel-reminder\b", "ERR_NGROK_6024", "The tunnel's own warning page, instead of the API's response.",
    ),
    _report(
        "server", "page:api-gateway", "server", "Missing Authentication Token|No API key found|no Route matched",
        r"\{\s*\"message\"\s*:\s*\"(?:Missing\s+Authentication\s+Token|No\s+API\s+key\s+found\s+in\s+request|no"
        r"\s+Route\s+matched\s+with\s+those\s+values)\"[^}\n]{0,100}\s{0,40}\}",
        '{"message":"Missing Authentication Token"}', "A gateway answers by itself: it has no such path and method, "
        "or requires a key.",
    ),
]  # fmt: skip

_RUNTIMES = [
    _report(
        "tool", "node:network", "network", "ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|UND_ERR",
        r"\b(?:connect\s+|getaddrinfo\s+|read\s+)?(?:ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|EAI_AGAIN|"
        r"EHOSTUNREACH|UND_ERR_\w{3,40})\b"
        r"(?:\s+(?P<host>[\w.:\[\]-]{3,255}))?",
        "connect ECONNREFUSED 127.0.0.1:8000",
        "A server-side call (Node, a dev server's proxy, server rendering) reached nothing; no browser and no CORS is "
        "involved.",
    ),
    _report(
        "tool", "node:fetch-failed", "network", "fetch failed", r"\bTypeError:\s+fetch\s+failed\b", "TypeError: fetch failed",
        "fetch() of Node, not of a browser: its `cause` says what happened; CORS is not involved.",
    ),
    _report(
        "tool", "dev-proxy", "network", "http proxy error|ws proxy error|Could not proxy request|occurred while "
        "proxying|Failed to proxy|occurred while trying to proxy",
        r"\b(?:http|ws)\s+proxy\s+error(?:\s+at|:)?\s+(?P<url>\S{1,500})|\bCould\s+not\s+proxy\s+request"
        r"\s+(?P<initial_url>\S{1,500})[^\n]{0,200}"
        r"|\bError\s+occurred\s+while\s+(?:trying\s+to\s+)?proxy(?:ing)?\b[^\n]{0,300}|\bFailed\s+to\s+proxy\s+\S{1,500}",
        "http proxy error: {url}",
        "The frontend's dev server forwards to an API that does not answer: compare `target` with where the API listens "
        "(127.0.0.1, not localhost, where Node resolves localhost to ::1).",
    ),
    _report(
        "tool", "python:connection", "network", "Connection refused|ConnectError|Max retries exceeded|Name or service "
        "not known|getaddrinfo failed",
        r"\b(?:httpx2?|requests|urllib3|aiohttp)\.[\w.]{3,60}(?:Error|Timeout)\b[^\n]{0,200}|\bMax\s+retries"
        r"\s+exceeded\s+with\s+url\b[^\n]{0,200}",
        "httpx.ConnectError: All connection attempts failed",
        "A server-side call reached nothing; no browser and no CORS is involved.",
    ),
    _report(
        "tool", "rtk:fetch-error", "library", "FETCH_ERROR",
        r"\{?[^{}\n]{0,40}[\"']?status[\"']?\s*:\s*[\"']FETCH_ERROR[\"'][^{}\n]{0,200}\}?",
        '{"status":"FETCH_ERROR","error":"TypeError: Failed to fetch"}',
        "RTK Query got no response, whatever the cause.",
    ),
    _report(
        "tool", "header-undefined", "library", "undefined|null",
        r"\bheaders\s{0,2}(?:\.get\s{0,2}\(|\??\.?\[)\s{0,2}[\"'`](?!(?i:cache-control|content-language|content-length|content-type"
        r"|expires|last-modified|pragma)[\"'`])(?P<header>[A-Za-z][\w-]{1,60})[\"'`]\s{0,2}[\])][^\n]{0,40}?\b(?:undefined|null)\b",
        "headers['{header}'] is undefined",
        "Script reads a response header that is not named in Access-Control-Expose-Headers, and gets null or undefined.",
    ),
    _report(
        "tool", "header-missing", "library", "header is missing in the HTTP",
        r"\bThe\s+(?P<header>[A-Za-z][\w-]{1,60})\s+header\s+is\s+missing\s+in\s+the\s+HTTP\s+[Rr]esponse\b",
        "The {header} header is missing in the HTTP Response",
        "A client library reads a response header that script gets only where Access-Control-Expose-Headers names it.",
    ),
    _report(
        "tool", "etag-missing", "library", "No access to",
        r"\bNo\s+access\s+to\s+(?P<header>ETag)\s+property\s+on\s+response\b",
        "No access to {header} property on response",
        "The upload needs the ETag of each part, and script gets it only where Access-Control-Expose-Headers names it.",
    ),
    _report(
        "tool", "mcp:session", "library", "session ID|session id|Session ID|Mcp-Session-Id|mcp-session-id",
        r"\b(?:Missing|No\s+valid)\s+(?:session\s+ID|Mcp-Session-Id)\b(?:\s+(?:provided|header))?|\bBad\s+Request:"
        r"\s+(?:No\s+valid|Missing)"
        r"\s+session[^\n\"]{0,80}",
        "Bad Request: Missing session ID",
        "The MCP client did not send the session's id, usually because it could not read it: "
        "expose_headers=[\"Mcp-Session-Id\"].",
    ),
    _report(
        "tool", "mcp:origin", "server", "Invalid Origin header|Invalid origin header|Forbidden Origin",
        r"\b(?:Invalid\s+[Oo]rigin\s+header|Forbidden\s+Origin)\b[^\n]{0,120}",
        "Invalid Origin header", "The MCP server checks Origin itself (DNS rebinding protection): add the page to "
        "allowed_origins of its "
        "transport security settings; CORSMiddleware does not change it.",
    ),
    _report(
        "tool", "mcp:host", "server", "Invalid Host header|Misdirected Request",
        r"\btransport_security\b[^\n]{0,60}\bInvalid\s+Host\s+header\b[^\n]{0,120}"
        r"|\b(?:421|Error\s+POSTing\s+to\s+endpoint)\b[^\n]{0,80}\b(?:Invalid\s+Host\s+header|Misdirected\s+Request)\b"
        r"[^\n]{0,80}"
        r"|\bInvalid\s+Host\s+header\b[^\n]{0,80}\b421\b",
        "421 Misdirected Request: Invalid Host header", "The MCP server checks Host itself (DNS rebinding protection): add the "
        "host to allowed_hosts of its transport security settings; CORSMiddleware does not change it.",
    ),
    _report(
        "tool", "mcp:redirect", "server", "Redirect not followed", r"\bRedirect\s+not\s+followed\b[^\n]{0,120}",
        "Redirect not followed",
        "The MCP server redirects /mcp to /mcp/, which MCP clients do not follow: call the URL with the slash at the end.",
    ),
    _report(
        "tool", "tus:location", "library", "tus:", r"\btus:\s+(?:invalid\s+or\s+missing\s+(?:Location|offset|"
        r"length)[^\n]{0,160}|[^\n]{0,60}missing[^\n]{0,20}header[^\n]{0,120})",
        "tus: invalid or missing Location header",
        "The tus client cannot read a response header: expose Location, Upload-Offset, Upload-Length, Tus-Resumable.",
    ),
    _report(
        "tool", "grpc-web:status", "library", "grpc-status|without status|missing trailer|Missing trailer|Incomplete "
        "response",
        r"\b(?:Incomplete\s+response\b[^\n]{0,60}|Response\s+closed\s+without\s+(?:grpc-status|headers)[^\n]{0,80}|"
        r"missing\s+trailer\b[^\n]{0,60}|without"
        r"\s+grpc-status\b[^\n]{0,60})",
        "Response closed without grpc-status (Headers only)",
        "The gRPC-Web client cannot read a response header: expose Grpc-Status and Grpc-Message.",
    ),
]  # fmt: skip

REPORTS: tuple[ThirdPartyReport, ...] = (*_DEVTOOLS, *_ROWS, *_ISSUES, *_PAGE, *_COOKIES, *_SOCKETS, *_LOGS, *_RUNTIMES)
"""All of them, in the order of the catalogue."""

NAMED = tuple(_NAMES)
"""An entry for each `CorsError`, as the network panel names it."""

ENTRIES: tuple[CatalogueEntry, ...] = (*(report.entry for report in REPORTS), *NAMED)
