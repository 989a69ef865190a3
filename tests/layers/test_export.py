"""Policies exported: what each layer refuses, and values that its language would read as its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from corsense import Policy
from corsense.errors import InputError
from corsense.layers.export import TARGETS, CannotExpress, Site, export_policy
from corsense.layers.export.names import NAMES
from corsense.layers.programs import find
from corsense.layers.reading.configuration import read_configuration

APP = "https://app.example.com"
PROXIES = tuple(name for name, target in TARGETS.items() if target.program is not None)
BACKTRACKING = ("nginx", "haproxy", "apache")


def test_the_command_line_knows_every_target() -> None:
    assert set(NAMES) == set(TARGETS)


def test_an_unknown_layer_is_reported_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'ngnix' is not a layer .*; did you mean nginx\?"):
        export_policy(Policy(origins=[APP]), "ngnix")


@pytest.mark.parametrize("to", TARGETS)
def test_a_resolver_is_refused(to: str) -> None:
    with pytest.raises(CannotExpress, match="origin_resolver"):
        export_policy(Policy(origin_resolver=lambda origin: True), to)


@pytest.mark.parametrize("to", [name for name in TARGETS if name not in PROXIES])
def test_a_gateway_that_checks_no_handshakes_does_not_get_a_list_for_them(to: str) -> None:
    with pytest.raises(CannotExpress, match="WebSocket"):
        export_policy(Policy(origins=[APP], credentials=True, websockets=True), to)


@pytest.mark.parametrize("to", BACKTRACKING)
def test_an_expression_that_backtracks_is_refused_where_the_engine_backtracks(to: str) -> None:
    policy = Policy(origin_regex=r"https://(?:[a-z]+)+\.example\.com")
    with pytest.raises(CannotExpress, match="backtracking"):
        export_policy(policy, to)
    for other in set(PROXIES) - set(BACKTRACKING):
        assert "a-z" in export_policy(policy, other)


@pytest.mark.parametrize("to", PROXIES)
def test_an_expression_beyond_what_the_engines_repeat_is_refused(to: str) -> None:
    policy = Policy(origin_regex=r"https://[a-z]{1,2000}\.example\.com")
    with pytest.raises(CannotExpress, match="1000 times"):
        export_policy(policy, to)


@pytest.mark.parametrize("to", PROXIES)
def test_an_expression_of_few_origins_becomes_a_list(to: str) -> None:
    text = export_policy(Policy(origin_regex=r"https://(app|www)\.example\.com"), to)
    assert text.count("www") >= 1
    assert "(app|www)" not in text


@pytest.mark.parametrize(
    ("keywords", "reason"),
    [
        ({"request_headers": ["*"], "credentials": True}, "every request header with credentials"),
        ({"methods": ["*"], "credentials": True}, "every method with credentials"),
    ],
)
def test_traefik_refuses_what_it_cannot_repeat(keywords: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotExpress, match=reason):
        export_policy(Policy(origins=[APP], **keywords), "traefik")


def test_traefik_cannot_leave_the_apps_headers_alone() -> None:
    with pytest.raises(CannotExpress, match="drop --app-keeps-cors"):
        export_policy(Policy(origins=[APP]), "traefik", app_keeps_cors=True)


@pytest.mark.parametrize(("to", "method"), [("nginx", "purge"), ("nginx", "X$Y"), ("envoy", "QUERY")])
def test_a_method_that_the_layer_does_not_forward_is_refused(to: str, method: str) -> None:
    with pytest.raises(CannotExpress, match="does not forward the method"):
        export_policy(Policy(origins=[APP], methods=[method]), to)


def test_a_line_longer_than_the_layer_reads_is_refused() -> None:
    policy = Policy(origins=[APP], request_headers=[f"x-{number}-{'a' * 60}" for number in range(200)])
    for to in ("nginx", "haproxy", "apache"):
        with pytest.raises(CannotExpress, match="reads at most"):
            export_policy(policy, to)


@pytest.mark.parametrize(
    ("to", "header", "written"),
    [
        ("nginx", "x-$host", '"x-${api_cors_dollar}host"'),
        ("haproxy", "x-%h", "'x-%%h'"),
        ("haproxy", "x-'q'", "'x-'\\''q'\\'''"),
        ("apache", "x-%h", '"x-%%h"'),
        ("envoy", "x-%h", "x-%%h"),
        ("caddy", "x-#c", '"x-#c"'),
    ],
)
def test_a_header_name_cannot_become_part_of_the_language(to: str, header: str, written: str) -> None:
    assert written in export_policy(Policy(origins=[APP], request_headers=[header]), to)


@pytest.mark.parametrize("to", PROXIES)
@pytest.mark.parametrize("sign", ["{", "}", "$", "'", '"', "`", "\\", ";", "#", "%", "<", ">"])
def test_signs_of_an_expression_are_written_as_numbers(to: str, sign: str) -> None:
    policy = Policy(origin_regex=rf"https://a[0-9]\{sign}+b\.example\.com", dangerously_allow_broad_regex=True)
    assert f"\\x{ord(sign):02x}" in export_policy(policy, to)


@pytest.mark.parametrize("to", ["traefik", "envoy"])
def test_yaml_is_read_back_as_it_was_meant(to: str) -> None:
    document = yaml.safe_load(export_policy(Policy(origins=[APP], expose_headers=["X-'a", "yes", "0x1"]), to))
    assert "X-'a" in str(document)


@pytest.mark.parametrize("to", PROXIES)
def test_the_app_and_the_port_are_those_asked_for(to: str) -> None:
    text = export_policy(Policy(origins=[APP]), to, Site.parse("backend.internal:9001", 8081))
    assert "backend.internal" in text
    assert "9001" in text
    assert to == "traefik" or "8081" in text


@pytest.mark.parametrize("upstream", ["", "app", "app:0", "app:99999", "a b:1", "app:80;", "app:80/x", "ftp://app:80", "x\n:80"])
def test_an_upstream_that_is_no_host_and_port_is_reported(upstream: str) -> None:
    with pytest.raises(InputError, match="--upstream must be a host and a port"):
        Site.parse(upstream, 8080)


FILES = {
    "nginx": "nginx.conf", "caddy": "Caddyfile", "haproxy": "haproxy.cfg", "apache": "httpd.conf", "traefik": "dynamic.yml",
    "envoy": "envoy.yaml", "gateway-api": "route.yaml", "aws-http-api": "cors.json",
}  # fmt: skip


@pytest.mark.parametrize("to", FILES)
def test_what_is_exported_is_read_back_as_the_same_policy_or_not_at_all(to: str, tmp_path: Path) -> None:
    if to == "caddy" and find("caddy") is None:
        pytest.skip("Caddy, which reads its own format, is not installed")
    policy = Policy(origins=[APP, "https://b.example.com"], credentials=True, methods=["PUT"], request_headers=["x-a"], max_age=5)
    path = tmp_path / FILES[to]
    path.write_text(export_policy(policy, to), encoding="utf-8")
    reading = read_configuration(path)
    assert [each for each in reading.policies if each != policy] == []
    assert [remark for remark in reading.remarks if remark.severity == "error" and remark.slug is not None] == []


@pytest.mark.parametrize("to", ["nginx", "haproxy", "traefik", "kong", "gateway-api"])
def test_two_policies_share_no_name_in_one_proxy(to: str) -> None:
    policy = Policy(origins=[APP], credentials=True, max_age=5)
    one, other = (export_policy(policy, to, Site.parse("127.0.0.1:8000", 8080, name)) for name in ("alpha", "beta"))
    assert "alpha" in one
    assert one.replace("alpha", "beta") == other
    variables = re.findall(r"(?m)^map .* (\$\S+) \{", one)
    assert all(name.startswith("$alpha_cors_") for name in variables)
    assert bool(variables) is (to == "nginx")


@pytest.mark.parametrize("name", ["", "Api", "a b", "a;b", "x" * 21, "1a", "a-b", "a\n"])
def test_a_name_that_some_layer_could_not_read_is_reported(name: str) -> None:
    with pytest.raises(InputError, match="--name must be lower-case letters and digits"):
        Site.parse("127.0.0.1:8000", 8080, name)


@pytest.mark.parametrize("to", PROXIES)
def test_a_long_list_makes_no_file_that_is_far_longer(to: str) -> None:
    origins = [f"https://tenant-{number}.example.com" for number in range(2000)]
    text = export_policy(Policy(origins=origins, credentials=True, request_headers=["x-a"], max_age=5), to)
    assert len(text) < 10 * len("".join(origins))
    assert text.count("tenant-1999") >= 1
