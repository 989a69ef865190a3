"""What to set in which proxy, gateway, CDN or tunnel: its name for people, and for each purpose its own setting.

Where it answers by itself: `upstream`, it reaches no app; `timeout`, the app takes too long; `size`, it takes no larger request;
`preflight`, it answers preflights, or refuses them; `policy`, what its own CORS settings allow; `own`, CORS headers on its own
answers; `limit`, a rate limit; `page`, its page for people; `route`, it knows no app for the path; `intercept`, it replaces the
app's errors by its own.

Where the app answers: `double`, it adds a header that the app sends; `drop`, it removes one; `replace`, it writes another value;
`errors`, it adds headers, and not to errors; `everywhere`, and not to all paths; `responses`, it adds them to preflights alone;
`answer`, it passes preflights on to an app that does not answer them; `vary`, `Vary: Origin` is lost; `origin`, it does not pass
the request's `Origin` on; `host`, nor its `Host`; `path`, it asks for another path; `scheme`, it hides that the page uses https.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Purpose = Literal[
    "upstream", "timeout", "size", "preflight", "own", "limit", "page",
    "double", "drop", "replace", "errors", "policy", "vary", "origin", "scheme", "intercept", "route", "responses", "answer",
    "host", "path", "everywhere",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer in front of an app: what people call it, and its settings by purpose."""

    title: str
    settings: Mapping[Purpose, str]


_ONE_LAYER = "Then let it alone set CORS headers, not the app as well."

LAYERS: Mapping[str, Layer] = {
    "nginx": Layer(
        "nginx",
        {
            "upstream": "compare host and port of `proxy_pass` with where the app listens; nginx's error log names the reason",
            "timeout": "raise `proxy_read_timeout` (60 s by default), or let the app answer sooner",
            "size": "raise `client_max_body_size` (1 MB by default; the Ingress annotation is `proxy-body-size`)",
            "preflight": "let OPTIONS requests pass to the app (`limit_except`, `auth_basic`, `auth_request`), or answer them "
            "with `add_header ... always` and `return 204`",
            "own": "write `add_header Access-Control-Allow-Origin ... always`: without `always` it is left out of errors",
            "limit": "raise `limit_req`, and exempt preflights with a `map $request_method` whose value for OPTIONS is empty",
            "double": "remove the lines `add_header Access-Control-...` and leave CORS to the app, or hide the app's headers "
            "with `proxy_hide_header`",
            "drop": "remove `proxy_hide_header Access-Control-...` (or `more_clear_headers`)",
            "replace": "remove `add_header Access-Control-...` and `proxy_hide_header` (or `more_set_headers`), so that the "
            "app's headers pass",
            "everywhere": "write the lines `add_header Access-Control-...` in this `location` too: one `add_header` of its own "
            "drops those of the level above",
            "errors": "write `add_header Access-Control-... always`: without `always` nginx adds headers to 2xx and 3xx only",
            "policy": "let the value of `add_header Access-Control-...` (and its `map $http_origin`) name what the page asks for",
            "vary": "remove `proxy_hide_header Vary`, or write `add_header Vary Origin always`",
            "origin": "remove `proxy_set_header Origin ...`, so that the app sees which page asks",
            "scheme": "write `proxy_set_header X-Forwarded-Proto $scheme`",
            "intercept": "switch `proxy_intercept_errors` off, so that the app's errors pass with their headers",
            "route": "compare the `location` blocks with the path: none of them passes it to the app",
            "responses": "write the lines `add_header Access-Control-...` for the response too, not only for OPTIONS",
            "host": "write `proxy_set_header Host $host`",
            "answer": "answer preflights: `if ($request_method = OPTIONS) { ... return 204; }`, with the `add_header` lines "
            "inside",
            "path": "compare `location`, `rewrite` and `proxy_pass` with the app's paths: `proxy_pass` with a path cuts off the "
            "location's",
        },
    ),
    "haproxy": Layer(
        "HAProxy",
        {
            "upstream": "compare the `server` lines of the backend with where the app listens, and look at its health checks",
            "timeout": "raise `timeout server`, or let the app answer sooner",
            "size": "change the rule on `req.body_size` (and `tune.bufsize` for large headers)",
            "preflight": "put `unless METH_OPTIONS` behind the `http-request auth` or `deny` rule",
            "own": "use `http-after-response set-header`: `http-response` rules skip the answers that HAProxy makes itself",
            "limit": "put `unless METH_OPTIONS` behind the rule of the rate limit",
            "double": "remove `http-response add-header Access-Control-...` (it adds a second line; `set-header` replaces), or "
            "leave CORS to it alone",
            "drop": "remove `http-response del-header Access-Control-...`",
            "replace": "remove `http-response set-header Access-Control-...` (or `http-after-response`), so that the app's "
            "headers pass",
            "policy": "let the value of `set-header Access-Control-...` and its conditions name what the page asks for",
            "vary": "write `http-after-response add-header Vary Origin`, and remove `del-header Vary`",
            "origin": "remove `http-request del-header Origin` (or `set-header Origin`)",
            "scheme": "write `http-request set-header X-Forwarded-Proto https if { ssl_fc }`",
            "intercept": "remove `http-response return` for errors, so that the app's errors pass with their headers",
            "route": "compare the `use_backend` rules with the path",
            "responses": "set the headers with `http-after-response` for every method, not only where OPTIONS is answered",
            "host": "remove `http-request set-header Host`",
            "answer": "answer preflights: `http-request return status 204 if METH_OPTIONS`, with `http-after-response` for the "
            "headers",
            "path": "compare `http-request set-path` and `replace-path` with the app's paths",
        },
    ),
    "apache": Layer(
        "Apache",
        {
            "upstream": "compare the address of `ProxyPass` with where the app listens; the error log names the reason",
            "timeout": "raise `ProxyTimeout`, or `timeout=` of `ProxyPass`, or let the app answer sooner",
            "size": "raise `LimitRequestBody` (and `LimitRequestFieldSize` for headers)",
            "preflight": "write `Require method OPTIONS` beside the login, inside `<RequireAny>`",
            "own": "write `Header always set ...`: `Header set` is left out of Apache's own answers",
            "double": "remove `Header always set Access-Control-...`: it does not replace the app's header, because `always` "
            "has a table of its own",
            "drop": "remove `Header unset Access-Control-...`",
            "replace": "remove `Header set Access-Control-...`, so that the app's headers pass",
            "policy": "let the value of `Header set Access-Control-...` (and its `SetEnvIf Origin`) name what the page asks for",
            "vary": "remove `Header unset Vary`, or write `Header always merge Vary Origin`",
            "origin": "remove `RequestHeader unset Origin`",
            "scheme": "write `RequestHeader set X-Forwarded-Proto https`",
            "intercept": "switch `ProxyErrorOverride` off, so that the app's errors pass with their headers",
            "route": "compare `ProxyPass` with the path",
            "responses": "write `Header always set Access-Control-...` outside of the block for OPTIONS too",
            "host": "switch `ProxyPreserveHost` on",
            "answer": "answer preflights: `RewriteCond %{REQUEST_METHOD} OPTIONS` and `RewriteRule .* - [R=204]`",
            "path": "compare both sides of `ProxyPass` with the app's paths",
        },
    ),
    "caddy": Layer(
        "Caddy",
        {
            "upstream": "compare the address of `reverse_proxy` with where the app listens",
            "timeout": "raise `response_header_timeout` of the transport, or let the app answer sooner",
            "size": "raise `request_body max_size`",
            "preflight": "exclude `method OPTIONS` from the matcher of `basic_auth` or `forward_auth`",
            "own": "write the `header` lines in `handle_errors` too",
            "double": "remove the lines `header Access-Control-...`, or drop the app's headers with `header_down "
            "-Access-Control-*` in `reverse_proxy`",
            "drop": "remove `header_down -Access-Control-...` (or `header -Access-Control-...`)",
            "replace": "remove `header >Access-Control-...` (or `header_down Access-Control-...`), so that the app's headers "
            "pass",
            "errors": "write the `header` lines without `>` or `defer`, and in `handle_errors` too",
            "policy": "let the `header Access-Control-...` lines and their matcher name what the page asks for",
            "vary": "remove `header_down -Vary`, or write `header +Vary Origin`",
            "origin": "remove `header_up -Origin`",
            "scheme": "keep its X-Forwarded-Proto: remove `header_up -X-Forwarded-Proto`, and set `trusted_proxies` where "
            "another proxy stands before it",
            "intercept": "remove `handle_response` (or `intercept`), so that the app's errors pass with their headers",
            "route": "compare the matcher of `reverse_proxy` (or `handle`) with the path",
            "responses": "write the `header Access-Control-...` lines outside of the matcher for OPTIONS too",
            "host": "remove `header_up Host`",
            "answer": "answer preflights: `respond @preflight 204`, with the `header` lines before it",
            "path": "cut the prefix off with `handle_path`, or `uri strip_prefix`",
        },
    ),
    "traefik": Layer(
        "Traefik",
        {
            "upstream": "compare `loadBalancer.servers` (or the container's port label) with where the app listens",
            "timeout": "raise `forwardingTimeouts.responseHeaderTimeout`, or let the app answer sooner",
            "size": "raise `buffering.maxRequestBodyBytes`",
            "preflight": "put the headers middleware with the `accessControl...` options first in the chain: it then answers "
            "every preflight, and its lists must name the page's origin, methods and headers",
            "own": "put the headers middleware before the login and the rate limit",
            "limit": "put the headers middleware before the rate limit",
            "double": "remove the CORS headers from `customResponseHeaders`, so that the app alone sets them",
            "drop": "remove the header from `customResponseHeaders`, where an empty value drops it",
            "replace": "remove the `accessControl...` options (or `customResponseHeaders`) of the headers middleware, so that "
            "the app's headers pass",
            "policy": "let `accessControlAllowOriginList`, `accessControlAllowMethods` and `accessControlAllowHeaders` name "
            "what the page asks for",
            "vary": "set `addVaryHeader: true`, and remove Vary from `customResponseHeaders`",
            "origin": "remove Origin from `customRequestHeaders`",
            "scheme": "keep its X-Forwarded-Proto, and set `forwardedHeaders.trustedIPs` where another proxy stands before it",
            "intercept": "remove the `errors` middleware, so that the app's errors pass with their headers",
            "route": "compare the router's `rule` with host and path; a router whose middleware is invalid answers 404 too",
            "host": "remove `passHostHeader: false`",
            "path": "cut the prefix off with the `stripPrefix` middleware",
        },
    ),
    "envoy": Layer(
        "Envoy",
        {
            "upstream": "compare the endpoints of the cluster with where the app listens, and look at its health checks",
            "timeout": "raise `route.timeout` (15 s by default), or let the app answer sooner",
            "size": "raise `max_request_bytes` of the buffer filter",
            "preflight": "put the `cors` filter first in `http_filters` and its policy on the route (in Istio: `corsPolicy` "
            "of the VirtualService)",
            "own": "put the `cors` filter before the filters that refuse",
            "limit": "put the `cors` filter before the rate limit",
            "double": "remove the headers from `response_headers_to_add`, which appends, or give them `append_action: "
            "OVERWRITE_IF_EXISTS_OR_ADD`",
            "drop": "remove the header from `response_headers_to_remove`",
            "replace": "remove the `cors` policy of the route (in Istio: `corsPolicy`), so that the app's headers pass",
            "errors": "put the `cors` filter before the filters that refuse, or add the headers in `local_reply_config`",
            "policy": "let `allow_origin_string_match`, `allow_methods` and `allow_headers` of the `cors` policy name what the "
            "page asks for; preflights of other origins go to the app unless `forward_not_matching_preflights` is false",
            "vary": "add `Vary: Origin` with `response_headers_to_add`",
            "origin": "remove Origin from `request_headers_to_remove`",
            "scheme": "keep its X-Forwarded-Proto, and set `xff_num_trusted_hops` where another proxy stands before it",
            "intercept": "let `local_reply_config` and filters leave the app's errors alone",
            "route": "compare `domains` and the `match` of the routes with host and path",
            "host": "remove `host_rewrite_literal` (or `auto_host_rewrite`) from the route",
            "answer": "let the `cors` filter answer preflights, in place of `response_headers_to_add`",
            "path": "compare `prefix_rewrite` and `regex_rewrite` of the route with the app's paths",
        },
    ),
    "varnish": Layer(
        "Varnish",
        {
            "upstream": "compare `.host` and `.port` of the backend with where the app listens",
            "timeout": "raise `.first_byte_timeout` of the backend, or let the app answer sooner",
            "preflight": "pass OPTIONS requests on in `vcl_recv`",
            "own": "set the headers in `vcl_synth` and `vcl_backend_error` too",
            "double": "remove `set resp.http.Access-Control-...`, or leave CORS to Varnish alone",
            "drop": "remove `unset beresp.http.Access-Control-...` (or `resp.http`)",
            "replace": "remove `set resp.http.Access-Control-...` (or `beresp.http`), so that the app's headers pass",
            "policy": "let `set resp.http.Access-Control-...` and its condition name what the page asks for",
            "vary": "remove `unset beresp.http.Vary`",
            "origin": "remove `unset req.http.Origin` (or `bereq.http.Origin`)",
            "scheme": "write `set req.http.X-Forwarded-Proto`",
            "responses": "set the headers in `vcl_deliver` too, not in `vcl_synth` alone",
            "host": "remove `set bereq.http.Host`",
            "answer": "answer preflights: `return (synth(204))` in `vcl_recv`, with the headers in `vcl_synth`",
        },
    ),
    "cloudflare": Layer(
        "Cloudflare",
        {
            "upstream": "check that the origin server is up, lets Cloudflare's addresses in, and has a valid certificate",
            "timeout": "let the app answer within 100 seconds: start the work, return 202, and let the page ask for the result",
            "size": "send files above 100 MB (free plan) in parts, or straight to storage with a signed URL",
            "preflight": "make an exception in the firewall and the bot check for the API's path",
            "own": "make an exception for the API's path: a bot check is for people, and script cannot solve it",
            "limit": "exempt OPTIONS requests from the rate limiting rule",
            "double": "look at the zone's Transform Rules (response headers) and Workers, which may set, remove or add "
            "Access-Control headers",
            "drop": "look at the zone's Transform Rules (response headers) and Workers, which may set, remove or add "
            "Access-Control headers",
            "replace": "look at the zone's Transform Rules (response headers) and Workers, which may set, remove or add "
            "Access-Control headers",
            "vary": "exempt the API's path from caching: Cloudflare's cache honours Vary only for images",
        },
    ),
    "cloudflare-access": Layer(
        "Cloudflare Access",
        {
            "preflight": "switch on 'Bypass OPTIONS requests to origin' in the application's CORS settings, and call the API "
            "with credentials included",
            "own": "log in once by navigation, call the API with credentials included, and navigate again when the session ends",
        },
    ),
    "cloudflare-tunnel": Layer(
        "Cloudflare Tunnel", {"upstream": "start `cloudflared`, and compare its `service` address with where the app listens"}
    ),
    "cloudfront": Layer(
        "CloudFront",
        {
            "upstream": "look at the origin's domain, port and protocol, and whether it answers CloudFront",
            "timeout": "raise the origin response timeout (30 s by default)",
            "preflight": "allow OPTIONS in the behaviour's allowed methods, and forward Origin and Access-Control-Request-* with "
            "an origin request policy (`CORS-CustomOrigin`)",
            "own": "attach a response headers policy with CORS",
            "double": "change the response headers policy of the behaviour: remove its CORS headers, or switch 'Origin "
            "override' on",
            "drop": "forward Origin with an origin request policy (`CORS-CustomOrigin`), so that the app sees which page asks, "
            "and put Origin into the cache key",
            "replace": "change the response headers policy of the behaviour: switch 'Origin override' off, or remove its CORS "
            "headers",
            "policy": "change the response headers policy of the behaviour, so that its CORS settings name what the page asks "
            "for",
            "vary": "put Origin into the cache key with the cache policy",
            "intercept": "remove the custom error responses, so that the app's errors pass with their headers",
        },
    ),
    "api-gateway": Layer(
        "API Gateway",
        {
            "upstream": "look at the integration: a Lambda must return `statusCode`, `headers` and `body` as API Gateway expects",
            "timeout": "let the app answer within 29 seconds: start the work, return 202, and let the page ask for the result",
            "size": "send bodies above 10 MB (Lambda: 6 MB) straight to S3 with a presigned URL",
            "preflight": "for an HTTP API set its CORS configuration; for a REST API add an OPTIONS method without authorization "
            f"and API key on that path and stage. {_ONE_LAYER}",
            "own": "add the CORS headers to the gateway responses DEFAULT_4XX and DEFAULT_5XX (REST API), or set the CORS "
            "configuration (HTTP API)",
            "limit": "raise the throttling of the stage or usage plan; add CORS headers to the gateway response THROTTLED",
            "double": "remove the CORS headers from the integration response, so that the app alone sets them",
            "drop": "let the CORS configuration of the HTTP API name what the page asks for, or remove it: with one, API Gateway "
            "ignores the app's headers",
            "replace": "let the CORS configuration of the HTTP API name what the page asks for, or remove it: with one, API "
            "Gateway ignores the app's headers",
            "policy": "let the CORS configuration of the HTTP API (REST API: the OPTIONS method's integration response) name "
            "what the page asks for",
            "route": "add the route (or `{proxy+}`) to the API, and deploy the stage",
            "responses": "with a REST API, let the app set the headers of the response: the OPTIONS method covers preflights",
            "host": "use a custom domain name, or let the page call the URL that the route is written with, slash included",
            "path": "start the app with `root_path` set to the stage, or map the paths in the integration",
        },
    ),
    "lambda-url": Layer(
        "the Lambda function URL",
        {
            "upstream": "look at the function's log; it must return `statusCode`, `headers` and `body`",
            "preflight": f"set CORS of the function URL, and its auth type to NONE (preflights cannot be signed). {_ONE_LAYER}",
            "double": "remove CORS from the function URL, which adds its headers to those of the app",
            "replace": "remove CORS from the function URL, so that the app's headers pass",
            "policy": "let CORS of the function URL name what the page asks for",
        },
    ),
    "alb": Layer(
        "the AWS load balancer",
        {
            "upstream": "look at the target group: its port, health check path and security group",
            "timeout": "raise the load balancer's idle timeout (60 s by default), and keep uvicorn's keep-alive above it",
            "preflight": "add a rule before the login for OPTIONS requests (`http-request-method`) that forwards to "
            "the target group",
            "double": "remove the Access-Control attributes of the listener (`routing.http.response.access_control_...`)",
            "replace": "remove the Access-Control attributes of the listener (`routing.http.response.access_control_...`)",
        },
    ),
    "google": Layer(
        "Google Cloud",
        {
            "upstream": "look at the service's log: on Cloud Run the container must listen on `$PORT`, on 0.0.0.0",
            "timeout": "raise the request timeout of the service or of the backend",
            "size": "send bodies above 32 MB over HTTP/2 or straight to storage with a signed URL",
            "preflight": "allow unauthenticated calls (Cloud Run: `--allow-unauthenticated`) and check the token in the app, "
            "since preflights "
            "carry none; with IAP, switch on 'Allow HTTP OPTIONS'",
            "double": "remove the Access-Control lines from `customResponseHeaders` of the backend, or from its `corsPolicy`",
            "replace": "remove the `corsPolicy` of the URL map's route, so that the app's headers pass",
            "policy": "let the `corsPolicy` of the URL map's route name what the page asks for",
            "route": "compare the URL map's path rules with the path",
        },
    ),
    "azure": Layer(
        "Azure",
        {
            "upstream": "look at the app's log stream: App Service expects the app on the port of `WEBSITES_PORT`",
            "timeout": "let the app answer within 230 seconds",
            "size": "raise the gateway's request body limit",
            "preflight": "set CORS where the answer is made: the CORS page of App Service, `az containerapp ingress cors`, or "
            "the `cors` policy of API Management. "
            f"{_ONE_LAYER}",
            "own": "in App Service's authentication, choose HTTP 401 in place of a redirect for calls without a session",
            "double": "clear the CORS page of App Service (or remove the `cors` policy of API Management), so that the app's "
            "headers pass",
            "drop": "let the CORS page of App Service name what the page asks for (and allow credentials), or clear it (or the "
            "`cors` policy of API Management), so that the app's "
            "headers pass",
            "replace": "let the CORS page of App Service name what the page asks for (and allow credentials), or clear it (or "
            "the `cors` policy of API Management), so that the app's "
            "headers pass",
            "policy": "let the CORS page of App Service (or the `cors` policy of API Management) name what the page asks for",
            "intercept": "remove the custom error pages, so that the app's errors pass with their headers",
        },
    ),
    "iis": Layer(
        "IIS",
        {
            "upstream": "compare the URL Rewrite rule with where the app listens",
            "size": "raise `maxAllowedContentLength`",
            "preflight": "remove the OPTIONSVerbHandler, so that OPTIONS requests reach the app, or install the IIS CORS module",
            "double": "remove the Access-Control lines from `customHeaders` in web.config",
            "drop": "remove the outbound rule of URL Rewrite that clears the header",
            "replace": "remove the outbound rule of URL Rewrite (or the IIS CORS module's `cors` section) that sets the header",
            "intercept": 'set `existingResponse="PassThrough"` in `httpErrors`, so that the errors of the app pass',
        },
    ),
    "vercel": Layer(
        "Vercel",
        {
            "upstream": "look at the function's log",
            "timeout": "raise `maxDuration` of the function",
            "size": "send bodies above 4.5 MB straight to storage",
            "preflight": "add the path to the OPTIONS allowlist of Deployment Protection, or switch it off for the API",
            "own": "add the headers in `vercel.json`",
            "double": "remove the Access-Control lines from `headers` in `vercel.json`",
            "replace": "remove the Access-Control lines from `headers` in `vercel.json`: they replace the app's",
            "policy": "let `headers` in `vercel.json` name what the page asks for",
        },
    ),
    "netlify": Layer(
        "Netlify",
        {
            "preflight": "compare the path with `netlify.toml`, and add the headers in `_headers`",
            "double": "remove the Access-Control lines from `_headers` or `netlify.toml`",
        },
    ),
    "fly": Layer(
        "Fly",
        {
            "upstream": "compare `internal_port` in `fly.toml` with the app's port; the app must listen on 0.0.0.0",
            "double": "remove the Access-Control lines from `http_service.http_options.response.headers` in `fly.toml`",
            "replace": "remove the Access-Control lines from `http_service.http_options.response.headers` in `fly.toml`",
        },
    ),
    "render": Layer(
        "Render", {"upstream": "let the app listen on 0.0.0.0 and `$PORT`; a free service sleeps and takes a minute to wake up"}
    ),
    "railway": Layer("Railway", {"upstream": "let the app listen on 0.0.0.0 and `$PORT`, and set the same target port"}),
    "heroku": Layer(
        "Heroku",
        {
            "upstream": "look at `heroku logs`: H10 is a crash at start, H14 no web dyno; the app must listen on `$PORT`",
            "timeout": "let the app answer within 30 seconds (H12)",
        },
    ),
    "fastly": Layer("Fastly", {"upstream": "look at the backend's address and health check"}),
    "kong": Layer(
        "Kong",
        {
            "upstream": "compare the service's `host` and `port` with where the app listens",
            "timeout": "raise `read_timeout` of the service",
            "size": "raise `allowed_payload_size` of the plugin request-size-limiting",
            "preflight": f"enable the `cors` plugin on the service, with `preflight_continue: false`. {_ONE_LAYER}",
            "own": "enable the `cors` plugin, which runs before the plugins that refuse",
            "limit": "enable the `cors` plugin, which answers preflights before the rate limit",
            "double": "remove the `cors` plugin, or the headers of `response-transformer`, and leave CORS to the app",
            "drop": "remove the header from `remove.headers` of the plugin `response-transformer`",
            "replace": "remove the `cors` plugin from the service, so that the app's headers pass: it overwrites them",
            "policy": "let `origins`, `methods` and `headers` of the `cors` plugin name what the page asks for",
            "route": "add the path to `paths` of a route of the service",
        },
    ),
    "apisix": Layer(
        "APISIX",
        {
            "preflight": "enable the `cors` plugin on the route",
            "double": "remove the `cors` plugin from the route",
            "replace": "remove the `cors` plugin from the route, so that the app's headers pass",
            "policy": "let `allow_origins`, `allow_methods` and `allow_headers` of the `cors` plugin name what the page asks for",
        },
    ),
    "tyk": Layer(
        "Tyk",
        {
            "preflight": "set `CORS.enable` and `CORS.options_passthrough` of the API",
            "double": "switch `CORS.enable` of the API off",
            "policy": "let `CORS.allowed_origins`, `allowed_methods` and `allowed_headers` name what the page asks for",
        },
    ),
    "krakend": Layer(
        "KrakenD",
        {
            "preflight": "set `security/cors` in the service's `extra_config`",
            "replace": "remove `security/cors`, so that the app's headers pass, or name them in `headers_to_pass`",
            "drop": "name the header in `headers_to_pass`, or let `security/cors` set it",
            "policy": "let `allow_origins`, `allow_methods` and `allow_headers` of `security/cors` name what the page asks for",
        },
    ),
    "akamai": Layer(
        "Akamai", {"preflight": "allow OPTIONS in the property (Allow OPTIONS behaviour) and look at the WAF's rule"}
    ),
    "imperva": Layer("Imperva", {"preflight": "make an exception for the API's path"}),
    "sucuri": Layer("Sucuri", {"preflight": "make an exception for the API's path"}),
    "f5": Layer("the F5 firewall", {"preflight": "allow the method and the path in its policy"}),
    "ngrok": Layer(
        "ngrok",
        {
            "page": "send the header `ngrok-skip-browser-warning: 1` with each call, and allow it in allow_headers",
            "upstream": "start `ngrok http PORT` with the port that the app listens on, and use the URL it prints",
        },
    ),
    "localtunnel": Layer(
        "localtunnel",
        {
            "page": "send the header `bypass-tunnel-reminder: 1` with each call, and allow it in allow_headers",
            "upstream": "start `lt --port PORT` again, and use the URL it prints",
        },
    ),
    "devtunnels": Layer(
        "the dev tunnel",
        {
            "page": "make the port public (`--allow-anonymous`), send `X-Tunnel-Skip-AntiPhishing-Page: true` with "
            "each call, and "
            "allow it in allow_headers",
            "upstream": "start the tunnel again with the port that the app listens on",
        },
    ),
    "codespaces": Layer("GitHub Codespaces", {"page": "set the visibility of the forwarded port to Public"}),
    "pinggy": Layer("Pinggy", {"page": "send the header `X-Pinggy-No-Screen: 1` with each call, and allow it in allow_headers"}),
    "oauth2-proxy": Layer(
        "oauth2-proxy",
        {
            "preflight": "set `--skip-auth-preflight`",
            "own": "name the API's paths in `--api-route`, so that calls of script get 401 in place of the login page",
        },
    ),
    "authelia": Layer("Authelia", {"preflight": "bypass `methods: [OPTIONS]` in `access_control`"}),
    "litespeed": Layer("LiteSpeed", {}),
    "squid": Layer("the proxy Squid", {}),
}

_GENERAL: Mapping[Purpose, str] = {
    "upstream": "check that the app runs, and that the proxy calls the address and port that it listens on",
    "timeout": "raise the proxy's timeout (nginx: `proxy_read_timeout`), or let the app answer sooner",
    "size": "raise the limit of the proxy (nginx: `client_max_body_size`)",
    "preflight": "let it pass preflights on to the app: OPTIONS requests with Origin and Access-Control-Request-Method",
    "own": "add the CORS headers to its own answers as well",
    "limit": "exempt preflights from the limit, and add the CORS headers to its own answers",
    "page": "let the tunnel skip its page for people",
    "double": "remove the CORS headers that are added in front, so that the app alone sets them (HAProxy: `http-response "
    "add-header`, Apache: `Header always set`, Traefik: `customResponseHeaders`; these do not name themselves)",
    "drop": "let the app's CORS headers pass in front (HAProxy: remove `http-response del-header`, Apache: `Header unset`, "
    "Traefik: the empty value in `customResponseHeaders`; these do not name themselves)",
    "replace": "remove the CORS settings in front, so that the app's headers pass (HAProxy: `http-response set-header`, Apache: "
    "`Header set`, Traefik: `accessControl...` of the headers middleware; these do not name themselves)",
    "errors": "add the CORS headers to errors too (nginx: `always`, HAProxy: `http-after-response`, Apache: `Header always`)",
    "policy": "let the CORS settings in front name what the page asks for",
    "vary": "keep `Vary: Origin` in front, so that no cache serves one page's answer to another",
    "origin": "pass the request header Origin on to the app",
    "route": "compare the routes in front with the path: none of them leads to the app",
    "path": "compare the path that the app is asked for with its routes: cut a prefix off in front, or name it as `root_path`",
    "everywhere": "let the layer in front add its CORS headers to the responses of this path too",
    "host": "pass the request header Host on to the app",
    "answer": "answer preflights in front too (HAProxy: `http-request return status 204 if METH_OPTIONS`, Apache: `RewriteRule "
    ".* - [R=204]`), or let the app answer them and set all CORS headers",
    "responses": "let the layer that answers preflights add the CORS headers to the responses too, or let it pass OPTIONS on",
    "intercept": "let the app's errors pass with their headers",
    "scheme": "send `X-Forwarded-Proto: https` to the app",
}


_INSTEAD: Mapping[Purpose, tuple[Purpose, ...]] = {
    "own": ("preflight",),
    "limit": ("preflight",),
    "errors": ("own",),
    "everywhere": ("responses",),
}
"""Purposes that a setting for another one serves as well."""


def title(layer: str | None) -> str:
    """What people call the layer; `a proxy or gateway` where it is not known."""
    if layer is None:
        return "a proxy or gateway"
    return LAYERS[layer].title if layer in LAYERS else layer


def subject(layer: str | None) -> str:
    """The layer at the start of a sentence."""
    name = title(layer)
    return f"{name[:1].upper()}{name[1:]}" if name.startswith(("a ", "the ")) else name


def remedy(layer: str | None, purpose: Purpose) -> str:
    """What to set for `purpose`, as a sentence that names the layer."""
    clause = setting(layer, purpose).removesuffix(".")
    return f"In {title(layer)}: {clause}." if layer is not None else f"{clause[:1].upper()}{clause[1:]}."


def has_setting(layer: str | None, purpose: Purpose) -> bool:
    """Whether a setting of the layer itself is known for `purpose`."""
    return layer is not None and layer in LAYERS and purpose in LAYERS[layer].settings


def setting(layer: str | None, purpose: Purpose) -> str:
    """What to set in `layer` for `purpose`, as a clause in the imperative; a general one where the layer has none."""
    if layer is None:
        return _GENERAL[purpose]
    known = LAYERS[layer].settings if layer in LAYERS else {}
    instead = next((known[other] for other in _INSTEAD.get(purpose, ()) if other in known), None)
    # What stands in parentheses is about other layers.
    return known.get(purpose) or instead or _GENERAL[purpose].partition(" (")[0]
