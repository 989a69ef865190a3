"""The marks by which a response reveals a proxy, gateway, CDN or tunnel: one per line, with its source.

A mark of `OWN_HEADERS` and `OWN_BODIES` is only on responses that the layer makes itself; one of `PASSED` says that the response
came through the layer, from whatever source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TUNNELS = frozenset({"ngrok", "localtunnel", "devtunnels", "codespaces", "cloudflare-tunnel", "pinggy", "serveo", "zrok"})
"""Layers that bring a developer's machine onto the internet."""

GRANTING = frozenset({"api-gateway", "lambda-url", "azure", "kong", "apisix", "tyk", "krakend"})
"""Gateways that answer preflights from settings of their own. Starlette's own answer has a body and says Vary: Origin."""


@dataclass(frozen=True, slots=True)
class HeaderMark:
    """A header line that names a layer: `value` is searched in its value, case-insensitively; the empty one fits any."""

    layer: str
    header: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class BodyMark:
    """A text that a layer writes into its own pages: searched in the body, case-insensitively."""

    layer: str
    text: str


_H, _B = HeaderMark, BodyMark

# The last words of a line are its source: a documentation page, or "recorded" for answers of the program itself.
OWN_HEADERS: tuple[HeaderMark, ...] = (
    _H("ngrok", "ngrok-error-code"),  # ngrok docs, errors
    _H("ngrok", "ngrok-trace-id", r"err_ngrok"),  # ngrok docs, errors
    _H("localtunnel", "server", r"^localtunnel"),  # localtunnel/server
    _H("cloudflare", "cf-mitigated"),  # Cloudflare docs, detect a challenge page response
    _H("cloudflare-access", "www-authenticate", r"cloudflare-access"),  # Cloudflare One docs, non-browser rules
    _H("cloudflare-access", "cf-access-domain"),  # Cloudflare One docs, authorization cookie
    _H("cloudflare-access", "location", r"\.cloudflareaccess\.com/"),  # Cloudflare One docs, authorization cookie
    _H("api-gateway", "x-amzn-errortype"),  # API Gateway docs, gateway responses
    _H("alb", "server", r"^awselb/"),  # ELB docs, HTTP headers
    _H("alb", "location", r"\.amazoncognito\.com/(?:oauth2|login)"),  # ELB docs, authenticate users
    _H("cloudfront", "x-cache", r"^error from cloudfront"),  # CloudFront docs, error caching
    _H("cloudfront", "x-cache", r"^lambdageneratedresponse from cloudfront"),  # CloudFront docs, generated responses
    _H("google", "x-goog-iap-generated-response"),  # IAP docs, sessions
    _H("google", "location", r"^https://accounts\.google\.com/.*iap\.googleapis\.com"),  # IAP docs, sessions
    _H("vercel", "x-vercel-error"),  # Vercel docs, errors
    _H("vercel", "x-vercel-mitigated"),  # Vercel docs, challenge
    _H("vercel", "location", r"^https://vercel\.com/sso-api"),  # Vercel docs, deployment protection
    _H("railway", "x-railway-fallback"),  # Railway docs, application failed to respond
    _H("render", "x-render-routing", r"^(?!default)\S*(?:error|suspend|hibernate|no-server|no-deploy|dynamic-)"),  # Render docs
    _H("azure", "x-ms-forbidden-ip"),  # App Service docs, access restrictions
    _H(
        "azure", "www-authenticate", r'realm="[^"]*\.(?:azurewebsites\.net|azurecontainerapps\.io)"'
    ),  # App Service docs, EasyAuth
    _H("azure", "location", r"^https://login\.(?:microsoftonline|windows)\.(?:com|net)/.*easyauth"),  # App Service docs, EasyAuth
    _H("caddy", "server", r"^caddy"),  # recorded; on answers of the app it is beside the app's own line
    _H("varnish", "server", r"^varnish"),  # recorded
    _H("apache", "server", r"^apache(?:/|$|\s)"),  # recorded
    _H("haproxy", "server", r"^haproxy"),  # HAProxy docs, errorfiles
    _H("squid", "x-squid-error"),  # Squid docs, error pages
    _H("litespeed", "server", r"^litespeed"),  # LiteSpeed docs
    _H("akamai", "server", r"^akamaighost|^akamainetstorage"),  # Akamai docs, error pages
    _H("traefik", "www-authenticate", r'realm="traefik"'),  # recorded
    _H("traefik", "x-retry-in"),  # recorded: the rate limit
    _H("devtunnels", "location", r"tunnels\.api\.visualstudio\.com/"),  # dev tunnels docs, security
    _H("codespaces", "location", r"^https://github\.com/codespaces/auth|/pf-signin"),  # Codespaces docs, forwarding ports
    _H("oauth2-proxy", "location", r"/oauth2/(?:start|sign_in)\b"),  # oauth2-proxy docs, endpoints
    _H("authelia", "location", r"[?&]rd=https?.*[?&]rm="),  # Authelia docs, proxy integration
)

OWN_BODIES: tuple[BodyMark, ...] = (
    _B("nginx", r"<hr><center>(?:nginx|openresty|tengine)"),  # recorded
    _B("cloudflare", r"<hr><center>cloudflare"),  # Cloudflare docs, 4xx and 5xx errors
    _B("haproxy", r"^<html><body><h1>\d{3} [^<]+</h1>\s"),  # recorded
    _B("apache", r'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2\.0//EN">|<address>Apache(?:/'
       r'| Server)'),  # Apache source, http_protocol.c
    _B("apache", r'^<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4\.01//EN" "http://www\.w3\.org/TR/html4/strict\.dtd">\s*<html><head>'),
    _B("envoy", r"^upstream connect error or disconnect/reset before headers"),  # recorded
    _B("envoy", r"^(?:upstream request timeout|local_rate_limited|no healthy upstream)$"),  # recorded
    _B("envoy", r"^(?:RBAC: access denied|Jwt (?:is missing|verification fails"
       r"|issuer is not configured))"),  # Envoy docs, RBAC, JWT
    _B("envoy", r"^User authentication failed\. (?:Missing username|Expected 'Basic'|Invalid username)"),  # recorded
    _B("varnish", r"<h1>Error 503 (?:Backend fetch failed|Service Unavailable)</h1>|<p>Varnish cache server</p>"),  # recorded
    _B("varnish", r"<title>503 Backend fetch failed</title>|Guru Meditation"),  # recorded
    _B("traefik", r"^(?:404 page not found|no available server)\s*$"),  # recorded
    _B("traefik", r"^401 Unauthorized\n$"),  # recorded
    _B("cloudflare", r"<title>(?:Just a moment\.\.\.|Attention Required! \| Cloudflare)"),  # Cloudflare docs, challenges
    _B("cloudflare", r"\| 5(?:2\d|30)\: |error code: (?:5(?:0[234]|2\d|30)|1\d{3})\b"
       r"|cf-error-details"),  # Cloudflare docs, 5xx errors
    _B("cloudflare-tunnel", r"error code: 1033\b|Cloudflare Tunnel error"),  # Cloudflare docs, tunnel errors
    _B("cloudflare-access", r"<title>[^<]*Cloudflare Access"),  # Cloudflare One docs
    _B("api-gateway", r'^\{"message":\s*"(?:Missing Authentication Token|Forbidden|Unauthorized|Internal server error'
       r'|Endpoint request timed out|Service Unavailable|Limit Exceeded|Too Many Requests|Not Found|Request Too Long)"\}$'),
    _B("api-gateway", r'^\{"message":\s*"(?:User is not authorized to access this resource'
       r'|The security token included)'),  # AWS docs
    _B("lambda-url", r'^\{"Message":\s*"(?:Forbidden|Internal Server Error|Bad Gateway)'),  # Lambda docs, function URLs
    _B("cloudfront", r"<H1>(?:403|5\d\d) ERROR</H1>|Generated by cloudfront"),  # CloudFront docs, troubleshooting
    _B("google", r"<title>Error \d{3} \([^)]*\)!!1</title>|<title>\d{3} (?:Server Error"
       r"|Forbidden)</title>"),  # Cloud Run docs
    _B("google", r"^(?:no healthy upstream|upstream request timeout|default backend - 404)$"
       r"|Your client does not have permission to get URL"),
    _B("google", r"^The request was aborted because there was no available instance"),  # Cloud Run docs, troubleshoot
    _B("azure", r"<title>Microsoft Azure (?:Web )?App -|Microsoft-Azure-Application-Gateway"
       r"|Our services aren't available right now"),
    _B("azure", r'^\{\s*"statusCode":\s*(?:401|403|404|429),\s*"message":\s*"(?:Access denied due to'
       r'|Resource not found|Rate limit)'),  # APIM
    _B("iis", r"<title>IIS [\d.]+ Detailed Error|<h2>(?:Bad Gateway|Service Unavailable)</h2>|Microsoft-IIS"
       r"|HTTP Error 502\.[35]"),  # IIS docs
    _B("iis", r"<title>(?:404 - File or directory not found|405 - HTTP verb used|403 - Forbidden: Access)"),  # IIS docs
    _B("fly", r"^(?:could not find a good candidate|the app appears to be)"),  # Fly docs, errors
    _B("heroku", r"<iframe src=\"//www\.herokucdn\.com/error-pages/"
       r"|<title>Application [Ee]rror</title>"),  # Heroku docs, error pages
    _B("railway", r"Application failed to respond"),  # Railway docs, errors
    _B("render", r"<title>(?:Service Suspended|Render)\b|render\.com/docs"),  # Render docs
    _B("vercel", r"^(?:The deployment could not be found on Vercel"
       r"|An error occurred with your deployment)"),  # Vercel docs, errors
    _B("vercel", r"^(?:FUNCTION|DEPLOYMENT|ROUTER|MIDDLEWARE|INTERNAL|EDGE)_[A-Z_]{6,}\s"
       r"|<title>(?:Authentication Required|Vercel Security)"),
    _B("netlify", r"^Not Found - Request ID: |https://answers\.netlify\.com"),  # Netlify docs
    _B("fastly", r"^Fastly error: |<p>Details: cache-\w+"),  # Fastly docs, error messages
    _B("akamai", r"errors\.edgesuite\.net|Reference&#32;&#35;\d|errors&#46;edgesuite"),  # Akamai docs
    _B("imperva", r"_Incapsula_Resource|Incapsula incident ID|Request unsuccessful\. Incapsula"),  # Imperva docs
    _B("sucuri", r"Sucuri WebSite Firewall"),  # Sucuri docs
    _B("f5", r"The requested URL was rejected\. Please consult with your administrator"),  # F5 docs, ASM response page
    _B("kong", r'^\{\s*"message":\s*"(?:no Route matched with those values|No API key found in request|Unauthorized'
       r"|An invalid response was received from the upstream server|The upstream server is timing out|failure to get a peer"
       r'|name resolution failed|API rate limit exceeded|Request size limit exceeded)'),  # Kong docs, plugins
    _B("apisix", r"Powered by (?:<a[^>]{0,60}>)?APISIX|^\{\"(?:message|error_msg)\":\"(?:404 Route Not Found"
       r"|Missing API key)"),
    _B("tyk", r'^\{\s*"error":\s*"(?:Authorization field missing|Access to this API has been disallowed'
       r'|There was a problem proxying)'),
    _B("squid", r"<title>ERROR: The requested URL could not be retrieved</title>"),  # Squid docs
    _B("ngrok", r"ERR_NGROK_\d+|<title>ngrok - |ngrok\.com/static"),  # ngrok docs, errors
    _B("localtunnel", r"Tunnel website ahead!|loca\.lt|503 - Tunnel Unavailable|<title>localtunnel"),  # localtunnel/server
    _B("devtunnels", r"You are about to connect to a developer tunnel|<title>(?:Dev Tunnels"
       r"|Microsoft dev tunnels)"),  # dev tunnels docs
    _B("pinggy", r"pinggy\.io"),  # Pinggy docs
    _B("oauth2-proxy", r"github\.com/oauth2-proxy/oauth2-proxy|/oauth2/sign_in"),  # oauth2-proxy templates
    _B("vite", r"<title>Vite App</title>|/@vite/client"),  # vitejs/vite, index.html
    _B("webpack-dev-server", r"^Error occurred while (?:trying to )?proxy(?:ing request|\b)"
       r"|^Proxy error: Could not proxy"),  # CRA docs
)  # fmt: skip

PLAIN_PAGE = r"^<html>\r?\n?<head><title>\d{3} [^<]+</title></head>\r?\n?<body[^>]*>\r?\n?<center><h1>"
"""How nginx begins its pages, and those who have learned from it: load balancers of AWS, Cloudflare, Tengine. Recorded."""

PASSED: tuple[HeaderMark, ...] = (
    _H("nginx", "server", r"^(?:nginx|openresty|tengine)\b"),  # recorded
    _H("envoy", "server", r"^(?:istio-)?envoy"),  # recorded
    _H("envoy", "x-envoy-upstream-service-time"),  # Envoy docs, HTTP header manipulation
    _H("envoy", "x-envoy-attempt-count"),  # Envoy docs, HTTP header manipulation
    _H("caddy", "via", r"\bcaddy\b"),  # recorded
    _H("caddy", "server", r"\bcaddy\b"),  # recorded: on an upgrade
    _H("varnish", "x-varnish"),  # recorded
    _H("varnish", "via", r"\bvarnish\b(?!.*fastly)"),  # recorded
    _H("cloudflare", "cf-ray"),  # Cloudflare docs, HTTP headers
    _H("cloudflare", "server", r"^cloudflare"),  # Cloudflare docs, HTTP headers
    _H("cloudfront", "x-amz-cf-id"),  # CloudFront docs, request and response behaviour
    _H("alb", "server", r"^awselb/"),  # ELB docs, HTTP headers
    _H("cloudfront", "via", r"\.cloudfront\.net"),  # CloudFront docs, request and response behaviour
    _H("api-gateway", "x-amz-apigw-id"),  # API Gateway docs, header remapping
    _H("api-gateway", "apigw-requestid"),  # API Gateway docs, HTTP APIs
    _H("lambda-url", "x-amzn-requestid"),  # Lambda docs, function URLs
    _H("google", "server", r"^(?:google frontend|ghs|gws|esf)"),  # Cloud Run docs
    _H("google", "via", r"^1\.1 google"),  # Cloud Load Balancing docs, headers
    _H("google", "x-cloud-trace-context"),  # Cloud Trace docs
    _H("azure", "x-azure-ref"),  # Front Door docs, HTTP headers
    _H("azure", "server", r"^microsoft-azure-application-gateway"),  # Application Gateway docs
    _H("azure", "x-ms-middleware-request-id"),  # App Service docs
    _H("azure", "request-context", r"appid=cid"),  # API Management docs
    _H("iis", "server", r"^microsoft-(?:iis|httpapi)"),  # IIS docs
    _H("iis", "x-powered-by", r"^(?:arr/|asp\.net)"),  # IIS docs, application request routing
    _H("vercel", "x-vercel-id"),  # Vercel docs, response headers
    _H("vercel", "server", r"^vercel"),  # Vercel docs, response headers
    _H("netlify", "x-nf-request-id"),  # Netlify docs, request IDs
    _H("netlify", "server", r"^netlify"),  # Netlify docs
    _H("fly", "fly-request-id"),  # Fly docs, request headers
    _H("fly", "server", r"^fly/"),  # Fly docs
    _H("render", "rndr-id"),  # Render docs
    _H("render", "x-render-origin-server"),  # Render docs
    _H("railway", "x-railway-request-id"),  # Railway docs
    _H("railway", "server", r"^railway"),  # Railway docs
    _H("heroku", "via", r"\b(?:vegur|heroku-router)\b"),  # Heroku docs, HTTP routing
    _H("heroku", "server", r"^(?:cowboy|heroku)$"),  # Heroku docs, HTTP routing
    _H("fastly", "x-served-by", r"^cache-"),  # Fastly docs, headers
    _H("fastly", "x-fastly-request-id"),  # Fastly docs, headers
    _H("kong", "x-kong-request-id"),  # Kong docs, headers
    _H("kong", "x-kong-upstream-latency"),  # Kong docs, headers
    _H("kong", "x-kong-response-latency"),  # Kong docs, headers
    _H("kong", "server", r"^kong"),  # Kong docs, headers
    _H("apisix", "server", r"^apisix"),  # APISIX docs
    _H("tyk", "x-generator", r"tyk"),  # Tyk docs
    _H("krakend", "x-krakend"),  # KrakenD docs
    _H("akamai", "x-akamai-request-id"),  # Akamai docs, pragma headers
    _H("akamai", "akamai-grn"),  # Akamai docs
    _H("imperva", "x-cdn", r"^(?:imperva|incapsula)"),  # Imperva docs
    _H("imperva", "x-iinfo"),  # Imperva docs
    _H("sucuri", "x-sucuri-id"),  # Sucuri docs
    _H("squid", "via", r"\bsquid\b"),  # Squid docs
    _H("apache", "via", r"\bapache\b"),  # Apache docs, ProxyVia
    _H("traefik", "via", r"\btraefik\b"),  # Traefik docs
    _H("haproxy", "via", r"\bhaproxy\b"),  # HAProxy docs
    _H("ngrok", "ngrok-agent-ips"),  # ngrok docs, traffic policy
    _H("devtunnels", "x-report-abuse", r"msrc\.microsoft\.com"),  # dev tunnels docs
    _H("localtunnel", "x-localtunnel-agent-ips"),  # localtunnel/server
    _H("huggingface", "x-proxied-host"),  # Hugging Face docs, Spaces
    _H("skipper", "server", r"^skipper"),  # Skipper docs
    _H("oauth2-proxy", "gap-auth"),  # oauth2-proxy docs
)  # fmt: skip

_MARKS = frozenset(mark.header for mark in (*OWN_HEADERS, *PASSED))
_MARKS_BEGIN = (
    "akamai-", "cf-", "fly-", "rndr-", "x-akamai-", "x-amz-", "x-amzn-", "x-azure-", "x-envoy-", "x-fastly-", "x-kong-", "x-ms-",
    "x-nf-", "x-railway-", "x-render-", "x-vercel-",
)  # fmt: skip


def is_mark(name: str) -> bool:
    """Whether layers in front add a header of that name (lower case) for themselves."""
    return name in _MARKS or name.startswith(_MARKS_BEGIN)


APP_SERVERS = re.compile(
    r"\b(?:uvicorn|hypercorn|gunicorn|granian|daphne|waitress|werkzeug|simpleserver|wsgiserver)\b", re.IGNORECASE
)
"""What servers of Python apps call themselves. uvicorn adds its name to every answer of an app, and proxies mostly keep it."""

_STARLETTE_TEXTS = ("Disallowed CORS ", "Invalid host header", "There was an error parsing the body")
_STARLETTE_JSON = re.compile(r'^\{"detail":\s*(?:"(?:Not Found|Method Not Allowed)"\}$|\[\{"(?:type|loc)":)')


def is_words_of_starlette(status: int, content_type: str, body: str, *, nosniff: bool) -> bool:
    """Whether `body` is what Starlette and FastAPI themselves say in an error answer, and no proxy does."""
    if _STARLETTE_JSON.match(body) or body.startswith(_STARLETTE_TEXTS):
        return True
    # Go's servers say the same words, on a line of their own and with X-Content-Type-Options.
    plain = content_type.replace(" ", "").lower() == "text/plain;charset=utf-8"
    return status == 500 and body == "Internal Server Error" and plain and not nosniff
