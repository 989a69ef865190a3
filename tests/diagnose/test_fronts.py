"""What a diagnosis says where something in front of the app answered: the cause, the layer by name, and its own setting."""

from __future__ import annotations

from typing import get_args

import pytest

from corsense.app.probe import ExchangeFacts
from corsense.diagnose import Diagnosis, Observation, diagnose
from corsense.diagnose.knobs import LAYERS, Purpose, remedy
from corsense.fetch import Browser, FetchRequest, WireRequest, WireResponse
from corsense.transports import drive

PAGE = "https://app.example.com"
NGINX_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n<hr><center>nginx/1.22.1"


def reported(
    *answers: tuple[int, dict[str, str], str], method: str = "GET", url: str = "https://api.example.com/x"
) -> list[Diagnosis]:
    """The diagnoses of a call that is answered so, in the order of the requests."""
    left = [WireResponse(status, tuple(headers.items())) for status, headers, _ in answers]

    def send(request: WireRequest) -> WireResponse:
        return left.pop(0)

    headers = (("Content-Type", "application/json"),) if method != "GET" else ()
    trace = drive(Browser().fetch(FetchRequest(url, PAGE, method, headers, body="{}" if method != "GET" else None)), send)
    facts = tuple(ExchangeFacts(None, body_excerpt=body) for _, _, body in answers)
    return diagnose(Observation(trace, facts=facts))


GRANT = {
    "access-control-allow-origin": PAGE,
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "content-type",
}


@pytest.mark.parametrize(
    ("answer", "cause", "layer", "setting"),
    [
        ((502, {"server": "nginx/1.22.1"}, NGINX_PAGE.format("502 Bad Gateway")), "gateway-error", "nginx", "proxy_pass"),
        ((504, {"server": "nginx/1.22.1"}, ""), "gateway-error", "nginx", "proxy_read_timeout"),
        ((413, {"server": "nginx/1.22.1"}, ""), "request-too-large", "nginx", "client_max_body_size"),
        ((401, {"server": "nginx"}, NGINX_PAGE.format("401 Authorization Required")), "answered-by-proxy", "nginx", "always"),
        ((503, {}, "<html><body><h1>503 Service Unavailable</h1>\nNo server"), "gateway-error", "HAProxy", "server"),
        ((502, {"date": "x"}, "Bad Gateway"), "gateway-error", "Traefik", "loadBalancer"),
        ((503, {"server": "envoy"}, "upstream connect error or disconnect/reset before headers."), "gateway-error", "Envoy",
         "cluster"),
        ((524, {"server": "cloudflare", "cf-ray": "8-AMS"}, ""), "gateway-error", "Cloudflare", "100 seconds"),
        ((403, {"cf-mitigated": "challenge", "cf-ray": "8"}, ""), "answered-by-proxy", "Cloudflare", "exception"),
        # microsoft/azure-container-apps#359
        ((401, {"www-authenticate": 'Bearer realm="api.westeurope.azurecontainerapps.io"', "date": "x"}, ""), "answered-by-proxy",
         "Azure", "authentication"),
        ((403, {"x-amzn-errortype": "ForbiddenException"}, ""), "answered-by-proxy", "API Gateway", "DEFAULT_4XX"),
        ((200, {"ngrok-error-code": "ERR_NGROK_6024"}, ""), "tunnel-interstitial", "ngrok", "ngrok-skip-browser-warning"),
        ((404, {"ngrok-error-code": "ERR_NGROK_3200"}, ""), "gateway-error", "ngrok", "ngrok http"),
        ((511, {}, "Tunnel website ahead!"), "tunnel-interstitial", "localtunnel", "bypass-tunnel-reminder"),
        ((302, {"location": "https://team.cloudflareaccess.com/cdn-cgi/access/login/x"}, ""),
         "redirect-to-login", "Cloudflare Access",
         "Navigate, do not fetch"),
    ],
)  # fmt: skip
def test_an_answer_in_front_names_the_layer_and_its_setting(
    answer: tuple[int, dict[str, str], str], cause: str, layer: str, setting: str
) -> None:
    first = reported(answer)[0]
    assert first.slug == cause
    assert layer in first.message
    assert setting in (first.remedy or "")
    assert "traceback" not in f"{first.message} {first.remedy}"


@pytest.mark.parametrize(
    ("answer", "layer"),
    [
        ((403, {"x-amzn-errortype": "MissingAuthenticationTokenException"}, ""), "API Gateway"),
        ((401, {"server": "Caddy", "www-authenticate": 'Basic realm="x"'}, ""), "Caddy"),
        ((204, {"server": "Apache/2.4.71 (Debian)"}, ""), "Apache"),
        ((403, {"server": "Google Frontend"}, "<title>403 Forbidden</title>"), "Google Cloud"),
    ],
)
def test_a_preflight_that_a_gateway_answers_is_no_fault_of_the_app(answer: tuple[int, dict[str, str], str], layer: str) -> None:
    (found,) = reported(answer, method="PUT")
    assert found.slug == "answered-by-proxy"
    assert layer in found.message
    assert layer in (found.remedy or "")
    assert "CORSMiddleware last" not in (found.remedy or "")


def test_what_a_gateway_does_not_allow_is_set_in_the_gateway() -> None:
    found = reported((200, {**GRANT, "access-control-allow-methods": "GET", "x-amz-apigw-id": "a="}, ""), method="PUT")
    assert [each.slug for each in found] == ["answered-by-proxy", "method-not-allowed"]
    assert all("API Gateway" in (each.remedy or "") for each in found)


def test_the_apps_own_refusals_stay_the_apps() -> None:
    (crash,) = reported((500, {"server": "nginx", "content-type": "text/plain; charset=utf-8"}, "Internal Server Error"))
    assert crash.slug == "unhandled-exception"
    (refused,) = reported(
        (400, {"server": "nginx", "content-type": "text/plain; charset=utf-8"}, "Disallowed CORS origin"), method="PUT"
    )
    assert refused.slug == "origin-mismatch"
    (login,) = reported(
        (401, {"server": "uvicorn", "content-type": "application/json"}, '{"detail":"Not authenticated"}'), method="PUT"
    )
    assert login.slug == "preflight-answered-by-other-layer"


def test_a_fetch_that_ends_at_a_login_is_to_be_a_navigation() -> None:
    there = "https://login.example.org/authorize?client_id=a"
    (found,) = reported(
        (302, {"location": there, "access-control-allow-origin": PAGE}, ""), (200, {"content-type": "text/html"}, "")
    )
    assert found.slug == "redirect-to-login"
    assert "window.location" in (found.remedy or "")


def test_a_redirect_of_the_apps_own_pages_is_no_login() -> None:
    (found,) = reported((302, {"location": "https://cdn.example.net/x"}, ""))
    assert found.slug == "redirect-loses-cors"


ENVOY_GRANT = {**GRANT, "server": "envoy"}


def test_a_layer_that_allows_the_preflight_and_not_the_response_is_named_with_both() -> None:
    passed = {"server": "envoy", "x-envoy-upstream-service-time": "3", "content-type": "application/json"}
    (found,) = reported((200, ENVOY_GRANT, ""), (200, passed, "{}"), method="PUT")
    assert found.slug == "answered-by-proxy"
    assert "Envoy answered the preflight itself; this response comes from behind it." in found.message
    assert "OPTIONS" in (found.remedy or "")


def test_a_response_that_differs_from_what_the_front_allowed_is_named_with_both() -> None:
    passed = {"server": "envoy", "x-envoy-upstream-service-time": "3", "access-control-allow-origin": "https://other.example"}
    found = reported((200, ENVOY_GRANT, ""), (200, passed, "{}"), method="PUT")[0]
    assert "'https://other.example'" in found.message
    assert "Envoy answered the preflight itself" in found.message


def test_a_layer_is_not_named_for_a_preflight_that_the_app_may_have_answered() -> None:
    (found,) = reported((200, {**GRANT, "server": "nginx"}, "OK"), (200, {"server": "nginx"}, "{}"), method="PUT")
    assert "nginx" not in found.message


def test_a_doubled_header_behind_a_layer_that_names_itself_has_the_setting_of_that_layer() -> None:
    doubled = WireResponse(200, (("server", "nginx/1.27"), *[("access-control-allow-origin", PAGE)] * 2))
    trace = drive(Browser().fetch(FetchRequest("https://api.example.com/x", PAGE)), lambda request: doubled)
    (found,) = diagnose(Observation(trace, facts=(ExchangeFacts(None),)))
    assert found.slug == "duplicate-cors-headers"
    assert "In nginx: remove the lines `add_header Access-Control-...`" in (found.remedy or "")


def test_a_path_that_the_front_knows_no_app_for_is_not_a_question_of_its_cors_settings() -> None:
    (found,) = reported((404, {"date": "now", "content-type": "text/plain"}, "404 page not found\n"))
    assert (found.slug, "no route" in found.message) == ("answered-by-proxy", True)
    assert "`rule`" in (found.remedy or "")


@pytest.mark.parametrize("status", [200, 404])
def test_a_redirect_from_https_to_http_is_the_cause_whatever_is_behind_it(status: int) -> None:
    request = FetchRequest("https://api.example.com/x", "http://localhost:3000")
    left = [WireResponse(307, (("location", "http://api.example.com/x/"), ("access-control-allow-origin", "http://localhost:3000"))),
            WireResponse(status, (("server", "nginx"),))]  # fmt: skip
    trace = drive(Browser().fetch(request), lambda _: left.pop(0))
    (found,) = diagnose(Observation(trace, facts=(ExchangeFacts(None), ExchangeFacts(None))))
    assert found.slug == "redirect-downgrades-to-http"
    assert "--proxy-headers" in (found.remedy or "")


@pytest.mark.parametrize("layer", LAYERS)
def test_the_advice_for_a_layer_names_no_setting_of_another(layer: str) -> None:
    others = {"nginx": "proxy_hide_header", "haproxy": "HAProxy", "apache": "`Header ", "traefik": "customResponseHeaders"}
    for purpose in get_args(Purpose):
        for other, word in others.items():
            assert other == layer or layer == "google" or word not in remedy(layer, purpose), purpose
