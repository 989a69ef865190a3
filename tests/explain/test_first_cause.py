"""The first cause of a pasted text is the one that an expert would name first."""

# ruff: noqa: RUF001 -- these are the characters that people paste and that browsers print

from __future__ import annotations

import time

import pytest

from corsense.explain import explain

BLOCKED = (
    "Access to fetch at '{url}' from origin '{origin}' has been blocked by CORS policy: No "
    "'Access-Control-Allow-Origin' header is "
    "present on the requested resource."
)
FIREFOX = (
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {url}. (Reason: {reason}). "
    "Status code: {status}."
)


def blocked(url: str = "https://api.example.com/x", origin: str = "https://app.example.com") -> str:
    return BLOCKED.format(url=url, origin=origin)


def first(text: str) -> str | None:
    causes = [found.causes[0].cause.slug for found in explain(text) if found.causes]
    return causes[0] if causes else None


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("502 (Bad Gateway)", "gateway-error"),
        ("503 (Service Unavailable)", "gateway-error"),
        ("504 (Gateway Timeout)", "gateway-error"),
        ("524", "gateway-error"),
        ("413 (Request Entity Too Large)", "request-too-large"),
        ("431 (Request Header Fields Too Large)", "request-too-large"),
        ("500 (Internal Server Error)", "unhandled-exception"),
        ("401 (Unauthorized)", "cors-not-outermost"),
    ],
)
def test_the_status_beside_a_refusal_tells_who_failed(status: str, cause: str) -> None:
    assert first(f"{blocked()}\nGET https://api.example.com/x net::ERR_FAILED {status}") == cause
    assert first(f"POST https://api.example.com/x {status}\n{blocked()}") == cause


@pytest.mark.parametrize(
    ("url", "origin", "cause"),
    [
        ("https://ab12.ngrok-free.app/x", "http://localhost:3000", "tunnel-interstitial"),
        ("https://calm-dog.loca.lt/x", "http://localhost:3000", "tunnel-interstitial"),
        ("https://api.example.com/x", "null", "null-origin"),
        ("https://api.example.com/x", "file://", "null-origin"),
        ("https://accounts.google.com/o/oauth2/v2/auth?client_id=a", "http://localhost:3000", "redirect-to-login"),
        ("http://localhost:8000/x", "http://localhost:3000", "missing-cors-middleware"),
    ],
)
def test_the_addresses_of_a_refusal_count(url: str, origin: str, cause: str) -> None:
    assert first(blocked(url, origin)) == cause


@pytest.mark.parametrize(
    ("there", "here", "cause"),
    [
        ("https://login.example.org/authorize?client_id=a", "https://api.example.com/me", "redirect-to-login"),
        ("http://api.example.com/items/", "https://api.example.com/items", "redirect-downgrades-to-http"),
        ("http://localhost:8000/items/", "http://localhost:8000/items", "redirect-slashes"),
        ("https://cdn.example.net/items", "https://api.example.com/items", "redirect-loses-cors"),
    ],
)
def test_what_a_redirect_changed_tells_why(there: str, here: str, cause: str) -> None:
    text = BLOCKED.replace("'{url}'", f"'{there}' (redirected from '{here}')").format(origin="https://app.example.com")
    assert first(text) == cause


BELOW_CORS = [
    FIREFOX.format(url="http://backend:8000/x", reason="CORS request did not succeed", status="(null)"),
    "Requisição cross-origin bloqueada: A diretiva Same Origin (mesma origem) não permite a leitura do recurso remoto em "
    "http://localhost:8000/x (motivo: falha na requisição CORS). Código de status: (null).",
    "Pedido de origem cruzada bloqueado: A política da mesma origem não permite a leitura do recurso remoto em "
    "http://localhost:8000/x. (Motivo: o pedido CORS não foi bem sucedido). Código de estado: (null).",
    "已拦截跨源请求：同源策略禁止读取位于 http://localhost:8000/x 的远程资源。（原因：CORS 请求未能成功）。状态码：(null)。",
    "Çapraz Kaynaklı İstek Engellendi: Aynı Kaynak Politikası, http://localhost:8000/x adresindeki uzak "
    "kaynağın okunmasına izin "
    "vermiyor. (Sebep: CORS isteği başarılı olmadı). Durum kodu: (null).",
    "Fetch API cannot load http://localhost:8000/x due to access control checks.",
    "[Error] Could not connect to the server.\n[Error] Fetch API cannot load http://localhost:8000/x due to access "
    "control checks.",
    "TypeError: fetch failed\n  cause: Error: connect ECONNREFUSED 127.0.0.1:8000",
    "[vite] http proxy error: /api/x\nError: connect ECONNREFUSED ::1:8000",
    "Proxy error: Could not proxy request /x from localhost:3000 to http://localhost:8000/. (ECONNREFUSED).",
    "WebSocket connection to 'ws://localhost:8000/ws' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
    '{"message":"Network Error","config":{"baseURL":"http://backend:8000","method":"post","url":"/x"},"code":"ERR_NETWORK"}',
]


@pytest.mark.parametrize("text", BELOW_CORS)
def test_what_failed_below_cors_has_no_cause_of_cors_first(text: str) -> None:
    assert first(text) == "server-unreachable"


OTHERS = [
    ("WebSocket connection to 'ws://localhost:8000/ws' failed: Unexpected response code: 403", "websocket-refused"),
    ("WebSocket connection to 'ws://a.example/ws' failed: There was a bad response from the server.", "websocket-refused"),
    ('INFO:     127.0.0.1:52834 - "WebSocket /ws" 403', "websocket-refused"),
    ("Unexpected server response: 403", "websocket-refused"),
    ("WARNING:  No supported WebSocket library detected.", "websocket-refused"),
    ("http://localhost:3000 is not an accepted origin.", "origin-mismatch"),
    ('INFO:     127.0.0.1:1 - "OPTIONS /x HTTP/1.1" 400 Bad Request', "origin-mismatch"),
    ('INFO:     127.0.0.1:1 - "OPTIONS /x HTTP/1.1" 405 Method Not Allowed', "missing-cors-middleware"),
    ('INFO:     127.0.0.1:1 - "OPTIONS /x HTTP/1.1" 307 Temporary Redirect', "redirect-slashes"),
    ('INFO:     127.0.0.1:1 - "OPTIONS /x HTTP/1.1" 401 Unauthorized', "cors-not-outermost"),
    ('INFO:     127.0.0.1:1 - "POST /x HTTP/1.1" 307 Temporary Redirect', "redirect-slashes"),
    ("items  (blocked:cors)  fetch", "missing-cors-middleware"),
    ("CORS Failed", "server-unreachable"),
    ("(blocked:mixed-content)", "mixed-content"),
    ("Ensure credentialed requests are not sent to CORS resources with origin wildcards", "wildcard-with-credentials"),
    ("Request URL: https://a.example/x\nRequest Method: OPTIONS\nStatus Code: 405 Method Not Allowed",
     "missing-cors-middleware"),
    ("Failed to execute 'getImageData' on 'CanvasRenderingContext2D': The canvas has been tainted by cross-origin data.",
     "tainted-canvas"),
    ("Failed to execute 'texImage2D' on 'WebGLRenderingContext': The image element contains cross-origin data, "
        "and may not be loaded.",
     "tainted-canvas"),
    ("Cookie “a” has been rejected because it is in a cross-site context and its “SameSite” is “Lax” or “Strict”.",
     "cookie-not-sent"),
    ('This Set-Cookie was blocked because it had the "SameSite=Lax" attribute but came from a cross-site response.',
     "cookie-not-sent"),
    ('SettingsError: error parsing value for field "cors_origins" from source "EnvSettingsSource"', "setting-not-json"),
    ("TypeError: CORSMiddleware.__init__() got an unexpected keyword argument 'allowed_origins'", "unknown-keyword"),
    ("RuntimeError: Cannot add middleware after an application has started", "middleware-added-after-startup"),
    ("connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1", "gateway-error"),
    ("client intended to send too large body: 1200000 bytes", "request-too-large"),
    ("HTTP/1.1 502 Bad Gateway\nServer: nginx/1.18.0\nContent-Type: text/html", "gateway-error"),
    ('HTTP/2 403\nx-amzn-errortype: ForbiddenException\n\n{"message":"Forbidden"}', "answered-by-proxy"),
    ("HTTP/1.1 404 Not Found\nngrok-error-code: ERR_NGROK_3200", "gateway-error"),
    ('{"message":"Missing Authentication Token"}', "answered-by-proxy"),
    ("Bad Request: Missing session ID", "header-not-exposed"),
    ("Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "route-not-found"),
    ("[CRITICAL] WORKER TIMEOUT (pid:8)", "gateway-error"),
    ("at=error code=H12 desc=\"Request timeout\" method=GET path=\"/x\" status=503", "gateway-error"),
    ("[Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use", "server-unreachable"),
    ("curl -i -X OPTIONS http://localhost:8000/x\nHTTP/1.1 401 Unauthorized\nserver: uvicorn\n\n{}", "cors-not-outermost"),
    ("curl -X OPTIONS http://localhost:8000/x -i\nHTTP/1.1 502 Bad Gateway\nserver: nginx/1.22.1\n\n<h1>502 Bad Gateway</h1>",
     "gateway-error"),
    ("GET http://localhost:8000/socket.io/?EIO=4&transport=polling 400 (Bad Request)", "origin-mismatch"),
    (FIREFOX.format(url="http://a.test/", reason="CORS header ‘Access-Control-Allow-Origin’ does not match ‘(null)’", status=200),
     "duplicate-cors-headers"),
    (f"{blocked('http://localhost:8000/x')}\nERROR:    Exception in ASGI application", "unhandled-exception"),
    ('Refused to get unsafe header "X-Total-Count"', "header-not-exposed"),
    ("Access to script at 'file:///a.js' from origin 'null' has been blocked by CORS policy: Cross origin "
        "requests are only supported "
     "for protocol schemes: http, https.", "null-origin"),
    ("Access to fetch at 'localhost:8000/x' from origin 'http://localhost:3000' has been blocked by CORS policy: Cross origin "
     "requests are only supported for protocol schemes: http, https.", "url-without-scheme"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause"), OTHERS)
def test_a_text_of_another_kind_has_its_own_cause(text: str, cause: str) -> None:
    assert first(text) == cause


@pytest.mark.parametrize(
    "text",
    [
        "Refused to display 'https://a.example/' in a frame because it set 'X-Frame-Options' to 'sameorigin'.",
        "Cross-Origin-Opener-Policy policy would block the window.closed call.",
        "Failed to construct 'Worker': Script at 'http://a.example/w.js' cannot be accessed from origin 'http://b.example'.",
        'Permission denied to access property "document" on cross-origin object',
        "(uncaught exception) Error: Script error.",
    ],
)
def test_what_no_cors_setting_changes_is_recognised_without_a_cause_of_cors(text: str) -> None:
    found = explain(text)
    assert found
    assert [each.causes for each in found] == [()]
    assert not any(each.message.is_cors for each in found)
    assert "CORS" in found[0].checked or "worker" in found[0].checked or "script" in found[0].checked


def test_the_call_in_the_dump_of_a_library_is_read() -> None:
    (found,) = explain(
        '{"message":"Network Error","config":{"baseURL":"http://localhost:8000/api","method":"put","url":"/users/7"}}'
    )
    assert (found.message.url, found.message.method) == ("http://localhost:8000/api/users/7", "PUT")


def test_the_call_that_swagger_ui_shows_is_read() -> None:
    text = (
        "curl -X 'POST' \\\n  'http://localhost:8000/items' \\\n  -H 'accept: application/json'\n"
        "Failed to fetch.\nPossible Reasons:\n\nCORS\nNetwork Failure\n"
    )
    found = [each.message for each in explain(text) if each.message.engine == "library"]
    assert [(message.url, message.method) for message in found] == [("http://localhost:8000/items", "POST")]


def test_a_file_is_a_page_of_origin_null_and_never_an_entry_of_the_list() -> None:
    old = (
        "Fetch API cannot load https://api.example.com/x. No 'Access-Control-Allow-Origin' header is present on the requested "
        "resource. Origin 'file://' is therefore not allowed access."
    )
    for text in (old, blocked(origin="file://"), blocked(origin="null")):
        (found,) = explain(text)
        assert found.causes[0].cause.slug == "null-origin"
        assert not any('["file://' in each.fix or '["null"]' in each.fix for each in found.causes)


def test_what_to_write_holds_no_query_and_no_password() -> None:
    url = "https://user:secret1@api.example.com/login?token=secret2"
    texts = [
        FIREFOX.format(url=url, reason="CORS request did not succeed", status="(null)"),
        BLOCKED.replace("'{url}'", f"'https://login.example.org/authorize' (redirected from '{url}')").format(
            origin="https://a.example"
        ),
    ]
    for text in texts:
        assert not any("secret" in cause.fix for found in explain(text) for cause in found.causes)


@pytest.mark.parametrize(
    "piece",
    [
        "(Reason: CORS x). Status: (null) http://a ", "http://a (x: CORS) y: (null)\n", "HTTP/1.1 500\na:\n", "Request "
        "URL: http://a\n",
        '"baseURL":"http://a" Network Error ', "curl -X 'GET' 'http://a", "Cookie “", "SettingsError: error "
            "parsing value for field ",
    ],
)  # fmt: skip
def test_the_work_grows_as_the_text_does(piece: str) -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        explain(text)
        return time.process_time() - started

    explain(piece)
    small, large = (min(seconds(piece * times) for _ in range(3)) for times in (200, 1600))
    assert large < 40 * max(small, 0.002)


@pytest.mark.parametrize(
    "text",
    [
        "Error during WebSocket handshake: Unexpected response code: 200",
        "Uncaught DOMException\nError during WebSocket handshake: 'Upgrade' header is missing",
        "WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Incorrect response",
        "WebSocket connection to 'wss://api.example.com/ws' failed: HTTP Authentication failed; no valid credentials available",
        "GET wss://api.example.com/ws [HTTP/1.1 403 Forbidden 28ms]",
        "XHRGET wss://api.example.com/ws [HTTP/1.1 403 28ms]\n"
        "Firefox can’t establish a connection to the server at wss://api.example.com/ws.",
        "Firefox can’t establish a connection to the server at wss://api.example.com/ws.\n"
        "GET wss://api.example.com/ws [HTTP/1.1 403 28ms]",
    ],
)
def test_a_handshake_that_got_an_answer_was_refused(text: str) -> None:
    causes = [found.causes[0].cause.slug for found in explain(text) if found.causes]
    assert set(causes) == {"websocket-refused"}


def test_a_handshake_that_got_no_answer_may_have_no_server() -> None:
    assert first("Firefox can’t establish a connection to the server at wss://api.example.com/ws.") == "server-unreachable"
    assert first("GET wss://api.example.com/ws [HTTP/1.1 502 Bad Gateway 28ms]") == "gateway-error"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Error during WebSocket handshake: Unexpected response code: 200", "does not reach the WebSocket route"),
        ("Error during WebSocket handshake: Unexpected response code: 400", "proxy_http_version 1.1"),
        ("Error during WebSocket handshake: Unexpected response code: 401", "cannot send Authorization"),
        ("Error during WebSocket handshake: Unexpected response code: 403", "websocket.accept()"),
        ("Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response", "subprotocol="),
    ],
)
def test_the_remedy_of_a_refused_handshake_follows_its_answer(text: str, words: str) -> None:
    (found,) = explain(text)
    assert words in found.causes[0].fix


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: Failed to fetch",
        "TypeError: NetworkError when attempting to fetch resource.",
        "TypeError: Load failed",
        'Failed to fetch.Possible Reasons:CORSNetwork FailureURL scheme must be "http" or "https" for CORS request.',
    ],
)
def test_a_rejection_without_a_reason_points_at_the_line_that_has_it(text: str) -> None:
    (found,) = explain(text)
    assert "another line of the console has the reason" in found.checked
    assert {cause.likelihood for cause in found.causes} == {"possible"}
    assert found.causes[0].cause.slug != "missing-cors-middleware"


def test_the_status_in_a_row_of_firefox_tells_who_failed() -> None:
    reason = "CORS header ‘Access-Control-Allow-Origin’ missing"
    refusal = FIREFOX.format(url="https://api.example.com/x", reason=reason, status="(null)")
    assert first(f"{refusal}\nXHRGET\nhttps://api.example.com/x\n[HTTP/2 502 Bad Gateway 28ms]") == "gateway-error"


def test_a_page_on_https_that_calls_its_own_host_on_http_has_mixed_content() -> None:
    assert first(blocked("http://www.example.com/edit", "https://www.example.com")) == "mixed-content"
    assert first(blocked("http://localhost/edit", "https://localhost")) == "missing-cors-middleware"
    assert first(blocked("http://api.example.com/edit", "https://www.example.com")) == "missing-cors-middleware"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cookie “sid” has been rejected for invalid domain.", "without domain="),
        ("Cookie “sid” has been rejected because it is foreign and does not have the “Partitioned“ attribute.", "one site"),
        (
            "A cookie associated with a cross-site resource at http://api.example.com/ was set without the `SameSite` attribute.",
            'samesite="none", secure=True',
        ),
    ],
)
def test_the_remedy_of_a_cookie_follows_the_attribute_that_the_console_names(text: str, words: str) -> None:
    (found,) = explain(text)
    assert found.causes[0].cause.slug == "cookie-not-sent"
    assert words in found.causes[0].fix


def test_a_manifest_behind_a_login_needs_the_cookies_of_the_page() -> None:
    manifest = (
        "Access to manifest at 'https://team.cloudflareaccess.com/cdn-cgi/access/login/app.example.com' (redirected from "
        "'https://app.example.com/manifest.json') from origin 'https://app.example.com' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    (found,) = explain(manifest)
    assert found.causes[0].cause.slug == "redirect-to-login"
    assert 'crossorigin="use-credentials"' in found.causes[0].fix


def traceback(frame: str) -> str:
    return f"""Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/{frame}
    result = await app(
sqlalchemy.exc.OperationalError: connection refused
"""


@pytest.mark.parametrize("prefix", ["", "backend-1  | "])
def test_a_traceback_of_a_request_beside_a_refusal_is_a_crash(prefix: str) -> None:
    logged = traceback('uvicorn/protocols/http/h11_impl.py", line 428, in run_asgi')
    assert first(blocked() + "\n" + "".join(prefix + line + "\n" for line in logged.splitlines())) == "unhandled-exception"


def test_a_traceback_of_the_start_is_no_crash_of_a_request() -> None:
    logged = traceback('uvicorn/lifespan/on.py", line 86, in main')
    assert first(f"{blocked()}\n{logged}") == "missing-cors-middleware"


@pytest.mark.parametrize(
    ("url", "setting"),
    [
        # ollama/ollama#2425, andrewnguonly/Lumos#145
        ("http://127.0.0.1:11434/api/tags", "OLLAMA_ORIGINS=https://app.example.com ollama serve"),
        # dasniko/keycloak-reactjs-demo#10
        (
            "https://sso.example.com:8443/auth/realms/demo/protocol/openid-connect/token",
            "Web origins: add https://app.example.com",
        ),
        ("https://files.s3.eu-west-1.amazonaws.com/a.pdf", "put-bucket-cors"),
        ("https://tenant.eu.auth0.com/oauth/token", "Allowed Web Origins"),
    ],
)
def test_a_server_with_a_list_of_its_own_is_named_and_not_the_app(url: str, setting: str) -> None:
    (found,) = explain(blocked(url))
    assert found.causes[0].cause.slug == "origin-mismatch"
    assert setting in found.causes[0].fix
    assert "corsense check" not in found.causes[0].confirmation
    (called_over_the_app,) = explain(blocked(f"https://api.example.com/proxy?target={url}"))
    assert called_over_the_app.causes[0].cause.slug == "missing-cors-middleware"


def test_a_line_about_options_gives_the_status_of_the_preflight() -> None:
    refused = blocked().replace("policy: No", "policy: Response to preflight request doesn't pass access control check: No")
    assert first(f"{refused}\nOPTIONS https://api.example.com/x 401 (Unauthorized)") == "preflight-answered-by-other-layer"


def test_the_headers_that_a_client_sends_together_are_allowed_together() -> None:
    # getsentry/sentry-javascript#3185
    said = "Request header field {} is not allowed by Access-Control-Allow-Headers in preflight response."
    frame = "Access to fetch at 'http://localhost:8000/x' from origin 'http://localhost:3000' has been blocked by CORS policy: "
    (found,) = explain(frame + said.format("sentry-trace"))
    assert found.causes[0].fix.startswith('allow_headers=[..., "sentry-trace", "baggage"]')
    (alone,) = explain(frame + said.format("x-tenant"))
    assert alone.causes[0].fix == 'allow_headers=[..., "x-tenant"]'


def test_a_redirect_in_the_log_explains_the_plain_http_of_an_https_page() -> None:
    # pepkit/pephub#62
    text = (
        "TypeError: NetworkError when attempting to fetch resource.\n"
        "Blocked loading mixed active content “http://pep.example.org/eido/validate/”\n"
        'INFO:     10.0.3.1:0 - "POST /eido/validate HTTP/1.1" 307 Temporary Redirect'
    )
    events = [found for found in explain(text) if not found.follows]
    assert [found.causes[0].cause.slug for found in events] == ["redirect-downgrades-to-http"]
    assert 'fetch("https://pep.example.org/eido/validate/")' in events[0].causes[0].fix
    assert first(text.replace("/eido/validate HTTP", "/health HTTP")) == "mixed-content"


def test_a_login_in_front_of_a_preflight_has_to_let_options_pass() -> None:
    # authelia/authelia#648
    refused = blocked("https://auth.example.com/?rd=https%3A%2F%2Fapi.example.com%2Fv1").replace(
        "' from origin", "' (redirected from 'https://api.example.com/v1') from origin"
    )
    redirect = refused.partition("policy: ")[0] + (
        "policy: Response to preflight request doesn't pass access control check: "
        "Redirect is not allowed for a preflight request."
    )
    (found,) = explain(redirect)
    assert found.causes[0].cause.slug == "redirect-to-login"
    assert "let OPTIONS pass" in found.causes[0].fix
    assert "navigate" in explain(refused)[0].causes[0].fix


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("response.headers['content-disposition'] returns undefined", "content-disposition"),  # axios/axios#7142
        ('console.log(res.headers.get("X-Total-Count")) // null', "X-Total-Count"),
        ("res.headers.get('content-type') is null", None),
    ],
)
def test_a_header_that_script_reads_as_undefined_is_not_exposed(text: str, header: str | None) -> None:
    found = explain(text)
    if header is None:
        assert found == []
        return
    assert found[0].causes[0].cause.slug == "header-not-exposed"
    assert found[0].causes[0].fix == f'expose_headers=[..., "{header}"]'


def test_a_socket_of_socketio_gets_the_advice_of_socketio() -> None:
    # pyropy/fastapi-socketio#48
    text = "INFO:     ('127.0.0.1', 51879) - \"WebSocket /socket.io/?EIO=4&transport=websocket\" 403"
    (found,) = explain(text)
    assert found.causes[0].cause.slug == "websocket-refused"
    assert "socketio_path" in found.causes[0].fix


def test_a_port_that_the_next_run_changes_is_not_listed() -> None:
    # flutter/flutter#119297
    fix = explain(blocked("http://localhost:8000/x", "http://localhost:49303"))[0].causes[0].fix
    assert "--web-port 5000" in fix
    assert 'allow_origins=["http://localhost:5000"]' in fix
    assert "49303" not in fix
    assert (
        'allow_origins=["http://localhost:3000"]'
        in explain(blocked("http://a.example/x", "http://localhost:3000"))[0].causes[0].fix
    )


PREFLIGHT_BY_HAND = (
    "curl -i -X OPTIONS {url} -H 'Origin: http://localhost:3000' -H 'Access-Control-Request-Method: GET'\n"
    "HTTP/2 {status}\n{headers}\n"
)


@pytest.mark.parametrize("status", [301, 401, 405, 500])
def test_a_preflight_by_hand_with_another_status_than_ok_has_a_cause_whatever_its_headers_allow(status: int) -> None:
    assert first(
        PREFLIGHT_BY_HAND.format(url="https://api.example.com/x", status=status, headers="access-control-allow-origin: *")
    )


def test_a_preflight_by_hand_that_allows_the_page_has_no_cause() -> None:
    text = PREFLIGHT_BY_HAND.format(url="https://api.example.com/x", status=204, headers="access-control-allow-origin: *")
    assert first(text) is None


@pytest.mark.parametrize(
    ("url", "status", "headers", "setting"),
    [
        ("https://a1.execute-api.eu-west-1.amazonaws.com/dev/x", 500, "x-amzn-errortype: InternalServerErrorException",
         "In API Gateway"),
        ("https://api-abc-uc.a.run.app/x", 403, "server: Google Frontend\n\n<title>403 Forbidden</title>"
         "<h2>Your client does not have permission to get URL <code>/x</code> from this server.</h2>", "--allow-unauthenticated"),
    ],
)  # fmt: skip
def test_the_remedy_names_the_setting_of_the_gateway_that_sent_a_pasted_response(
    url: str, status: int, headers: str, setting: str
) -> None:
    (found,) = explain(PREFLIGHT_BY_HAND.format(url=url, status=status, headers=headers))
    assert (found.message.method, found.message.url, found.message.origin) == ("OPTIONS", url, "http://localhost:3000")
    assert found.causes[0].cause.slug == "answered-by-proxy"
    assert setting in found.causes[0].fix


def test_a_response_below_the_lines_of_an_options_request_is_that_of_a_preflight() -> None:
    text = (
        "OPTIONS /items HTTP/1.1\nHost: api.example.com\nOrigin: https://app.example.com\n"
        "Access-Control-Request-Method: PUT\n\nHTTP/1.1 401 Unauthorized\nserver: uvicorn\n\n{}"
    )
    (found,) = explain(text)
    assert found.causes[0].cause.slug == "cors-not-outermost"
    assert (found.message.url, found.message.origin) == ("https://api.example.com/items", "https://app.example.com")


def test_a_404_beside_a_refusal_is_a_missing_route_before_it_is_one_of_cors() -> None:
    (found, _) = explain(f"{blocked()}\nGET https://api.example.com/x net::ERR_FAILED 404")
    assert [each.cause.slug for each in found.causes][:2] == ["route-not-found", "missing-cors-middleware"]


def test_a_redirected_preflight_of_an_address_without_a_port_leads_to_https() -> None:
    text = (
        "Access to fetch at 'http://localhost/login' from origin 'http://localhost:5173' has been blocked by CORS policy: "
        "Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight request."
    )
    (found,) = explain(text)
    assert found.causes[0].cause.slug == "preflight-redirected"
    assert '"https://localhost/login"' in found.causes[0].fix


def test_the_advice_on_a_slash_names_the_path_of_the_message() -> None:
    (found,) = explain('INFO:     127.0.0.1:57083 - "POST /v1/login HTTP/1.1" 307 Temporary Redirect')
    assert 'fetch("/v1/login/")' in found.causes[0].fix


def test_an_untrusted_certificate_is_named_where_this_machine_is_called_on_https() -> None:
    (found,) = explain(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://localhost:5001/x. "
        "(Reason: CORS request did not succeed). Status code: (null)."
    )
    assert "certificate" in found.causes[0].fix


def test_a_refused_upload_without_a_status_may_be_too_large() -> None:
    (found,) = explain(blocked("https://api.example.com/upload"))
    assert "request-too-large" in [each.cause.slug for each in found.causes]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        (
            "The X-Total-Count header is missing in the HTTP Response. The jsonServer Data Provider expects lists to "
            "contain this header.",
            "X-Total-Count",
        ),
        ("ETagMissing: No access to ETag property on response. Check CORS configuration to expose ETag header.", "ETag"),
    ],
)
def test_a_library_that_misses_a_header_is_read(text: str, header: str) -> None:
    (found,) = explain(text)
    assert found.causes[0].cause.slug == "header-not-exposed"
    assert f'expose_headers=[..., "{header}"]' in found.causes[0].fix


def test_an_options_request_by_hand_without_an_origin_is_no_preflight() -> None:
    text = "curl -i -X OPTIONS http://localhost:8000/users\nHTTP/1.1 405 Method Not Allowed\nserver: uvicorn\n\n{}"
    with_origin = text.replace("/users", "/users -H 'Origin: http://localhost:3000'")
    assert first(text) == "options-without-request-method"
    assert first(with_origin) == "missing-cors-middleware"


def test_a_preflight_by_hand_that_gets_200_and_no_permission_was_answered_by_something_else() -> None:
    text = PREFLIGHT_BY_HAND.format(url="https://api.example.com/x", status=200, headers="content-length: 0")
    (found,) = explain(text)
    assert [each.cause.slug for each in found.causes][:2] == ["manual-options-handler", "answered-by-proxy"]
    assert not first(text.replace("-H 'Origin: http://localhost:3000' ", ""))


@pytest.mark.parametrize(
    "text",
    [
        "curl http://[::1 -X OPTIONS\nHTTP/1.1 405 x\n\n",
        "OPTIONS //x HTTP/1.1\nHost: [\n\nHTTP/1.1 401 u\n\n",
        "curl -X OPTIONS 'http://a:99999/x'\nHTTP/1.1 502 x\nserver: nginx\n\n",
    ],
)
def test_a_request_with_an_invalid_address_is_explained_too(text: str) -> None:
    assert explain(text)
