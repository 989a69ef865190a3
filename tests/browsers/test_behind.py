"""The proxies of `examples/behind`, started for real: the model and Chromium agree on both configurations of each."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from corsense.browsers import BrowserError, RealBrowser, find_browser
from corsense.check.agreement import compare
from corsense.fetch import CorsError, FetchRequest, NetworkError
from corsense.layers.programs import PROGRAMS, ProgramName, find, free_port, running
from corsense.layers.reading import read_configuration
from corsense.transports.http import HttpClient
from tests.browsers.served import forward, serving

FOLDER = Path(__file__).parents[2] / "examples" / "behind"
PAGE = "https://app.example.com"
HEADERS = (("Content-Type", "application/json"), ("Authorization", "Basic dXNlcjpwYXNz"))
REQUEST = FetchRequest("https://api.example.com/orders", PAGE, "POST", headers=HEADERS, body='{"item": "tea"}')

MISSING = CorsError.PreflightMissingAllowOriginHeader
BROKEN: dict[ProgramName, tuple[CorsError, str]] = {
    "nginx": (MISSING, "proxy-loses-cors"),
    "caddy": (CorsError.PreflightInvalidStatus, "preflight-bad-status"),
    "haproxy": (MISSING, "preflight-answered-by-other-layer"),
    "apache": (MISSING, "preflight-answered-by-other-layer"),
    "traefik": (MISSING, "preflight-bad-status"),
    "envoy": (MISSING, "proxy-loses-cors"),
}
"""Per proxy: why Chromium refuses the request behind the broken configuration, and what corsense says of the configuration."""

each_proxy = pytest.mark.parametrize("name", BROKEN)


@pytest.fixture(scope="module")
def chromium() -> Iterator[RealBrowser]:
    try:
        find_browser("chromium")
    except BrowserError as missing:
        pytest.skip(str(missing))
    with RealBrowser("chromium") as browser:
        yield browser


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    spec = importlib.util.spec_from_file_location("behind_main", FOLDER / "main.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with serving(module.app) as port:
        yield port


@contextmanager
def proxy(name: ProgramName, kind: str, upstream: int) -> Iterator[int]:
    """The port of a proxy that runs with a configuration of the examples."""
    if find(name) is None:
        pytest.skip(f"{PROGRAMS[name].title} is not installed")
    listen = free_port()
    files = {
        file.name: file.read_text(encoding="utf-8").replace("8080", str(listen)).replace("8000", str(upstream))
        for file in (FOLDER / name / kind).iterdir()
    }
    with running(name, files, listen=listen):
        yield listen


def rules(name: ProgramName, kind: str) -> Path:
    """The file with the rules."""
    return FOLDER / name / kind / ("dynamic.yml" if name == "traefik" else PROGRAMS[name].main)


@each_proxy
@pytest.mark.xdist_group("chromium")
def test_the_broken_configuration_is_refused_and_the_repaired_one_works(
    name: ProgramName, chromium: RealBrowser, upstream: int
) -> None:
    with HttpClient() as client:
        for kind, expected in (("broken", BROKEN[name][0]), ("repaired", None)):
            with proxy(name, kind, upstream) as port:
                answer = forward(port, client)

                seen = chromium.fetch(REQUEST, answer, lines=1 if expected is not None else 0)
                assert not any(isinstance(exchange.response, NetworkError) for exchange in seen.exchanges)
                assert compare(REQUEST, "chromium", seen)[1] == ()  # the model says the same of the same responses
                assert seen.allowed == (expected is None), kind
                assert seen.error == (expected.value if expected is not None else None)


@each_proxy
def test_what_is_read_says_what_is_broken_and_finds_nothing_in_what_is_repaired(name: ProgramName) -> None:
    if name == "caddy" and find("caddy") is None:
        pytest.skip("Caddy, which reads its own format, is not installed")
    broken = read_configuration(rules(name, "broken"))
    assert BROKEN[name][1] in {remark.slug for remark in broken.remarks}
    repaired = read_configuration(rules(name, "repaired"))
    assert repaired.is_exact
    assert repaired.policies[0].decide(PAGE).allowed
    assert not repaired.policies[0].decide("https://evil.example").allowed
