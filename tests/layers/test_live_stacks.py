"""Real proxies in front of a real app: what a check of the URL beside the app says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.live import NetworkCheck
from corsense.check.own_answers import OwnAnswers
from corsense.check.request import CheckOperation, CheckRequest
from corsense.check.results import Report
from corsense.finding import Finding
from corsense.layers.programs import ProgramName
from corsense.transports.limits import NetworkLimits
from tests.check.live import serving
from tests.layers.sites import apache, caddy, envoy, envoy_cors, haproxy, in_front, nginx, traefik, varnish

PATIENT = NetworkLimits(seconds=600.0, response_seconds=60.0)
ORIGIN = "https://app.example.com"
SET, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
APP = """import time
from fastapi import FastAPI, Header, HTTPException, Response
{imports}
app = FastAPI()
{layer}


@app.get("/items")
def items(): return []


@app.delete("/items/{{item}}")
def remove(item: int): return {{}}


@app.get("/private")
def private(authorization: str | None = Header(None)): raise HTTPException(401)


@app.get("/slow")
def slow(): time.sleep(1.4)


@app.post("/upload")
def upload(): return {{}}


@app.get("/slash/")
def slash(): return []


@app.get("/file")
def file(response: Response): response.headers["Access-Control-Expose-Headers"] = "X-A"
"""
IMPORT = "from fastapi.middleware.cors import CORSMiddleware\n"
LAYER = f"""app.add_middleware(
    CORSMiddleware,
    allow_origins=["{ORIGIN}"],
    allow_credentials=True,
    allow_methods=["GET", "POST", "DELETE"],
    allow_headers=["content-type", "authorization"],
)"""


@dataclass(frozen=True)
class Site:
    """An app that runs on a port, and the same app in process."""

    port: int
    session: AppSession


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Site]]:
    """The app with CORSMiddleware, and without."""
    folder = tmp_path_factory.mktemp("apps")
    (folder / "allowing.py").write_text(APP.format(imports=IMPORT, layer=LAYER), encoding="utf-8")
    (folder / "plain.py").write_text(APP.format(imports="", layer=""), encoding="utf-8")
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = {}
        for name in ("allowing", "plain"):
            session = stack.enter_context(AppSession.start(AppTarget.parse(f"{name}:app")))
            url = stack.enter_context(serving(folder, f"{name}:app"))
            found[name] = Site(urlsplit(url).port or 0, session)
        yield found


def check(url: str, site: Site, *operations: str, via: tuple[str, ...] = (), origin: str = ORIGIN) -> Report:
    named = tuple(CheckOperation(*operation.split(" ", 1)) for operation in operations)
    asked = CheckRequest(origins=(origin,), operations=named or (CheckOperation("GET", "/items"),))
    own = OwnAnswers(site.session.description, site.session.run, asked, url)
    return NetworkCheck(url, asked, PATIENT, own=own, via=via).run()


def worst(report: Report) -> Finding:
    return report.findings[0]


def front(finding: Finding) -> str:
    lines = finding.evidence["front"]
    assert isinstance(lines, list)
    return " / ".join(lines)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("nginx", nginx()),
        ("haproxy", haproxy()),
        ("apache", apache()),
        ("caddy", caddy()),
        ("traefik", traefik("{headers: {customResponseHeaders: {X-Front: '1'}}}")),
        ("envoy", envoy()),
        ("varnish", varnish()),
    ],
)
def test_a_proxy_that_passes_everything_on_is_not_blamed(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str]
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        report = check(proxy.url, site, "GET /items", "DELETE /items/1", "GET /private")
    assert [finding.cause.slug for finding in report.findings if finding.severity == "error"] == []
    assert not any("added" in note or "dropped" in note for note in report.notes)
    attributions = [found for result in report.results for found in result.attributions if found is not None]
    assert attributions
    assert {found.answered_by for found in attributions} == {"app"}
    assert {set_by for found in attributions for header, set_by in found.headers.items() if header != "vary"} == {"app"}


ADD = f'add_header Access-Control-Allow-Origin "{ORIGIN}" always;'


@pytest.mark.parametrize(
    ("name", "files", "title", "knob"),
    [
        ("nginx", nginx(ADD), "nginx 1.", "proxy_hide_header"),
        ("haproxy", haproxy(backend=f"http-response add-header {SET} {ORIGIN}"), "Something in front", "add-header"),
        ("apache", apache(f"Header always set {SET} {ORIGIN}"), "Apache", "Header always set"),
        ("caddy", caddy(f"header {SET} {ORIGIN}"), "Caddy", "header_down"),
        ("envoy", envoy(f", response_headers_to_add: [{{header: {{key: {SET}, value: '{ORIGIN}'}}}}]"), "Envoy", "append_action"),
    ],
)
def test_a_doubled_header_is_the_proxys_fault(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str], title: str, knob: str
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        report = check(proxy.url, site, "GET /items", "DELETE /items/1", "POST /upload")
    (finding,) = report.findings
    assert (finding.cause.slug, finding.severity, finding.fix, finding.place) == ("duplicate-cors-headers", "error", None, None)
    assert finding.message.startswith(title)
    assert knob in (finding.remedy or "")
    assert f"added {SET} (the app had set it already)" in front(finding)
    assert report.blocked == 3


@pytest.mark.parametrize(
    ("name", "files", "title", "knob"),
    [
        ("nginx", nginx("proxy_hide_header Access-Control-Allow-Origin;"), "nginx 1.", "proxy_hide_header"),
        ("haproxy", haproxy(backend=f"http-response del-header {SET}"), "Something in front", "del-header"),
        ("apache", apache(f"Header unset {SET}"), "Apache", "Header unset"),
        ("caddy", caddy(proxy=f"header_down -{SET}"), "Caddy", "header_down"),
        ("traefik", traefik(f"{{headers: {{customResponseHeaders: {{{SET}: ''}}}}}}"), "Traefik", "customResponseHeaders"),
        ("envoy", envoy(f", response_headers_to_remove: [{SET}]"), "Envoy", "response_headers_to_remove"),
        ("varnish", varnish(f"sub vcl_deliver {{ unset resp.http.{SET}; }}"), "Varnish", "unset"),
    ],
)
def test_a_dropped_header_is_the_proxys_fault(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str], title: str, knob: str
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        report = check(proxy.url, site)
    finding = worst(report)
    assert (finding.cause.slug, finding.fix, finding.place) == ("cors-headers-changed-in-front", None, None)
    assert finding.message.startswith(f"{title}")
    assert f"dropped {SET} (the app sets {ORIGIN!r})" in front(finding)
    assert knob in (finding.remedy or "")


@pytest.mark.parametrize(
    ("name", "files", "knob"),
    [
        ("haproxy", haproxy(backend=f"http-response set-header {SET} https://other.example"), "set-header"),
        ("apache", apache(f"Header set {SET} https://other.example"), "Header set"),
        ("caddy", caddy(f"header >{SET} https://other.example"), "header >"),
    ],
)
def test_a_replaced_header_is_the_proxys_fault(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str], knob: str
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.fix, finding.place) == ("cors-headers-changed-in-front", None, None)
    assert "'https://other.example'" in front(finding)
    assert knob in (finding.remedy or "")


def test_an_origin_that_the_proxy_keeps_from_the_app_is_not_a_missing_origin(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx('proxy_set_header Origin "";'), site.port) as proxy:
        (finding,) = check(proxy.url, site, "GET /items", "DELETE /items/1").findings
    assert finding.message.startswith("nginx 1.")
    assert "does not pass the request header Origin on" in finding.message
    assert "proxy_set_header Origin" in (finding.remedy or "")


OWN = " ".join(
    f"add_header {name} {value};"
    for name, value in {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": '"GET, DELETE"',
        "Access-Control-Allow-Headers": "authorization",
    }.items()
)


def test_headers_that_are_added_to_successful_answers_only_are_missing_on_errors(sites: Mapping[str, Site]) -> None:
    site = sites["plain"]
    files = nginx(f"{OWN} if ($request_method = OPTIONS) {{ {OWN} return 204; }}")
    with in_front("nginx", files, site.port) as proxy:
        blocked = check(proxy.url, site, "GET /items", "GET /private")
        warned = check(proxy.url, site, "GET /items")
    assert (worst(blocked).cause.slug, worst(blocked).severity) == ("error-response-without-cors", "error")
    assert "to successful answers and not to this one (401)" in worst(blocked).message
    assert (worst(warned).cause.slug, worst(warned).severity) == ("error-response-without-cors", "warning")
    assert "404" in worst(warned).message
    for finding in (worst(blocked), worst(warned)):
        assert "`add_header Access-Control-... always`" in (finding.remedy or "")


def test_errors_that_the_proxy_replaces_lose_the_apps_headers(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("apache", apache("ProxyErrorOverride On"), site.port) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.severity) == ("error-response-without-cors", "warning")
    assert "replaces the app's errors by its own" in finding.message
    assert "`ProxyErrorOverride` off" in (finding.remedy or "")


@pytest.mark.parametrize(
    ("name", "files", "slug", "words"),
    [
        ("nginx", nginx("auth_basic x; auth_basic_user_file @FOLDER@/none;"), "answered-by-proxy", "`auth_basic`"),
        ("haproxy", haproxy("http-request return status 204 if METH_OPTIONS"), "answered-by-proxy", "METH_OPTIONS"),
        ("caddy", caddy("@options method OPTIONS\nrespond @options 204"), "answered-by-proxy", "method OPTIONS"),
        (
            "traefik",
            traefik("{headers: {accessControlAllowOriginList: ['https://other.example'], accessControlAllowMethods: [GET]}}"),
            "answered-by-proxy",
            "accessControlAllowOriginList",
        ),
        ("envoy", envoy_cors(ORIGIN, ", allow_methods: GET"), "answered-by-proxy", "forward_not_matching_preflights"),
        (
            "varnish",
            varnish('sub vcl_recv { if (req.method == "OPTIONS") { return (synth(204)); } }'),
            "answered-by-proxy",
            "vcl",
        ),
    ],
)
def test_a_preflight_that_the_proxy_answers_is_its_to_repair(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str], slug: str, words: str
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        report = check(proxy.url, site, "DELETE /items/1")
    finding = worst(report)
    assert (finding.cause.slug, finding.place, finding.fix) == (slug, None, None)
    assert words in (finding.remedy or "")
    assert "answered with" in front(finding)
    (attribution,) = [found for found in report.results[0].attributions if found is not None]
    assert (attribution.answered_by, attribution.layer) == ("front", name)


@pytest.mark.parametrize(
    ("name", "files", "layer"),
    [
        ("nginx", nginx("proxy_read_timeout 300ms;"), "nginx"),
        ("haproxy", haproxy(backend="timeout server 300ms"), "haproxy"),
        ("envoy", {"envoy.yaml": envoy()["envoy.yaml"].replace("{cluster: app}", "{cluster: app, timeout: 0.3s}")}, "envoy"),
    ],
)
def test_a_time_limit_in_front_is_not_an_error_of_the_app(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str], layer: str
) -> None:
    site = sites["allowing"]
    with in_front(name, files, site.port) as proxy:
        finding = worst(check(proxy.url, site, "GET /slow"))
    assert (finding.cause.slug, finding.evidence["layer"], finding.place) == ("gateway-error", layer, None)
    assert "answered with 504; the app answers 200" in front(finding)


def test_a_body_limit_in_front_is_not_an_error_of_the_app(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    asked = CheckRequest((ORIGIN,), (CheckOperation("POST", "/upload"),), run_endpoints=True, body="four")
    with in_front("nginx", nginx(server="client_max_body_size 1;"), site.port) as proxy:
        own = OwnAnswers(site.session.description, site.session.run, asked, proxy.url)
        finding = worst(NetworkCheck(proxy.url, asked, PATIENT, own=own).run())
    assert (finding.cause.slug, finding.evidence["layer"], finding.place) == ("request-too-large", "nginx", None)
    assert "client_max_body_size" in (finding.remedy or "")
    assert "answered with 413" in front(finding)


@pytest.mark.parametrize("tells", [True, False])
def test_an_app_that_does_not_hear_of_https_redirects_away_from_it(
    sites: Mapping[str, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tells: bool
) -> None:
    site = sites["allowing"]
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(key_and_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    header = "proxy_set_header X-Forwarded-Proto https;" if tells else ""
    tls = f"ssl_certificate {certificate}; ssl_certificate_key {certificate};"
    with in_front("nginx", nginx(header, server=tls, listen="ssl", host="$host"), site.port) as proxy:
        report = check(proxy.url.replace("http:", "https:"), site, "GET /items", "GET /slash")
    downgraded = [finding for finding in report.findings if finding.cause.slug == "redirect-downgrades-to-http"]
    assert len(downgraded) == (0 if tells else 1)
    for finding in downgraded:
        assert (finding.remedy or "").startswith("In nginx: write `proxy_set_header X-Forwarded-Proto $scheme`.")


def key_and_certificate() -> bytes:
    """Of 127.0.0.1, for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "corsense")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    signed = built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return signed + key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def test_a_proxy_that_reaches_no_app_is_blamed_whatever_the_app_would_answer(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("caddy", caddy(), 9) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.evidence["layer"]) == ("gateway-error", "caddy")
    assert "the app answers 200" in front(finding)


def test_a_star_in_place_of_the_apps_list_opens_the_api(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    hide = "proxy_hide_header Access-Control-Allow-Origin; proxy_hide_header Access-Control-Allow-Credentials;"
    with in_front("nginx", nginx(f'{hide} add_header Access-Control-Allow-Origin "*" always;'), site.port) as proxy:
        url, asked = proxy.url, CheckRequest(origins=(ORIGIN,), operations=(CheckOperation("GET", "/items"),), credentials="omit")
        own = OwnAnswers(site.session.description, site.session.run, asked, url)
        report = NetworkCheck(url, asked, PATIENT, own=own).run()
    assert report.blocked == 0
    opened = next(finding for finding in report.findings if "every origin" in finding.message)
    assert (opened.cause.slug, opened.severity) == ("cors-headers-changed-in-front", "warning")
    assert "the app allows 'https://app.example.com'" in opened.message


def test_vary_that_is_dropped_lets_caches_mix_pages_up(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("varnish", varnish("sub vcl_deliver { unset resp.http.Vary; }"), site.port) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.severity) == ("vary-origin-missing", "warning")
    assert finding.message.startswith("Varnish drops Vary: Origin")
    assert "unset beresp.http.Vary" in (finding.remedy or "")


@pytest.mark.parametrize("origin", ["https://other.example"])
def test_an_origin_that_the_app_refuses_behind_a_proxy_is_the_apps_to_repair(sites: Mapping[str, Site], origin: str) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx(), site.port) as proxy:
        finding = worst(check(proxy.url, site, origin=origin))
    assert finding.place is not None
    assert finding.place.file.endswith("allowing.py")
    assert "front" not in finding.evidence


def test_the_hop_is_named_between_which_a_header_vanishes(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with (
        in_front("nginx", nginx("proxy_hide_header Access-Control-Allow-Origin;"), site.port) as inner,
        in_front("caddy", caddy(), int(inner.url.rpartition(":")[2])) as outer,
        in_front("haproxy", haproxy(), int(outer.url.rpartition(":")[2])) as outermost,
    ):
        report = check(outermost.url, site, via=(outer.url, inner.url))
        beyond = check(inner.url, site, via=(f"http://localhost:{site.port}",))
        reversed_order = check(outermost.url, site, via=(inner.url, outer.url))
    assert f"between {inner.url} and the app" in front(worst(report))
    assert worst(report).message.startswith("nginx")
    assert report.notes.count(f"The way from outside to the app: {outermost.url} -> {outer.url} -> {inner.url} -> the app.") == 1
    assert f"between {inner.url} and http://localhost:{site.port}" in front(worst(beyond))
    assert not any("other way round" in note for note in (*report.notes, *beyond.notes))
    assert any(f"--via {outer.url} --via {inner.url}" in note for note in reversed_order.notes)


def test_a_prefix_that_the_proxy_takes_away_hides_no_route_of_the_app(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    files = {"Caddyfile": "http://127.0.0.1:LISTEN {\nhandle_path /api/* {\nreverse_proxy 127.0.0.1:UPSTREAM\n}\n}\n"}
    with in_front("caddy", files, site.port) as proxy:
        report = check(proxy.url, site, "GET /api/items", "DELETE /api/items/1")
    assert [finding.cause.slug for finding in report.findings if finding.severity == "error"] == []
    assert all(found is not None and found.answered_by == "app" for found in report.results[0].attributions)


def test_a_request_that_the_app_answers_differently_shows_that_the_proxy_sets_an_equal_value(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    own = f'proxy_hide_header {SET}; add_header {SET} "{ORIGIN}" always;'
    with in_front("nginx", nginx(own), site.port) as proxy:
        replaced = check(proxy.url, site).results[0].attributions[0]
    with in_front("nginx", nginx(), site.port) as proxy:
        passed = check(proxy.url, site).results[0].attributions[0]
    assert replaced is not None
    assert passed is not None
    assert (replaced.headers[SET], replaced.headers["access-control-allow-credentials"]) == ("replaced", "app")
    assert passed.headers[SET] == "app"


def test_a_proxy_that_allows_preflights_alone_is_blamed_for_the_responses(sites: Mapping[str, Site]) -> None:
    site = sites["plain"]
    with in_front("nginx", nginx(f"if ($request_method = OPTIONS) {{ {OWN} return 204; }}"), site.port) as proxy:
        finding = worst(check(proxy.url, site, "GET /private"))
    assert (finding.cause.slug, finding.evidence["layer"]) == ("answered-by-proxy", "nginx")
    assert "adds no Access-Control-Allow-Origin to the response" in finding.message
    assert "not only for OPTIONS" in (finding.remedy or "")


def test_a_proxy_that_adds_headers_and_passes_preflights_on_has_to_answer_them(sites: Mapping[str, Site]) -> None:
    site = sites["plain"]
    with in_front("nginx", nginx(ADD), site.port) as proxy:
        finding = worst(check(proxy.url, site, "DELETE /items/1"))
    assert finding.cause.slug == "preflight-bad-status"
    assert "passes the preflight on to the app, which answers 405" in finding.message
    assert "return 204" in (finding.remedy or "")


def test_an_app_that_is_called_by_another_name_redirects_to_it(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx(host="internal.local"), site.port) as proxy:
        finding = worst(check(proxy.url, site, "GET /items", "GET /slash"))
    assert (finding.cause.slug, finding.severity) == ("redirect-loses-cors", "error")
    assert "http://internal.local" in finding.message
    assert "`proxy_set_header Host $host`" in (finding.remedy or "")


def test_a_page_that_the_proxy_serves_in_place_of_the_app_is_no_question_of_cors(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    files = nginx("return 200 '<!doctype html>';", http="default_type text/html;")
    with in_front("nginx", files, site.port) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.evidence["layer"]) == ("answered-by-proxy", "nginx")
    assert "`location`" in (finding.remedy or "")


def test_a_login_of_a_proxy_is_a_redirect_to_a_login(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    login = "return 302 https://api-auth.example.com/oauth2/start?rd=$request_uri;"
    with in_front("nginx", nginx(login), site.port) as proxy:
        findings = check(proxy.url, site, "GET /items", "DELETE /items/1").findings
    assert {finding.cause.slug for finding in findings} == {"redirect-to-login", "answered-by-proxy"}
    assert any("--skip-auth-preflight" in (finding.remedy or "") for finding in findings)


@pytest.mark.parametrize("lines", ["rewrite ^ /other break;", "rewrite ^/(.*) /v2/$1 break;"])
def test_a_path_that_is_changed_in_front_is_not_a_pass(sites: Mapping[str, Site], lines: str) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx(lines), site.port) as proxy:
        finding = worst(check(proxy.url, site))
    assert (finding.cause.slug, finding.severity) == ("route-not-found", "warning")
    assert "`rewrite`" in (finding.remedy or "")


def test_an_address_on_the_way_that_does_not_answer_is_reported(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx(), site.port) as proxy:
        report = check(proxy.url, site, via=("http://127.0.0.1:9",))
    assert "http://127.0.0.1:9 gave no answer, so it is not known what happens there." in report.notes


def test_an_origin_that_the_proxy_reflects_is_the_proxys_hole(sites: Mapping[str, Site]) -> None:
    site = sites["plain"]
    own = f"add_header {SET} $http_origin always; add_header Access-Control-Allow-Credentials true always;"
    with in_front("nginx", nginx(own), site.port) as proxy:
        report = check(proxy.url, site)
    finding = next(found for found in report.findings if found.cause.slug == "reflected-origin")
    assert "nginx 1." in finding.message
    assert "the app sets none" in finding.message
    assert (finding.place, finding.fix) == (None, None)
    assert "`map $http_origin`" in (finding.remedy or "")


def test_headers_that_nginx_does_not_inherit_are_lost_on_some_paths(sites: Mapping[str, Site]) -> None:
    site = sites["plain"]
    location = "location = /slash/ { proxy_pass http://127.0.0.1:UPSTREAM; add_header X-Frame-Options DENY; }"
    with in_front("nginx", nginx(server=f"{OWN} {location}"), site.port) as proxy:
        report = check(proxy.url, site, "GET /items", "GET /slash/")
    finding = worst(report)
    assert (finding.cause.slug, report.blocked) == ("proxy-loses-cors", 1)
    assert "drops those of the level above" in (finding.remedy or "")


def test_a_header_that_the_endpoint_may_have_set_is_not_laid_on_the_proxy_alone(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    with in_front("nginx", nginx(), site.port) as proxy:
        passed = check(proxy.url, site, "GET /file")
    with in_front("nginx", nginx("add_header Access-Control-Expose-Headers X-B always;"), site.port) as proxy:
        added = check(proxy.url, site, "GET /items")
    assert (passed.blocked, added.blocked) == (0, 0)
    assert any("the app's layers set none; its endpoint may" in note for note in passed.notes)
    # The answer for a path that does not exist has it too, and no endpoint gave that.
    assert any("added access-control-expose-headers: 'X-B' (the app sets none)" in note for note in added.notes)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("nginx", nginx(f"{ADD} add_header Access-Control-Allow-Credentials true always;")),
        (
            "haproxy",
            haproxy(f"http-after-response set-header {SET} {ORIGIN}\n  http-after-response set-header {CREDENTIALS} true"),
        ),
        ("apache", apache(f"Header always set {SET} {ORIGIN}\nHeader always set {CREDENTIALS} true")),
        ("caddy", caddy(f"header {SET} {ORIGIN}\nheader {CREDENTIALS} true")),
        ("traefik", traefik(f"{{headers: {{accessControlAllowOriginList: ['{ORIGIN}'], accessControlAllowCredentials: true}}}}")),
        ("envoy", envoy_cors(ORIGIN, ", allow_credentials: true")),
        ("varnish", varnish(f'sub vcl_deliver {{ set resp.http.{SET} = "{ORIGIN}"; set resp.http.{CREDENTIALS} = "true"; }}')),
    ],
)
def test_headers_of_a_proxy_before_an_app_without_cors_are_the_proxys(
    sites: Mapping[str, Site], name: ProgramName, files: dict[str, str]
) -> None:
    site = sites["plain"]
    with in_front(name, files, site.port) as proxy:
        report = check(proxy.url, site)
    (attribution,) = report.results[0].attributions
    assert report.blocked == 0
    assert attribution is not None
    assert attribution.answered_by == "app"
    assert {attribution.headers[SET], attribution.headers[CREDENTIALS]} == {"front"}
    assert not any(finding.severity == "error" for finding in report.findings)


def test_a_preflight_that_apache_answers_is_its_to_repair(sites: Mapping[str, Site]) -> None:
    site = sites["allowing"]
    lines = "RewriteEngine On\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule .* - [R=204,L]"
    with in_front("apache", apache(lines), site.port) as proxy:
        finding = worst(check(proxy.url, site, "DELETE /items/1"))
    assert (finding.cause.slug, finding.evidence["layer"]) == ("answered-by-proxy", "apache")
    assert "answered with 204; the app answers 200" in front(finding)
