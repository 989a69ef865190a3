"""What corsense exports for a proxy is what corsense reads there: the same origins, or a reason."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from corsense.layers.export import CannotExpress, export_policy
from corsense.layers.export.names import TargetName
from corsense.layers.programs import find
from corsense.layers.reading import FormatName, read_configuration
from corsense.policy import Policy
from tests.layers.generated_policies import policies

NAMES: dict[TargetName, tuple[FormatName, str]] = {
    "nginx": ("nginx", "nginx.conf"),
    "caddy": ("caddy", "Caddyfile"),
    "haproxy": ("haproxy", "haproxy.cfg"),
    "apache": ("apache", "httpd.conf"),
    "traefik": ("traefik", "dynamic.yml"),
    "envoy": ("envoy", "envoy.yaml"),
}
ORIGINS = (
    "https://app.example.com", "https://admin.example.com", "https://a.b.example.com", "https://example.com", "https://evil.test",
    "http://localhost:3000", "http://localhost:9999", "http://localhost", "https://app.example.com:8443",
    "https://x.example.org:8443", "https://pr-12.example.com", "capacitor://localhost", "https://192.0.2.7",
    "https://appxexample.com", "https://x.team.example.net", "http://dev-1.example.com", "https://example.org:1234",
)  # fmt: skip


@pytest.mark.parametrize("target", NAMES)
def test_an_exported_policy_is_read_back_or_refused(target: TargetName, tmp_path: Path) -> None:
    if target == "caddy" and find("caddy") is None:
        pytest.skip("Caddy, which reads its own format, is not installed")
    known, name = NAMES[target]
    counts: Counter[str] = Counter()
    for policy in islice(policies(7), 6 if target == "caddy" else 30):
        try:
            (tmp_path / name).write_text(export_policy(policy, target), encoding="utf-8")
        except CannotExpress:
            continue
        reading = read_configuration(tmp_path / name, known, name=name)
        if not reading.policies:
            assert reading.remarks
            counts["refused"] += 1
            continue
        (read,) = reading.policies
        assert differences(policy, read) == [], policy
        counts["read"] += 1
    assert counts["read"] > 0


def differences(policy: Policy, read: Policy) -> list[str]:
    """The origins and the fields that two policies treat differently."""
    found = [
        origin
        for origin in ORIGINS
        if (policy.decide(origin).allowed, policy.decide(origin).credentials)
        != (read.decide(origin).allowed, read.decide(origin).credentials)
    ]
    fields = {
        "methods": (policy.allows_any_method or policy.methods - {"GET", "HEAD", "POST"}, read.allows_any_method or read.methods),
        "headers": (
            policy.allows_any_header or policy.request_headers,
            read.allows_any_header or read.request_headers,
        ),
        "exposed": (
            policy.exposes_any_header or {each.lower() for each in policy.expose_headers},
            read.exposes_any_header or {each.lower() for each in read.expose_headers},
        ),
    }
    return [*found, *(name for name, (one, other) in fields.items() if one != other)]
