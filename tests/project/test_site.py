"""The site is built strictly, loads nothing from elsewhere, and has the pages that follow from the source."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from corsense.causes import catalogue
from corsense.fetch import CorsError
from corsense.fetch.engines import Engine
from docs.generator import reference, site

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    installed = subprocess.run([DOCS.parent / "scripts" / "node-packages"], capture_output=True, text=True, check=False)
    if installed.returncode == 2:
        pytest.skip(installed.stderr.strip())
    folder = tmp_path_factory.mktemp("site")
    ran = site.build(folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


def test_every_cause_has_a_page_at_its_address(built: Path) -> None:
    for entry in catalogue():
        page = (built / "site" / "reference" / "causes" / entry.code / "index.html").read_text(encoding="utf-8")
        assert entry.slug in page


def test_the_pages_load_nothing_from_other_hosts(built: Path) -> None:
    for page in (built / "site").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe)[^>]* src=\"?([^\s\">]+)", text)
        loaded += re.findall(r"<link[^>]* rel=\"?(?:stylesheet|preconnect|preload)\"?[^>]* href=\"?([^\s\">]+)", text)
        loaded += re.findall(r"<link[^>]* href=\"?([^\s\">]+)\"?[^>]* rel=\"?(?:stylesheet|preconnect|preload)", text)
        assert [address for address in loaded if address.startswith(("http:", "https:", "//"))] == [], page


def test_the_search_knows_the_generated_pages(built: Path) -> None:
    index = (built / "site" / "search.json").read_text(encoding="utf-8")
    assert "reference/causes/CORS201/" in index
    assert "reference/command-line/" in index


def test_a_broken_link_fails_the_build(built: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(built, tmp_path / "broken", ignore=shutil.ignore_patterns("site", ".cache"))
    with (folder / "docs" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n[nowhere](nowhere.md)\n")
    ran = site.zensical(folder, "build", "--strict", "--clean")
    assert ran.returncode != 0
    assert "page does not exist" in ran.stdout + ran.stderr


def test_every_page_by_hand_is_in_the_navigation() -> None:
    nav = repr(tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert {page for page in pages if page not in nav} == set()


def test_every_generated_page_is_in_the_navigation_or_in_the_list_of_causes() -> None:
    nav = repr(tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"])
    listed = reference.causes()
    for name, _ in reference.pages():
        assert name in nav or f"({Path(name).name})" in listed, name


@pytest.mark.parametrize("error", CorsError)
def test_every_error_of_browsers_is_listed(error: CorsError) -> None:
    assert f"\n## {error.value}\n" in reference.errors()


def test_the_console_text_of_each_browser_is_listed() -> None:
    section = reference.errors().partition("## MissingAllowOriginHeader\n")[2].partition("\n## ")[0]
    assert all(f"| {browser} |" in section for browser in reference.BROWSERS.values())


def test_every_deviation_of_an_engine_says_what_it_is() -> None:
    rows = [line for line in reference.engines().splitlines() if line.startswith("| ")][1:]
    names = [field.name for field in fields(Engine) if field.name != "name"]
    assert len(rows) == len(names)
    assert [name for name in names if any(row.startswith(f"| {name} |") for row in rows)] == []


def test_every_command_and_option_is_in_the_reference() -> None:
    text = reference.command_line()
    for words in ("check", "fix", "lint", "explain", "rule", "schema", "policy show", "policy diff"):
        usage = subprocess.run(
            [*reference.CORSENSE, *words.split(), "--help"], capture_output=True, text=True, check=True, timeout=60
        )
        section = text.partition(f"## corsense {words}\n")[2].partition("\n## ")[0]
        options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", usage.stdout, re.MULTILINE)) - {"--help"}
        assert {option for option in options if option not in section} == set()


def test_public_names_are_in_the_python_reference() -> None:
    text = reference.python()
    assert " at 0x" not in text
    assert "allow_origins: Collection[str] | Policy | None = None,\n" in text
    assert all(
        f"\n### {name}\n" in text for name in ("Policy", "install", "CORSMiddleware", "Browser", "assert_cors_allowed", "drive")
    )


@pytest.mark.parametrize(
    ("link", "meant"),
    [
        ("[a](../examples/README.md)", f"[a]({site.REPOSITORY}/examples/README.md)"),
        ("[a](index.md#here)", "[a](index.md#here)"),
        ("[a](https://example.com/)", "[a](https://example.com/)"),
    ],
)
def test_links_out_of_the_documentation_lead_to_the_repository(link: str, meant: str) -> None:
    assert site.for_site(link, DOCS / "article.md") == meant
