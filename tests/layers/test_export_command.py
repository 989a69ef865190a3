"""`corsense policy export`: what it prints, writes and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.layers.programs import find
from tests.cli.commands import corsense

POLICY = '{"origins": ["https://app.example.com"], "credentials": true, "request_headers": ["Content-Type"]}'
ROUTES = """
from fastapi import FastAPI

from corsense import Policy, cors, install

app = FastAPI()
install(app, Policy(origins=["https://app.example.com"]))


@app.get("/feed")
@cors(Policy.public_api())
def feed() -> list[str]:
    return []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.json").write_text(POLICY, encoding="utf-8")
    return tmp_path


def test_the_configuration_is_printed_and_said_to_be_unproven(folder: Path) -> None:
    ran = corsense("policy", "export", "policy.json", "--to", "nginx", folder=folder)
    assert ran.status == 0
    assert ran.out.startswith("# The CORS policy of policy.json for nginx, by corsense ")
    assert "# Not proven; run with --prove.\n" in ran.out
    assert '"https://app.example.com" "https://app.example.com";' in ran.out
    assert ran.err == "corsense: not proven; run with --prove.\n"


def test_a_proven_configuration_is_written_and_says_with_what(folder: Path) -> None:
    if find("haproxy") is None:
        pytest.skip("HAProxy is not installed; scripts/install-proxies installs it.")
    ran = corsense("policy", "export", "policy.json", "--to", "haproxy", "--prove", "--output", "api.cfg", folder=folder)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.startswith("corsense: wrote api.cfg; proven with HAProxy ")
    assert "# Proven with HAProxy " in (folder / "api.cfg").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == ["api.cfg", "policy.json"]


def test_what_the_layer_cannot_express_is_refused_and_nothing_is_written(folder: Path) -> None:
    (folder / "policy.json").write_text(POLICY.replace('["Content-Type"]', '["*"]'), encoding="utf-8")
    ran = corsense("policy", "export", "policy.json", "--to", "traefik", "--output", "cors.yml", folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert "Traefik cannot repeat the names" in ran.err
    assert not (folder / "cors.yml").exists()


def test_an_app_with_a_policy_of_its_own_for_a_route_is_refused(folder: Path) -> None:
    (folder / "main.py").write_text(ROUTES, encoding="utf-8")
    ran = corsense("policy", "export", "main:app", "--to", "nginx", folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert "main:app has another policy for /feed" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "ngnix"), "did you mean nginx?"),
        (("--to", "nginx", "--upstream", "x"), "--upstream must be a host and a port, not 'x'"),
        (("--to", "nginx", "--listen", "0"), "--listen must be a port, 1 to 65535, not 0"),
        (("--to", "nginx", "--output", "no/such/folder"), "'no/such/folder' cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    ran = corsense("policy", "export", "policy.json", *arguments, folder=folder)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_a_file_that_is_replaced_keeps_its_mode(folder: Path) -> None:
    (folder / "api.conf").write_text("old", encoding="utf-8")
    (folder / "api.conf").chmod(0o600)
    assert corsense("policy", "export", "policy.json", "--to", "nginx", "-o", "api.conf", folder=folder).status == 0
    assert (folder / "api.conf").stat().st_mode & 0o777 == 0o600
