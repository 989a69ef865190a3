"""The page about proxies is true: its app and its nginx run, and its command prints what the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.check.live import serving
from tests.cli.commands import corsense
from tests.layers.sites import in_front
from tests.project.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "behind-a-proxy.md"
FRONT, APP = "127.0.0.1:18080", "127.0.0.1:18000"


def text(language: str) -> str:
    return next(block.text for block in blocks(PAGE) if block.language == language)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "main.py").write_text(text("python"), encoding="utf-8")
    files = {"nginx.conf": text("nginx").replace(FRONT, "127.0.0.1:LISTEN").replace(APP, "127.0.0.1:UPSTREAM")}
    with serving(tmp_path) as app, in_front("nginx", files, int(app.rpartition(":")[2])) as proxy:
        yield proxy.url


def test_the_transcript_is_what_the_command_prints(url: str, tmp_path: Path) -> None:
    ((command, printed),) = next(block for block in blocks(PAGE) if block.language == "console").commands()
    assert command == f"corsense check http://{FRONT} --app main:app"
    ran = corsense("check", url, "--app", "main:app", folder=tmp_path, columns=80)
    assert ran.status == 1
    assert ran.out.replace(url.removeprefix("http://"), FRONT).rstrip() == printed.rstrip()


def test_the_attribution_on_the_page_is_that_of_the_document(url: str, tmp_path: Path) -> None:
    ran = corsense("check", url, "--app", "main:app", "--format", "json", folder=tmp_path)
    assert ran.document["results"][0]["exchanges"][0]["attribution"] == json.loads(text("json"))
