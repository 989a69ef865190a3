"""The messages that people mistake for CORS: the network, certificates, mixed content, Content Security Policy, libraries,
servers."""

from __future__ import annotations

from corsense.console import chromium, firefox, webkit
from corsense.console.model import CatalogueEntry, Category, Product
from corsense.console.templates import Template
from corsense.fetch.errors import CorsError

_NET_ERRORS: list[tuple[str, Category, str]] = [
    ("ERR_FAILED", "network", "Any failure without a name of its own; a refusal by CORS ends this way too."),
    ("ERR_ABORTED", "network", "The request was cancelled: navigation, or script's own abort."),
    ("ERR_TIMED_OUT", "network", "No response came in time."),
    ("ERR_ACCESS_DENIED", "network", "The browser may not read the resource, for example a file."),
    ("ERR_BLOCKED_BY_CLIENT", "client", "An extension, usually an ad blocker, stopped the request."),
    ("ERR_NETWORK_CHANGED", "network", "The network changed while loading."),
    ("ERR_BLOCKED_BY_ADMINISTRATOR", "client", "An administrator's policy forbids the address."),
    ("ERR_BLOCKED_BY_RESPONSE", "corp-coep", "The response's own headers keep it from this page."),
    ("ERR_CLEARTEXT_NOT_PERMITTED", "network", "The platform (an Android app) forbids plain http."),
    ("ERR_BLOCKED_BY_CSP", "csp", "The page's Content Security Policy forbids the address."),
    ("ERR_BLOCKED_BY_ORB", "orb", "An image or script without CORS got HTML or JSON."),
    ("ERR_CONNECTION_CLOSED", "network", "The connection was closed."),
    ("ERR_CONNECTION_RESET", "network", "The connection was reset."),
    ("ERR_CONNECTION_REFUSED", "network", "Nothing listens at that host and port."),
    ("ERR_CONNECTION_ABORTED", "network", "The connection timed out because data was not acknowledged."),
    ("ERR_CONNECTION_FAILED", "network", "No connection could be made."),
    ("ERR_NAME_NOT_RESOLVED", "network", "The host name does not resolve."),
    ("ERR_INTERNET_DISCONNECTED", "network", "There is no network."),
    ("ERR_SSL_PROTOCOL_ERROR", "tls", "The server does not speak TLS properly: often https to an http port."),
    ("ERR_ADDRESS_INVALID", "network", "The address or the port is invalid."),
    ("ERR_ADDRESS_UNREACHABLE", "network", "There is no route to the host."),
    ("ERR_TUNNEL_CONNECTION_FAILED", "network", "The proxy could not open a tunnel."),
    ("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "tls", "Browser and server share no TLS version or cipher."),
    ("ERR_CONNECTION_TIMED_OUT", "network", "The host did not answer the attempt to connect."),
    ("ERR_PROXY_CONNECTION_FAILED", "network", "The proxy cannot be reached."),
    ("ERR_CERT_COMMON_NAME_INVALID", "tls", "The certificate is for another host."),
    ("ERR_CERT_DATE_INVALID", "tls", "The certificate has expired, or the clock is wrong."),
    ("ERR_CERT_AUTHORITY_INVALID", "tls", "The certificate's issuer is not trusted: self-signed."),
    ("ERR_CERT_CONTAINS_ERRORS", "tls", "The certificate has errors."),
    ("ERR_CERT_REVOKED", "tls", "The certificate was revoked."),
    ("ERR_CERT_INVALID", "tls", "The certificate is invalid."),
    ("ERR_CERT_WEAK_SIGNATURE_ALGORITHM", "tls", "The certificate's signature is too weak."),
    ("ERR_CERTIFICATE_TRANSPARENCY_REQUIRED", "tls", "The certificate is in no public log."),
    ("ERR_INVALID_URL", "network", "The URL is invalid."),
    ("ERR_UNKNOWN_URL_SCHEME", "network", "Nothing handles the URL's scheme."),
    ("ERR_INVALID_REDIRECT", "network", "A redirect leads to an invalid URL."),
    ("ERR_TOO_MANY_REDIRECTS", "network", "More than 20 redirects."),
    ("ERR_UNSAFE_REDIRECT", "network", "A redirect leads to a scheme such as data: or file:."),
    ("ERR_UNSAFE_PORT", "network", "Browsers block this port."),
    ("ERR_INVALID_RESPONSE", "network", "The response is invalid."),
    ("ERR_INVALID_HTTP_RESPONSE", "network", "The response is not HTTP."),
    ("ERR_EMPTY_RESPONSE", "network", "The server closed the connection without a response."),
    ("ERR_RESPONSE_HEADERS_TOO_BIG", "network", "The response headers are too large."),
    ("ERR_HTTP2_PROTOCOL_ERROR", "network", "The server violated the HTTP/2 protocol."),
    ("ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION", "network", "The response has several different Location headers."),
    ("ERR_CONTENT_LENGTH_MISMATCH", "network", "The body is shorter than announced."),
    ("ERR_INCOMPLETE_CHUNKED_ENCODING", "network", "The body ended early."),
    ("ERR_QUIC_PROTOCOL_ERROR", "network", "The server violated the QUIC protocol."),
    ("ERR_UNEXPECTED_PROXY_AUTH", "network", "A 407 came although no proxy is in use, as on a preflight."),
    ("ERR_ALPN_NEGOTIATION_FAILED", "network", "A streamed upload needs HTTP/2."),
    ("ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", "local-network", "A page from the internet may not call the local network."),
    ("ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS", "local-network", "The same, in older versions."),
    ("ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", "corp-coep", "Cross-Origin-Resource-Policy: same-origin."),
    ("ERR_BLOCKED_BY_RESPONSE.NotSameSite", "corp-coep", "Cross-Origin-Resource-Policy: same-site."),
    (
        "ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep",
        "corp-coep",
        "The page requires CORP (COEP: require-corp) and the response has none.",
    ),
    (
        "ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByDip",
        "corp-coep",
        "The same, by Document-Isolation-Policy.",
    ),
    ("ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoepAndDip", "corp-coep", "The same, by both."),
    ("ERR_BLOCKED_BY_RESPONSE.ResponseNeedsCrossOriginEmbedderPolicy", "corp-coep", "The framed page has no COEP of its own."),
    ("ERR_BLOCKED_BY_RESPONSE.CoepFrameResourceNeedsCoepHeader", "corp-coep", "The same, in older versions."),
    (
        "ERR_BLOCKED_BY_RESPONSE.SandboxedIFrameCannotNavigateToOriginIsolatedPage",
        "corp-coep",
        "A sandboxed frame leads to a page with COOP.",
    ),
    ("ERR_BLOCKED_BY_CLIENT.CSP", "csp", "The page's Content Security Policy forbids the address."),
    ("ERR_BLOCKED_BY_CLIENT.MixedContent", "mixed-content", "A page on https calls plain http."),
    ("ERR_BLOCKED_BY_CLIENT.Origin", "client", "The browser's rules about origins forbid the request."),
    ("ERR_BLOCKED_BY_CLIENT.Inspector", "client", "The developer tools were told to block the request."),
    ("ERR_BLOCKED_BY_CLIENT.Integrity", "client", "Subresource Integrity does not match."),
    ("ERR_BLOCKED_BY_CLIENT.SubresourceFilter", "client", "The browser's ad filter stopped the request."),
    ("ERR_BLOCKED_BY_CLIENT.ContentType", "client", "The content type is not allowed there."),
]

_CSP_TAIL = ' violates the following Content Security Policy directive: "{directive}". The action has been blocked.'
_CSP_OLD_TAIL = ' because it violates the following Content Security Policy directive: "{directive}".'
_CSP: list[tuple[str, str, str, str]] = [
    ("CSP:script", "Loading the script '{url}'", "Refused to load the script '{url}'", "script-src"),
    ("CSP:style", "Loading the stylesheet '{url}'", "Refused to load the stylesheet '{url}'", "style-src"),
    ("CSP:font", "Loading the font '{url}'", "Refused to load the font '{url}'", "font-src"),
    ("CSP:image", "Loading the image '{url}'", "Refused to load the image '{url}'", "img-src"),
    ("CSP:media", "Loading media from '{url}'", "Refused to load media from '{url}'", "media-src"),
    ("CSP:worker", "Creating a worker from '{url}'", "Refused to create a worker from '{url}'", "worker-src"),
    ("CSP:prefetch", "Fetching content from '{url}'", "Refused to prefetch content from '{url}'", "default-src"),
    ("CSP:form", "Sending form data to '{url}'", "Refused to send form data to '{url}'", "form-action"),
]


def _say(product: Product, code: str, category: Category, text: str | Template, condition: str, *older: str) -> CatalogueEntry:
    template = text if isinstance(text, Template) else Template(text)
    return CatalogueEntry(product, code, category, template, condition, others=tuple(Template(other) for other in older))


_CHROMIUM = [
    _say(
        "chromium",
        "exception:fetch",
        "generic",
        "TypeError: Failed to fetch",
        "What fetch() rejects with, whatever the cause; another line of the console has the reason.",
    ),
    _say(
        "chromium",
        "exception:xhr-sync",
        "generic",
        "NetworkError: Failed to execute 'send' on 'XMLHttpRequest': Failed to load '{url}'.",
        "What a synchronous XMLHttpRequest throws, whatever the cause.",
    ),
    _say(
        "chromium",
        "fetch:csp",
        "csp",
        "Fetch API cannot load {url}. Refused to connect because it violates the document's Content Security Policy.",
        "The page's connect-src forbids the address.",
    ),
    _say(
        "chromium",
        "console:status",
        "status",
        chromium.STATUS,
        "The server answered with that status; script could read it unless a CORS error is beside it.",
    ),
    _say(
        "chromium",
        "console:net-error",
        "network",
        chromium.NET_ERROR,
        "Any failure to load; the name of the network error says which.",
    ),
    _say(
        "chromium",
        "devtools:network-line",
        "network",
        "{method} {url} net::{net_error} {status} ({status_text})",
        "The developer tools' line for a failed request; a status beside ERR_FAILED shows that a response came"
        " and CORS blocked it.",
    ),
    *(_say("chromium", f"net::{name}", category, f"net::{name}", condition) for name, category, condition in _NET_ERRORS),
    _say(
        "chromium",
        "CORB",
        "orb",
        "Cross-Origin Read Blocking (CORB) blocked cross-origin response {url} with MIME type {mime_type}."
        " See https://www.chromestatus.com/feature/5629709824032768 for more details.",
        "An image or script without CORS got HTML, XML or JSON.",
    ),
    _say(
        "chromium",
        "issue:CORB",
        "orb",
        "Response was blocked by CORB (Cross-Origin Read Blocking)",
        "The Issues panel's title for the same.",
        "Response was blocked by CORB",
        "Response was blocked by ORB",
    ),
    _say(
        "chromium",
        "MixedContent:blocked",
        "mixed-content",
        chromium.MIXED_CONTENT,
        "A page on https calls plain http; the server never sees it.",
    ),
    _say(
        "chromium",
        "MixedContent:warning",
        "mixed-content",
        "Mixed Content: The page at '{page_url}' was loaded over HTTPS, but requested an insecure"
        " {resource_kind} '{url}'. This content should also be served over HTTPS.",
        "A page on https shows an image over plain http.",
    ),
    _say(
        "chromium",
        "MixedContent:upgraded",
        "mixed-content",
        "Mixed Content: The page at '{page_url}' was loaded over HTTPS, but requested an insecure"
        " {resource_kind} '{url}'. This request was automatically upgraded to HTTPS, For more information see"
        " https://blog.chromium.org/2019/10/no-more-mixed-messages-about-https.html",
        "A page on https loads an image over plain http; the browser tries https instead.",
    ),
    _say(
        "chromium",
        "MixedContent:not-upgraded",
        "mixed-content",
        "Mixed Content: The page at '{page_url}' was loaded over HTTPS, but requested an insecure"
        " {resource_kind} '{url}'. This request was not upgraded to HTTPS because it is a local network request.",
        "A page on https loads an image from the local network over plain http.",
    ),
    _say(
        "chromium",
        "MixedContent:websocket",
        "mixed-content",
        "Mixed Content: The page at '{page_url}' was loaded over HTTPS, but attempted to connect to the"
        " insecure WebSocket endpoint '{url}'. This request has been blocked; this endpoint must be available over WSS.",
        "A page on https opens ws: instead of wss:.",
    ),
    _say(
        "chromium", "CSP:connect", "csp", "Connecting to '{url}'" + _CSP_TAIL, "The page's connect-src does not list the address."
    ),
    _say(
        "chromium",
        "CSP:connect-old",
        "csp",
        "Refused to connect to '{url}'" + _CSP_OLD_TAIL,
        "The same, as worded until 2025.",
    ),
    *(
        _say("chromium", code, "csp", new + _CSP_TAIL, f"The page's {directive} does not list the address.", old + _CSP_OLD_TAIL)
        for code, new, old, directive in _CSP
    ),
    _say(
        "chromium",
        "module-mime",
        "mime",
        chromium.MODULE_TYPE,
        "The URL of a module script returns HTML or similar.",
        "Failed to load module script: Expected a JavaScript module script but the server responded with a"
        ' MIME type of "{mime_type}".'
        " Strict MIME type checking is enforced for module scripts per HTML spec.",
    ),
    _say(
        "chromium",
        "websocket-handshake",
        "websocket",
        "WebSocket connection to '{url}' failed: Error during WebSocket handshake: Unexpected response code: {status}",
        "The server refused the WebSocket; CORS does not cover it.",
    ),
    _say(
        "chromium",
        "frame-access",
        "dom",
        'Blocked a frame with origin "{origin}" from accessing a cross-origin frame.',
        "Script reaches into a frame or window of another origin.",
    ),
    _say(
        "chromium", "unsafe-header", "client", chromium.UNSAFE_HEADER, "XMLHttpRequest may not set this header; the browser does."
    ),
    _say(
        "chromium",
        "hidden-header",
        "client",
        'Refused to get unsafe header "{header}"',
        "The header is not named in Access-Control-Expose-Headers.",
    ),
    _say(
        "chromium",
        "eventsource-type",
        "mime",
        chromium.EVENT_STREAM_TYPE,
        "The response to an EventSource is not an event stream.",
    ),
    _say(
        "chromium",
        "integrity:eligible",
        "integrity",
        "Subresource Integrity: The resource '{url}' has an integrity attribute, but {reason}",
        "Integrity can only be checked for responses that CORS lets the page read.",
    ),
    _say(
        "chromium",
        "integrity:digest",
        "integrity",
        "Failed to find a valid digest in the 'integrity' attribute for resource '{url}' with computed SHA-256 integrity"
        " '{token}'. The resource has been blocked.",
        "The content does not match the integrity attribute.",
    ),
    _say(
        "chromium",
        "integrity:fetch",
        "integrity",
        "Fetch API cannot load {url}. SRI's integrity checks failed.",
        "The same, in fetch().",
    ),
]

_MORE_FIREFOX = [
    _say(
        "firefox",
        "exception:fetch",
        "generic",
        "TypeError: NetworkError when attempting to fetch resource.",
        "What fetch() rejects with, whatever the cause; another line of the console has the reason.",
    ),
    _say(
        "firefox",
        "exception:xhr",
        "generic",
        "A network error occurred.",
        "What a synchronous XMLHttpRequest throws, whatever the cause.",
    ),
    _say(
        "firefox",
        "BlockMixedActiveContent",
        "mixed-content",
        firefox.MIXED_CONTENT,
        "A page on https calls plain http.",
        *(
            "Blocage du chargement du contenu mixte actif (mixed active content) « {url} »",
            'Laden von gemischten aktiven Inhalten "{url}" wurde blockiert.',
            "Заблокирована загрузка смешанного активного содержимого «{url}»",
            'Se ha bloqueado la carga del contenido activo mixto "{url}"',
            "Bloqueado carregamento de conteúdo misto ativo “{url}”",
            "Bloccato il caricamento di contenuto misto attivo (mixed active content) “{url}”",
            "已阻止载入混合活动内容“{url}”",
            "已封鎖載入混和的主動內容「{url}」",
            "混在アクティブコンテンツ “{url}” の読み込みをブロックしました",
        ),
    ),
    _say(
        "firefox",
        "BlockMixedDisplayContent",
        "mixed-content",
        "Blocked loading mixed display content “{url}”",
        "A page on https shows an image over plain http.",
    ),
    _say(
        "firefox",
        "MixedContentUpgrade",
        "mixed-content",
        "Mixed Content: Upgrading insecure display request ‘{url}’ to use ‘https’",
        "A page on https loads an image over plain http; the browser tries https instead.",
    ),
    _say(
        "firefox",
        "LoadingMixedActiveContent2",
        "mixed-content",
        "Loading mixed (insecure) active content “{url}” on a secure page",
        "A page on https was allowed to call plain http.",
    ),
    _say(
        "firefox",
        "CORPBlocked",
        "corp-coep",
        firefox.RESOURCE_POLICY,
        "Cross-Origin-Resource-Policy keeps the response from this page.",
    ),
    _say(
        "firefox",
        "ResourceBlockedORB",
        "orb",
        "The resource at “{url}” was blocked by OpaqueResponseBlocking. Reason: “{reason}”.",
        "An image or script without CORS got HTML, JSON or text.",
    ),
    _say(
        "firefox",
        "ResourceBlockedORB:content",
        "orb",
        "A resource is blocked by OpaqueResponseBlocking, please check browser console for details.",
        "The same, as the page's own process reports it.",
    ),
    _say(
        "firefox",
        "TrackerUriBlockedByETP",
        "client",
        "The resource at “{url}” was blocked because Enhanced Tracking Protection is enabled.",
        "The address is on a list of trackers.",
    ),
    _say(
        "firefox",
        "LocalNetworkAccessPermissionRequired",
        "local-network",
        "Local Network Access permission required: top-level site “{top_site}”, initiator"
        " “{initiator_url}”, attempting to access target “{url}” ({ip}:{port}) via {mechanism}. Secure context: {secure}",
        "A page calls this machine or the local network, and the user has to allow it.",
    ),
    _say(
        "firefox",
        "LocalNetworkAccessDetected",
        "local-network",
        "Local Network Access detected: top-level site “{top_site}”, initiator “{initiator_url}”, accessing"
        " target “{url}” ({ip}:{port}) via {mechanism}. Secure context: {secure}, prompt action: {action}",
        "Information about the same.",
    ),
    _say(
        "firefox",
        "CSPGenericViolation",
        "csp",
        "Content-Security-Policy: The page’s settings blocked the loading of a resource ({directive}) at {url} because it"
        " violates the following directive: “{policy}”",
        "The page's Content Security Policy does not list the address.",
    ),
    _say(
        "firefox",
        "CSPViolationWithURI",
        "csp",
        "Content Security Policy: The page’s settings blocked the loading of a resource at {url} (“{directive}”).",
        "The same, as worded until 2023.",
    ),
    _say(
        "firefox",
        "BlockModuleWithWrongMimeType",
        "mime",
        firefox.MODULE_TYPE,
        "The URL of a module script returns HTML or similar.",
    ),
    _say(
        "firefox",
        "ScriptSourceLoadFailed",
        "generic",
        "Loading failed for the <script> with source “{url}”.",
        "A script was not loaded, whatever the cause.",
    ),
    _say(
        "firefox",
        "ModuleSourceLoadFailed",
        "generic",
        "Loading failed for the module with source “{url}”.",
        "A module was not loaded, whatever the cause.",
    ),
    _say(
        "firefox",
        "ScriptSourceNotAllowed",
        "generic",
        firefox.SCRIPT_REFUSED,
        "A script was refused, whatever the cause; CORS for one with `crossorigin`.",
    ),
    _say(
        "firefox",
        "ModuleSourceNotAllowed",
        "generic",
        firefox.MODULE_REFUSED,
        "A module was refused, whatever the cause; modules always need CORS.",
    ),
    _say(
        "firefox",
        "CheckLoadURIError",
        "scheme",
        "Security Error: Content at {page_url} may not load or link to {url}.",
        "A page may not use that URL, for example a file.",
    ),
    CatalogueEntry(
        "firefox",
        "CheckSameOriginError",
        "cors",
        firefox.SAME_ORIGIN_MODE,
        "The request was limited to its own origin and goes to another.",
        error=CorsError.DisallowedByMode,
        preflight=False,
    ),
    _say(
        "firefox",
        "NoConnection",
        "network",
        firefox.NO_CONNECTION,
        "An EventSource or WebSocket ended, whatever the cause; a CORS line before it says more.",
    ),
    _say(
        "firefox", "ForbiddenHeader", "client", firefox.UNSAFE_HEADER, "XMLHttpRequest may not set this header; the browser does."
    ),
    _say("firefox", "DataRedirect", "network", firefox.DATA_REDIRECT, "A redirect leads to a data: URL."),
    _say(
        "firefox",
        "SyncXMLHttpRequest",
        "client",
        "Synchronous XMLHttpRequest on the main thread is deprecated because of its detrimental effects to the end user’s"
        " experience. For more help https://xhr.spec.whatwg.org/#sync-warning",
        "A warning about XMLHttpRequest without callbacks.",
    ),
    _say(
        "firefox",
        "cookie:SameSite",
        "cookie",
        "Cookie “{token}” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or “Strict”.",
        "A cookie of another site: it needs SameSite=None and Secure.",
    ),
    _say(
        "firefox",
        "cookie:NotSecure",
        "cookie",
        "Cookie “{token}” rejected because it has the “SameSite=None” attribute but is missing the “secure” attribute.",
        "SameSite=None works only together with Secure.",
    ),
    _say(
        "firefox",
        "cookie:Partitioned",
        "cookie",
        "Cookie “{token}” will soon be rejected because it is foreign and does not have the “Partitioned“ attribute.",
        "A warning about cookies of other sites.",
    ),
    _say(
        "firefox",
        "integrity:eligible",
        "integrity",
        "“{url}” is not eligible for integrity checks since it’s neither CORS-enabled nor same-origin.",
        "Integrity can only be checked for responses that CORS lets the page read.",
    ),
    _say(
        "firefox",
        "integrity:length",
        "integrity",
        "The hash contained in the integrity attribute has the wrong length.",
        "The integrity attribute is not a valid hash.",
    ),
    _say(
        "firefox",
        "integrity:digest",
        "integrity",
        "None of the “sha256” hashes in the integrity attribute match the content of the subresource at “{url}”."
        " The computed hash is “{token}”.",
        "The content does not match the integrity attribute.",
    ),
]

_MORE_WEBKIT = [
    _say(
        "webkit",
        "exception:fetch",
        "generic",
        "TypeError: Load failed",
        "What fetch() rejects with, whatever the cause; another line of the console has the reason.",
    ),
    CatalogueEntry(
        "webkit",
        "NoCorsRedirectModeNotFollow",
        "cors",
        webkit.NO_CORS_REDIRECT,
        '`mode: "no-cors"` together with `redirect: "manual"` or `"error"`.',
        error=CorsError.NoCorsRedirectModeNotFollow,
        preflight=False,
    ),
    _say(
        "webkit",
        "not-allowed-to-request",
        "mixed-content",
        webkit.NOT_ALLOWED_TO_REQUEST,
        "The page may not request that URL: plain http from https, or a file.",
    ),
    _say(
        "webkit",
        "redirect-was-not-allowed",
        "mixed-content",
        "Failed to load resource: Redirect was not allowed",
        "A redirect leads from https to plain http.",
    ),
    _say(
        "webkit",
        "mixed-new",
        "mixed-content",
        webkit.MIXED_CONTENT.text.strip(),
        "A page on https calls plain http.",
        webkit.MIXED_CONTENT_ON_LOOPBACK.text.strip(),
    ),
    _say(
        "webkit",
        "mixed-upgraded",
        "mixed-content",
        "The page at {page_url} requested insecure content from {url}. This content was automatically upgraded and"
        " should be served over HTTPS.",
        "A page on https loads an image over plain http; the browser tries https instead.",
    ),
    _say(
        "webkit",
        "mixed-mid",
        "mixed-content",
        "[blocked] The page at {page_url} was not allowed to {action} insecure content from {url}.",
        "The same, as worded from 2017 to 2023.",
    ),
    _say(
        "webkit",
        "mixed-old",
        "mixed-content",
        "[blocked] The page at {page_url} {action} insecure content from {url}.",
        "The same, as worded until 2017.",
    ),
    _say(
        "webkit",
        "mixed-websocket",
        "mixed-content",
        "The page at {page_url} was blocked from connecting insecurely to {url} either because the protocol is insecure or"
        " the page is embedded from an insecure page.",
        "A page on https opens ws: instead of wss:.",
    ),
    _say(
        "webkit",
        "csp",
        "csp",
        "Refused to connect to {url} because it does not appear in the connect-src directive of the Content Security Policy.",
        "The page's connect-src does not list the address.",
        "Refused to connect to {url} because it appears in neither the connect-src directive nor the"
        " default-src directive of the Content Security Policy.",
        "Refused to connect to {url} because it does not appear in the default-src directive of the Content Security Policy.",
    ),
    _say("webkit", "csp-blocked", "csp", "Blocked by Content Security Policy.", "The same, as the loader words it."),
    _say("webkit", "content-extension", "client", "Blocked by content extension", "A content blocker stopped the request."),
    _say(
        "webkit", "corp", "corp-coep", webkit.RESOURCE_POLICY, "Cross-Origin-Resource-Policy keeps the response from this page."
    ),
    _say(
        "webkit",
        "frame-access",
        "dom",
        'Blocked a frame with origin "{origin}" from accessing a frame with origin "{other_origin}".'
        " Protocols, domains, and ports must match.",
        "Script reaches into a frame or window of another origin.",
    ),
    _say("webkit", "restricted-port", "network", webkit.RESTRICTED_PORT, "Browsers block this port."),
    _say(
        "webkit",
        "fetch:same-origin-mode",
        "cors",
        webkit.SAME_ORIGIN_MODE,
        "fetch() was limited to its own origin and goes to another.",
    ),
    _say(
        "webkit",
        "connection-refused",
        "network",
        "Could not connect to {host}: Connection refused",
        "Nothing listens at that host and port.",
        "Could not connect to the server.",
    ),
    _say(
        "webkit",
        "connection-closed",
        "network",
        "Connection terminated unexpectedly",
        "The server closed the connection without a response.",
        "The network connection was lost.",
    ),
    _say("webkit", "connection-reset", "network", "Error receiving data: Connection reset by peer", "The connection was reset."),
    _say(
        "webkit",
        "name-not-resolved",
        "network",
        "Error resolving “{host}”: {reason}",
        "The host name does not resolve.",
        "A server with the specified hostname could not be found.",
    ),
    _say(
        "webkit",
        "tls",
        "tls",
        "Error performing TLS handshake: {reason}",
        "The server does not speak TLS properly, or its certificate is not trusted.",
        "An SSL error has occurred and a secure connection to the server cannot be made.",
        "The certificate for this server is invalid.",
    ),
    _say("webkit", "not-http", "network", "Could not parse HTTP response", "The response is not HTTP."),
    _say("webkit", "timeout", "network", "Socket I/O timed out", "No response came in time.", "The request timed out."),
    _say(
        "webkit",
        "canvas",
        "dom",
        "Unable to get image data from canvas because the canvas has been tainted by cross-origin data.",
        "An image without CORS was drawn on the canvas.",
    ),
    _say(
        "webkit",
        "integrity",
        "integrity",
        "Failed integrity metadata check. {url}. Failed integrity metadata check. Content length: {length},"
        " Expected content length:"
        " {expected_length}, Expected metadata: {value}",
        "The content does not match the integrity attribute.",
    ),
    _say(
        "webkit",
        "integrity:script",
        "integrity",
        "Cannot load script {url}. Failed integrity metadata check. Content length: {length}, Expected content length:"
        " {expected_length}, Expected metadata: {value}",
        "The same, for a script.",
    ),
    _say(
        "webkit",
        "mime",
        "mime",
        webkit.MODULE_TYPE,
        "The URL of a module script returns HTML or similar.",
    ),
    _say(
        "webkit",
        "websocket-handshake",
        "websocket",
        "WebSocket connection to '{url}' failed: The server did not accept the WebSocket handshake.",
        "The server refused the WebSocket; CORS does not cover it.",
    ),
]


def _edge(
    code: str, text: str, condition: str, error: CorsError | None = None, *, category: Category = "cors", sure: bool = True
) -> CatalogueEntry:
    return CatalogueEntry("ie-edge-legacy", code, category, Template(text), condition, error=error, sure=sure)


_EDGE = [
    _edge(
        "SEC7118",
        "SEC7118: XMLHttpRequest for {url} required Cross Origin Resource Sharing (CORS).",
        "Information: the request goes to another origin.",
    ),
    _edge(
        "SEC7119", "SEC7119: XMLHttpRequest for {url} required CORS preflight.", "Information: the request needed a preflight."
    ),
    _edge(
        "SEC7120",
        "SEC7120: Origin {origin} not found in Access-Control-Allow-Origin header.",
        "Access-Control-Allow-Origin is missing or names another origin.",
        CorsError.MissingAllowOriginHeader,
        sure=False,
    ),
    _edge(
        "SEC7121",
        "SEC7121: Wildcard in Access-Control-Allow-Origin not allowed when credentials flag is set to true.",
        "The response allows `*` while the request carries credentials.",
        CorsError.WildcardOriginNotAllowed,
    ),
    _edge(
        "SEC7123",
        "SEC7123: Request header {header} was not present in the Access-Control-Allow-Headers list.",
        "The response to the preflight does not list a header that the script set.",
        CorsError.HeaderDisallowedByPreflightResponse,
    ),
    _edge(
        "SEC7128",
        "SEC7128: Multiple Access-Control-Allow-Origin headers are not allowed for CORS response.",
        "Access-Control-Allow-Origin came twice.",
        CorsError.MultipleAllowOriginValues,
    ),
    _edge(
        "SCRIPT7002",
        "SCRIPT7002: XMLHttpRequest: Network Error 0x80070005, Access is denied.",
        "The request failed; a SEC line before it says why.",
    ),
    _edge("SCRIPT5", "SCRIPT5: Access is denied.", "Internet Explorer 8 and 9: another origin, or another scheme."),
    _edge(
        "CSP14312",
        "CSP14312: Resource violated directive '{directive}' in Content-Security-Policy: {url}. Resource will be blocked.",
        "The page's Content Security Policy does not list the address.",
        category="csp",
    ),
]

_LIBRARIES = [
    _say(
        "axios",
        "ERR_NETWORK",
        "library",
        "AxiosError: Network Error",
        "axios got no response that it may read, whatever the cause; another line of the console has the reason.",
        "Error: Network Error",
        "Network Error",
    ),
    _say(
        "axios",
        "ECONNABORTED",
        "library",
        "AxiosError: timeout of {ms}ms exceeded",
        "axios gave up waiting.",
        "Error: timeout of {ms}ms exceeded",
    ),
    _say(
        "axios",
        "ECONNABORTED:abort",
        "library",
        "AxiosError: Request aborted",
        "The browser cancelled the request.",
        "Error: Request aborted",
    ),
    _say(
        "axios",
        "ERR_BAD_REQUEST:protocol",
        "library",
        "AxiosError: Unsupported protocol {protocol}:",
        "The URL is not http or https.",
    ),
    _say(
        "axios",
        "status",
        "library",
        "AxiosError: Request failed with status code {status}",
        "The response could be read, so this is not CORS.",
        "Error: Request failed with status code {status}",
    ),
    _say(
        "angular",
        "HttpErrorResponse:0",
        "library",
        "Http failure response for {url}: 0 Unknown Error",
        "Angular got no response, whatever the cause.",
    ),
    _say(
        "angular",
        "HttpErrorResponse:parse",
        "library",
        "Http failure during parsing for {url}",
        "The response is not JSON, often an HTML page.",
    ),
    _say(
        "angular",
        "HttpErrorResponse:status",
        "library",
        "Http failure response for {url}: {status} {status_text}",
        "The response could be read, so this is not CORS.",
    ),
    _say(
        "swagger-ui",
        "failed-to-fetch",
        "library",
        'Failed to fetch.\nPossible Reasons:\n - CORS\n - Network Failure\n - URL scheme must be "http" or'
        ' "https" for CORS request.',
        "Swagger UI guesses: fetch() rejects, whatever the cause; another line of the console has the reason.",
    ),
    _say(
        "swagger-ui",
        "definition-cors",
        "library",
        "Possible cross-origin (CORS) issue? The URL origin ({spec_origin}) does not match the page ({page_origin})."
        " Check the server returns the correct 'Access-Control-Allow-*' headers",
        "Swagger UI could not load the OpenAPI document from another origin.",
    ),
    _say(
        "swagger-ui",
        "definition-mixed",
        "library",
        "Possible mixed-content issue? The page was loaded over https:// but a http:// URL was specified."
        " Check that you are not attempting to load mixed content",
        "Swagger UI on https was given a document over plain http.",
    ),
    _say(
        "superagent",
        "crossDomainError",
        "library",
        "Request has been terminated\nPossible causes: the network is offline, Origin is not allowed by"
        " Access-Control-Allow-Origin, the page is being unloaded, etc.",
        "superagent got no response, whatever the cause.",
    ),
    _say(
        "whatwg-fetch",
        "network",
        "library",
        "TypeError: Network request failed",
        "The fetch polyfill, or React Native, got no response. React Native has no CORS.",
        "Network request failed",
    ),
    _say(
        "dio",
        "connectionError",
        "library",
        "DioException [connection error]: The connection errored: The XMLHttpRequest onError callback was called."
        " This typically indicates an error on the network layer.",
        "dio on Flutter web got no response, whatever the cause.",
        "DioError [DioErrorType.RESPONSE]: XMLHttpRequest error.",
    ),
    _say(
        "dart-http",
        "xhr",
        "library",
        "XMLHttpRequest error.",
        "package:http on Flutter web got no response, whatever the cause.",
        "ClientException: XMLHttpRequest error., uri={url}",
        "ClientException: Failed to fetch, uri={url}",
    ),
    _say("postman", "web", "library", "Could not send request", "Postman on the web: localhost needs its desktop agent."),
    _say(
        "graphql",
        "apollo",
        "library",
        "[Network error]: TypeError: Failed to fetch",
        "How Apollo reports a fetch() that rejected.",
    ),
    _say(
        "jquery",
        "ajax-error",
        "library",
        'error: {"readyState":0,"responseText":"","status":0,"statusText":"error"}',
        "jQuery got no response, whatever the cause.",
    ),
]

_SERVERS = [
    _say(
        "server",
        "starlette:disallowed",
        "server",
        "Disallowed CORS {what}",
        "The body of Starlette's refusal of a preflight: origin, method or headers; no console shows it.",
    ),
    _say(
        "server",
        "starlette:options-405",
        "server",
        '{"detail":"Method Not Allowed"}',
        "An OPTIONS request that was not a preflight, or that reached no CORS layer.",
    ),
    _say(
        "server",
        "starlette:500",
        "server",
        "Internal Server Error",
        "An exception outside the CORS layer: the response has no CORS headers.",
    ),
    _say(
        "server",
        "uvicorn:options-log",
        "server",
        '"OPTIONS {path} HTTP/1.1" {status} {status_text}',
        "The access log: 400 is a refusal by CORSMiddleware, 405 no CORS layer, 401 or 403 something in front of it.",
    ),
    _say(
        "server",
        "django-csrf",
        "server",
        "Origin checking failed - {origin} does not match any trusted origins.",
        "Django's CSRF protection, not CORS.",
    ),
    _say(
        "server",
        "express:not-allowed",
        "server",
        "Error: Not allowed by CORS",
        "The origin callback of Express's cors threw: a 500 without CORS headers.",
    ),
    _say("server", "spring", "server", "Invalid CORS request", "Spring's 403 for an origin that is not allowed."),
]

NON_CORS: tuple[CatalogueEntry, ...] = (*_CHROMIUM, *_MORE_FIREFOX, *_MORE_WEBKIT, *_EDGE, *_LIBRARIES, *_SERVERS)
"""All of them, in the order of the catalogue."""
