"""The catalogue: its names and codes, and the form of its pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import corsense
from corsense.causes import SECTIONS, Cause, catalogue, cause, find

CONTRACT = [
    "missing-cors-middleware",
    "origin-mismatch",
    "origin-scheme-mismatch",
    "origin-port-mismatch",
    "origin-trailing-slash",
    "origin-has-path",
    "origin-without-scheme",
    "origin-default-port",
    "origin-not-normalised",
    "origins-not-a-list",
    "glob-in-origins",
    "regex-in-origins",
    "regex-unescaped-dot",
    "regex-too-broad",
    "null-origin",
    "wildcard-with-credentials",
    "wildcard-origins",
    "wildcard-default-setting",
    "insecure-origin-with-credentials",
    "public-suffix-origin",
    "reflected-origin",
    "expose-wildcard-with-credentials",
    "unknown-keyword",
    "env-split-without-strip",
    "cors-not-outermost",
    "middleware-added-after-startup",
    "duplicate-cors-middleware",
    "duplicate-cors-headers",
    "mounted-app-without-cors",
    "manual-options-handler",
    "manual-cors-headers",
    "preflight-answered-by-other-layer",
    "preflight-bad-status",
    "preflight-redirected",
    "redirect-slashes",
    "redirect-loses-cors",
    "method-not-allowed",
    "header-not-allowed",
    "authorization-not-covered-by-wildcard",
    "credentials-not-allowed",
    "header-not-exposed",
    "error-response-without-cors",
    "unhandled-exception",
    "vary-origin-missing",
    "cookie-not-sent",
    "mixed-content",
    "local-network-access",
    "server-unreachable",
    "same-origin-needs-no-cors",
    "websocket-origin-unchecked",
    "gateway-error",
    "answered-by-proxy",
    "request-too-large",
    "tunnel-interstitial",
    "redirect-to-login",
    "route-not-found",
    "websocket-refused",
    "tainted-canvas",
    "nested-origins",
    "joined-values",
    "setting-not-json",
    "private-network-headers-obsolete",
    "foreign-write",
    "host-unchecked",
]


each_cause = pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.slug)


@pytest.mark.parametrize("slug", CONTRACT)
def test_every_slug_of_the_contract_is_a_cause(slug: str) -> None:
    assert cause(slug).slug == slug


def test_codes_are_unique_and_the_catalogue_is_in_their_order() -> None:
    codes = [entry.code for entry in catalogue()]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"CORS[1-9][0-9]{2}", code) for code in codes)


def test_the_code_of_the_trailing_slash_is_the_one_of_the_documented_example() -> None:
    assert cause("origin-trailing-slash").code == "CORS201"


@each_cause
def test_the_module_of_a_cause_is_named_after_its_slug(entry: Cause) -> None:
    assert cause(entry.slug) is find(entry.slug)


@pytest.mark.parametrize("name", ["CORS201", "cors201", "201", "origin-trailing-slash", "origin_trailing_slash", " CORS201 "])
def test_a_cause_is_found_by_its_code_or_its_slug(name: str) -> None:
    assert find(name).slug == "origin-trailing-slash"


@pytest.mark.parametrize("name", ["", "no-such-cause", "model", "CORS000", "../origin-mismatch", "origin-mismatch.CAUSE"])
def test_an_unknown_name_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        cause(name)
    with pytest.raises(KeyError):
        find(name)


@each_cause
def test_a_page_has_all_its_sections_in_order_and_none_is_empty(entry: Cause) -> None:
    assert tuple(re.findall(r"^## (.*)$", entry.page, re.MULTILINE)) == SECTIONS
    assert all(entry.section(heading) for heading in SECTIONS)


@each_cause
def test_a_title_is_one_short_plain_line(entry: Cause) -> None:
    title = entry.page.splitlines()[0]
    assert title == entry.title
    assert not title.startswith("#")
    assert 10 < len(title) <= 70
    assert entry.page.splitlines()[1] == ""


@each_cause
def test_what_it_does_quotes_the_browser_or_says_that_it_prints_nothing(entry: Cause) -> None:
    text = " ".join(entry.section("What it does").split())
    quotes = re.search(r"(?:^| )> |`net::ERR_", text)
    silent = re.search(r"browser prints nothing|there is no message|Nothing is printed", text)
    assert bool(quotes) or bool(silent)


@each_cause
def test_references_are_a_list_and_name_the_standard_or_another_source(entry: Cause) -> None:
    lines = entry.section("References").splitlines()
    assert all(line.startswith(("- ", "  ")) for line in lines)
    assert re.search(r"Fetch Standard|RFC|https://|CWE-|CVE-|GHSA-", entry.section("References"))


@each_cause
def test_causes_that_a_page_refers_to_exist(entry: Cause) -> None:
    for name in re.findall(r"[Ss]ee `([a-z-]+)`|\(see `([a-z-]+)`\)", entry.page):
        slug = next(filter(None, name))
        assert cause(slug).slug == slug


@each_cause
def test_the_command_that_prints_a_page_names_its_code(entry: Cause) -> None:
    assert entry.documentation == f"corsense rule {entry.code}"


def test_every_fault_that_the_source_can_report_has_a_page() -> None:
    named = set()
    for file in Path(corsense.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Fault", "Diagnosis"):
                position = 2 if node.func.id == "Fault" else 0
                named |= {each.value for each in node.args[position : position + 1] if isinstance(each, ast.Constant)}
    assert len(named) > 30
    assert {slug for slug in named if slug not in {entry.slug for entry in catalogue()}} == set()


def test_a_module_without_a_page_is_refused() -> None:
    from corsense.causes.model import define

    with pytest.raises(ValueError, match="docstring"):
        define("CORS999", "nothing", "info", None)
