"""Configurations of the other proxies and gateways read."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from corsense.errors import InputError
from corsense.layers.programs import find
from corsense.layers.reading import Reading, UnreadableConfiguration, read_configuration
from corsense.policy import Policy

APP = "https://app.example.com"
needs_caddy = pytest.mark.skipif(find("caddy") is None, reason="Caddy, which reads its own format, is not installed")


def read(folder: Path, name: str, text: str) -> Reading:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return read_configuration(path, name=name)


def slugs(reading: Reading) -> set[str | None]:
    return {remark.slug for remark in reading.remarks}


HAPROXY = """
    frontend web
        bind :80
        http-request set-var(txn.origin) req.hdr(Origin)
        acl trusted var(txn.origin) -m str https://app.example.com https://admin.example.com
        http-request return status 204 if METH_OPTIONS
        http-after-response set-header Access-Control-Allow-Origin %[var(txn.origin)] if trusted
        http-after-response set-header Access-Control-Allow-Methods "GET, PUT" if trusted
        http-after-response set-header Vary Origin
        default_backend app
    backend app
        server one 127.0.0.1:8000
"""


def test_haproxys_acls_and_variables_are_followed(tmp_path: Path) -> None:
    reading = read(tmp_path, "haproxy.cfg", HAPROXY)
    assert reading.policies == (Policy(origins=[APP, "https://admin.example.com"], methods=["PUT"]),)
    assert reading.is_exact


@pytest.mark.parametrize(
    ("test", "foreign"),
    [
        ("-m end .example.com", None),
        ("-m end example.com", "https://evilexample.com"),
        ("-m beg https://app.example.com", APP + ".evil.test"),
    ],
)
def test_haproxys_matches_let_in_what_they_match(tmp_path: Path, test: str, foreign: str | None) -> None:
    text = HAPROXY.replace("-m str https://app.example.com https://admin.example.com", test)
    reading = read(tmp_path, "haproxy.cfg", text)
    (policy,) = reading.policies
    assert policy.decide(APP).allowed
    assert not policy.decide("https://elsewhere.test").allowed
    assert ("regex-partial-match" in slugs(reading)) == (foreign is not None)
    if foreign is not None:
        assert policy.decide(foreign).allowed


def test_haproxy_finds_no_request_in_a_response_rule(tmp_path: Path) -> None:
    text = "backend app\n  http-response set-header Access-Control-Allow-Origin %[req.hdr(Origin)]\n  server a 127.0.0.1:1\n"
    assert "proxy-loses-cors" in slugs(read(tmp_path, "haproxy.cfg", text))


def test_a_program_in_lua_is_not_guessed(tmp_path: Path) -> None:
    text = HAPROXY.replace("http-after-response set-header Vary Origin", 'http-response lua.cors "GET"')
    reading = read(tmp_path, "haproxy.cfg", text)
    assert not reading.policies
    assert slugs(reading) == {None}


def test_rules_that_haproxy_no_longer_has_are_reported(tmp_path: Path) -> None:
    text = "backend app\n  rspadd Access-Control-Allow-Origin:\\ *\n  server a 127.0.0.1:1\n"
    assert slugs(read(tmp_path, "haproxy.cfg", text)) == {"proxy-loses-cors"}


@pytest.mark.parametrize("text", ["option httplog\n", "frontend web\n  bind 'unclosed\n"])
def test_a_broken_haproxy_configuration_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableConfiguration, match=r"haproxy\.cfg:\d: HAProxy would refuse this"):
        read(tmp_path, "haproxy.cfg", text)


APACHE = """
    <VirtualHost *:80>
        SetEnvIf Origin "^https://(app|admin)\\.example\\.com$" ORIGIN=$0
        Header always set Access-Control-Allow-Origin "%{ORIGIN}e" env=ORIGIN
        Header always set Access-Control-Allow-Methods "GET, PUT" env=ORIGIN
        Header always set Vary Origin
        RewriteEngine On
        RewriteCond %{REQUEST_METHOD} =OPTIONS
        RewriteRule ^ - [R=204,L]
        ProxyPass / http://127.0.0.1:8000/
    </VirtualHost>
"""


def test_apaches_expressions_of_few_origins_become_a_list(tmp_path: Path) -> None:
    reading = read(tmp_path, "httpd.conf", APACHE)
    assert reading.policies == (Policy(origins=["https://admin.example.com", APP], methods=["PUT"]),)
    assert reading.is_exact


def test_apaches_answer_to_options_has_only_what_is_always_set(tmp_path: Path) -> None:
    reading = read(tmp_path, "httpd.conf", APACHE.replace("Header always set", "Header set"))
    assert "preflight-answered-by-other-layer" in slugs(reading)


def test_apache_names_no_origin_where_the_variable_is_missing(tmp_path: Path) -> None:
    text = APACHE.replace(' "%{ORIGIN}e" env=ORIGIN', ' "%{ORIGIN}e"')
    assert not read(tmp_path, "httpd.conf", text).policies[0].decide("https://evil.test").allowed


def test_what_an_expression_of_apache_finds_at_the_end_is_the_whole_origin(tmp_path: Path) -> None:
    text = APACHE.replace('"^https://(app|admin)\\.example\\.com$"', '"https?://(www\\.)?(example.com|example.org)$"')
    reading = read(tmp_path, "httpd.conf", text)
    (policy,) = reading.policies
    assert policy.decide("http://www.example.org").allowed
    assert policy.decide("https://examplexcom").allowed
    assert not policy.decide("https://evil.test").allowed
    assert "regex-unescaped-dot" in slugs(reading)


def test_an_expression_that_matches_every_origin_is_every_origin(tmp_path: Path) -> None:
    lines = ['<FilesMatch "\\.png$">', 'SetEnvIf Origin ":" IS_CORS', 'Header set Access-Control-Allow-Origin "*" env=IS_CORS']
    text = "\n".join([*lines, "</FilesMatch>"])
    assert read(tmp_path, "httpd.conf", text).policies == (Policy(origins="*"),)


def test_a_name_that_anyone_can_register_is_reported(tmp_path: Path) -> None:
    text = APACHE.replace('"^https://(app|admin)\\.example\\.com$"', '"^https://([a-z0-9-]+\\.)*vercel\\.app$"')
    assert "public-suffix-origin" in slugs(read(tmp_path, "httpd.conf", text))


def test_an_unclosed_section_of_apache_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableConfiguration, match=r"httpd\.conf:2: "):
        read(tmp_path, "httpd.conf", "ServerName a\n<VirtualHost *:80>\nServerName b\n")


CADDY = """
    api.example.com {
        @cors header Origin https://app.example.com
        header @cors {
            Access-Control-Allow-Origin {header.Origin}
            Access-Control-Allow-Methods "GET, PUT"
        }
        header +Vary Origin
        @options method OPTIONS
        respond @options 204
        reverse_proxy 127.0.0.1:8000
    }
"""


@needs_caddy
def test_caddys_matchers_are_followed(tmp_path: Path) -> None:
    reading = read(tmp_path, "Caddyfile", CADDY)
    assert reading.policies == (Policy(origins=[APP], methods=["PUT"]),)
    assert reading.is_exact
    assert reading.places[0].doubled == ("access-control-allow-methods", "access-control-allow-origin")


CORS_SNIPPET = """
    (cors) {
        @preflight{args[0]} method OPTIONS
        @origin{args[0]} header Origin {args[0]}
        handle @preflight{args[0]} {
            header Access-Control-Allow-Origin {args[0]}
            respond 204
        }
        handle @origin{args[0]} {
            header Access-Control-Allow-Origin {args[0]}
        }
    }
    :80 {
        import cors https://app.example.com
        import cors https://admin.example.com
        header +Vary Origin
        reverse_proxy 127.0.0.1:8000
    }
"""


@needs_caddy
def test_a_snippet_of_caddy_that_is_imported_twice_answers_all_preflights_for_the_first_origin(tmp_path: Path) -> None:
    reading = read(tmp_path, "Caddyfile", CORS_SNIPPET)
    (remark,) = (each for each in reading.remarks if each.severity == "error")
    assert remark.slug == "preflight-answered-by-other-layer"
    assert "https://admin.example.com for another origin" in remark.message


@needs_caddy
@pytest.mark.parametrize(
    "line", ["import /etc/passwd", "import ../other", "import \\\n /etc/passwd", "`import` link", "import {$SECRET}"]
)
def test_an_import_of_caddy_that_leads_out_of_the_folder_is_not_read(tmp_path: Path, line: str) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(UnreadableConfiguration, match=r"Caddyfile:\d+: The import .* lead"):
        read(tmp_path, "Caddyfile", f":80 {{\n{line}\n}}\n")


@needs_caddy
def test_an_import_of_caddy_inside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "cors.caddy").write_text("header Access-Control-Allow-Origin *\n", encoding="utf-8")
    assert read(tmp_path, "Caddyfile", ":80 {\nimport cors.caddy\nrespond 204\n}\n").policies[0].any_origin


@needs_caddy
def test_caddys_login_answers_preflights(tmp_path: Path) -> None:
    hashed = "$2a$05$4Mw0tLDzRt5SSdLlZ4VVsu8kQFVr3xllqlTbezcFEuVg5Q0Ib2xo6"
    text = CADDY.replace("reverse_proxy", f"basic_auth {{\n user {hashed}\n }}\n reverse_proxy")
    reading = read(tmp_path, "Caddyfile", text)
    assert any("answers preflights with 401" in remark.message for remark in reading.remarks)


@needs_caddy
def test_paths_of_caddy_have_policies_of_their_own(tmp_path: Path) -> None:
    text = CADDY.replace(
        "reverse_proxy 127.0.0.1:8000", "handle /open/* {\n header Access-Control-Allow-Origin *\n respond 200\n }"
    )
    assert len(read(tmp_path, "Caddyfile", text).places) == 2


@needs_caddy
def test_a_broken_caddyfile_is_refused_with_caddys_reason(tmp_path: Path) -> None:
    with pytest.raises(UnreadableConfiguration, match=r"Caddyfile:2: Caddy would refuse this: unrecognized directive: nonsense"):
        read(tmp_path, "Caddyfile", ":80 {\n nonsense\n}\n")


TRAEFIK = """
    http:
      routers:
        api:
          rule: PathPrefix(`/`)
          service: app
          middlewares: [auth, cors]
      middlewares:
        auth:
          forwardAuth: {address: "http://127.0.0.1:1"}
        cors:
          headers:
            accessControlAllowOriginList: ["https://app.example.com"]
            accessControlAllowMethods: [GET, PUT]
            accessControlMaxAge: 600
            addVaryHeader: true
"""


def test_what_refuses_outside_traefiks_headers_is_reported(tmp_path: Path) -> None:
    reading = read(tmp_path, "dynamic.yml", TRAEFIK)
    assert reading.policies == (Policy(origins=[APP], methods=["PUT"], max_age=600),)
    assert slugs(reading) == {"preflight-bad-status", "error-response-without-cors"}
    assert read(tmp_path, "dynamic.yml", TRAEFIK.replace("[auth, cors]", "[cors, auth]")).is_exact


STATIC = """
    entryPoints:
      web:
        address: ":80"
        http: {middlewares: [guard@file]}
    providers:
      file: {filename: rules.yml}
"""


def test_a_static_configuration_of_traefik_leads_to_its_rules_and_puts_middlewares_around_them(tmp_path: Path) -> None:
    rules = dedent(TRAEFIK).replace("[auth, cors]", "[cors]").replace("auth:\n", "guard:\n").replace("forwardAuth", "basicAuth")
    (tmp_path / "rules.yml").write_text(rules, encoding="utf-8")
    reading = read(tmp_path, "traefik.yml", STATIC)
    assert [place.file for place in reading.places] == ["rules.yml"]
    assert "preflight-bad-status" in slugs(reading)
    with pytest.raises(UnreadableConfiguration, match=r"traefik\.yml:7: The file 'missing\.yml'"):
        read(tmp_path, "traefik.yml", STATIC.replace("rules.yml", "missing.yml"))


COMPOSE = """
    services:
      api:
        image: api
        environment:
          - 'CORS_ORIGINS=["https://app.example.com/"]'
        labels:
          traefik.http.routers.api.middlewares: cors@docker
          traefik.http.middlewares.cors.headers.accesscontrolalloworiginlist: "*"
          traefik.http.middlewares.cors.headers.accesscontrolallowcredentials: "true"
          traefik.http.middlewares.cors.headers.accesscontrolmaxage: "600"
          traefik.http.middlewares.cors.headers.addvaryheader: "true"
"""


def test_labels_of_a_compose_file_are_traefiks(tmp_path: Path) -> None:
    reading = read(tmp_path, "compose.yaml", COMPOSE)
    assert {(remark.slug, remark.line) for remark in reading.remarks} == {("origin-trailing-slash", 6), ("reflected-origin", 9)}


def test_an_option_that_traefik_does_not_have_is_reported(tmp_path: Path) -> None:
    text = COMPOSE.replace("accesscontrolalloworiginlist", "accesscontrolalloworigin")
    assert slugs(read(tmp_path, "compose.yaml", text)) == {"origin-trailing-slash", "proxy-loses-cors"}


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("https://app.example.com/", "origin-trailing-slash"),
        ("https://app.example.com/shop", "origin-has-path"),
        ("https://a.example, https://B.example", "origin-not-normalised"),
        ('["https://a.example,https://b.example"]', "joined-values"),
    ],
)
def test_origins_of_an_environment_that_no_browser_sends_are_reported(tmp_path: Path, value: str, slug: str) -> None:
    text = f"services:\n  api:\n    environment:\n      BACKEND_CORS_ORIGINS: '{value}'\n"
    assert [(each.slug, each.line) for each in read(tmp_path, "compose.yaml", text).remarks] == [(slug, 4)]


@pytest.mark.parametrize("value", ["https://app.example.com", "https://a.example,https://b.example:8443", "$ORIGINS/", "*"])
def test_origins_of_an_environment_that_may_be_right_are_left_alone(tmp_path: Path, value: str) -> None:
    text = f"services:\n  api:\n    environment:\n      CORS_ORIGINS: '{value}'\n"
    assert not read(tmp_path, "compose.yaml", text).remarks


ENVOY = """
    static_resources:
      listeners:
      - filter_chains:
        - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              route_config:
                virtual_hosts:
                - name: api
                  domains: ["*"]
                  routes: [{match: {prefix: /}, route: {cluster: app}}]
                  response_headers_to_add:
                  - {header: {key: Vary, value: Origin}}
                  typed_per_filter_config:
                    envoy.filters.http.cors:
                      allow_origin_string_match: [{suffix: .example.com}]
                      allow_methods: GET, PUT
              http_filters:
              - name: envoy.filters.http.cors
              - name: envoy.filters.http.router
"""


def test_envoys_policy_needs_its_filter(tmp_path: Path) -> None:
    (policy,) = read(tmp_path, "envoy.yaml", ENVOY).policies
    assert policy.decide(APP).allowed
    assert not policy.decide("https://example.com").allowed
    without = read(tmp_path, "envoy.yaml", ENVOY.replace("- name: envoy.filters.http.cors\n", ""))
    assert slugs(without) == {"proxy-loses-cors"}
    assert not without.policies


def test_envoy_takes_the_first_route_whose_headers_match(tmp_path: Path) -> None:
    routes = """routes:
                  - match: {prefix: /, headers: [{name: ":method", string_match: {exact: OPTIONS}}]}
                    direct_response: {status: 204}
                  - match: {prefix: /, headers: [{name: origin, string_match: {exact: "https://app.example.com"}}]}
                    route: {cluster: app}
                    response_headers_to_add:
                    - {header: {key: Access-Control-Allow-Origin, value: "%REQ(origin)%"}}
                  - match: {prefix: /}
                    route: {cluster: app}"""
    text = ENVOY.replace("routes: [{match: {prefix: /}, route: {cluster: app}}]", routes).partition(
        "                  typed_per"
    )[0]
    text += "              http_filters: [{name: envoy.filters.http.router}]\n"
    reading = read(tmp_path, "envoy.yaml", text)
    assert reading.policies == (Policy(origins=[APP]),)
    assert slugs(reading) == {"preflight-answered-by-other-layer"}


def test_traefik_takes_the_router_with_the_highest_priority_whose_rule_holds(tmp_path: Path) -> None:
    text = """
        http:
          routers:
            trusted:
              rule: PathPrefix(`/`) && HeaderRegexp(`Origin`, `^https://(app|admin)\\.example\\.com$`)
              middlewares: [cors]
            other:
              rule: PathPrefix(`/`)
              middlewares: [none]
          middlewares:
            cors: {headers: {accessControlAllowOriginList: ["*"], accessControlMaxAge: 60, addVaryHeader: true}}
            none: {headers: {addVaryHeader: true}}
    """
    reading = read(tmp_path, "dynamic.yml", text)
    assert reading.policies == (Policy(origins=["https://admin.example.com", APP], max_age=60),)


def test_a_condition_is_quoted_without_what_may_be_a_secret(tmp_path: Path) -> None:
    text = HAPROXY.replace(
        "http-request return", "http-request deny if { req.hdr(X-Api-Key) -m str s3cr3t }\n        http-request return"
    )
    reading = read(tmp_path, "haproxy.cfg", text)
    assert reading.remarks
    assert "s3cr3t" not in "".join(map(str, reading.remarks))


ROUTE = """
    apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: {name: api}
    spec:
      rules:
      - filters:
        - type: CORS
          cors:
            allowOrigins: ["https://app.example.com", "https://*.example.org"]
            allowCredentials: true
            allowMethods: [GET, PUT]
            maxAge: 600
"""


def test_a_route_of_the_gateway_api_is_a_policy(tmp_path: Path) -> None:
    reading = read(tmp_path, "route.yaml", ROUTE)
    (policy,) = reading.policies
    assert policy.decide("https://a.b.example.org").credentials
    assert not policy.decide("https://example.org").allowed
    assert not reading.proven


def test_the_cors_of_an_http_api_is_a_policy(tmp_path: Path) -> None:
    document = {"Name": "api", "CorsConfiguration": {"AllowOrigins": [APP], "AllowMethods": ["PUT"], "MaxAge": 600}}
    reading = read(tmp_path, "api.json", json.dumps(document, indent=2))
    assert reading.policies == (Policy(origins=[APP], methods=["PUT"], max_age=600),)


BOMB = "a: &a [x, x]\n" + "".join(f"{chr(97 + n)}: &{chr(97 + n)} [{', '.join([f'*{chr(96 + n)}'] * 9)}]\n" for n in range(1, 20))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services: [\n", 2),
        ("services: &a\n  b: *a\n", 2),
        ("services: *missing\n", 1),
        ("services:\n" + "- " * 100 + "x\n", 2),
        ("services: \0\n", 1),
    ],
)
def test_hostile_yaml_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UnreadableConfiguration, match=rf"compose\.yaml:{line}: "):
        read(tmp_path, "compose.yaml", text)


def test_aliases_that_multiply_cost_nothing(tmp_path: Path) -> None:
    assert not read(tmp_path, "compose.yaml", f"services: {{}}\n{BOMB}").places


def test_a_program_of_varnish_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a program in VCL"):
        read(tmp_path, "default.vcl", "vcl 4.1;\nbackend default none;\n")


def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "nginx.conf"
    large.write_bytes(b"#" * 2_000_000)
    for path, reason in ((large, "larger than"), (tmp_path, "a folder"), (Path("/dev/zero"), "no regular file")):
        with pytest.raises(UnreadableConfiguration, match=reason):
            read_configuration(path)
