"""Where links to the page of a cause lead: to its source, and to the documentation once that is published."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from corsense.causes import HOME, catalogue, cause
from corsense.causes.model import DOCUMENTATION, DOCUMENTATION_VARIABLE
from corsense.finding import Finding
from corsense.report.html.findings import finding_card
from corsense.report.sarif import sarif

ROOT = Path(__file__).parents[2]
PUBLISHED = "https://docs.example.com/corsense/"


@pytest.fixture(autouse=True)
def as_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DOCUMENTATION_VARIABLE, raising=False)


def finding() -> Finding:
    return Finding(cause("origin-trailing-slash"), "The origin ends in a slash.", "error")


def test_the_address_of_each_cause_is_a_file_of_the_repository_until_the_documentation_is_published() -> None:
    assert DOCUMENTATION == ""
    missing = [entry.url for entry in catalogue() if not (ROOT / entry.url.removeprefix(f"{HOME}/blob/main/")).is_file()]
    assert missing == []
    assert "<a" not in finding_card(finding())


def test_the_address_that_will_be_published_is_that_of_the_site() -> None:
    site = tomllib.loads((ROOT / "docs" / "zensical.toml").read_text(encoding="utf-8"))["project"]["site_url"]
    assert DOCUMENTATION in ("", site.rstrip("/"))


def test_every_link_leads_to_the_documentation_where_its_address_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOCUMENTATION_VARIABLE, PUBLISHED)
    page = f"{PUBLISHED}reference/causes/CORS201/"
    assert cause("origin-trailing-slash").url == page
    driver = sarif([finding()])["runs"][0]["tool"]["driver"]
    assert {rule["helpUri"] for rule in driver["rules"]} == {page}
    assert driver["informationUri"] == PUBLISHED.rstrip("/")
    assert f'<a href="{page}"><code>corsense rule CORS201</code></a>' in finding_card(finding())
