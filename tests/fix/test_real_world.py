"""Repairs of forms that real programs take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corsense.fix.edits import adopt_corsense, glob_to_regex
from corsense.fix.result import FixOptions
from corsense.fix.source import fix_source

_IMPORT = "from fastapi.middleware.cors import CORSMiddleware\n"


@pytest.mark.parametrize(
    "use",
    [
        "class Layer(CORSMiddleware):\n    pass\n",
        "found = any(layer.cls is CORSMiddleware for layer in app.user_middleware)\n",
        "found = issubclass(cls, CORSMiddleware)\n",
    ],
)
def test_a_program_that_means_starlettes_own_class_keeps_it(use: str) -> None:
    added = "app.add_middleware(CORSMiddleware, allow_origins=[])\n"
    assert adopt_corsense(_IMPORT + added) is not None
    assert adopt_corsense(_IMPORT + added + use) is None


def test_a_second_pattern_goes_beside_the_first() -> None:
    text = _IMPORT + 'app.add_middleware(CORSMiddleware, allow_origins=["https://*.a.com", "http://localhost:*"])\n'
    once = glob_to_regex(text, 2, "https://*.a.com")
    twice = glob_to_regex(once or "", 2, "http://localhost:*")
    assert twice is not None
    found = re.search(r'allow_origin_regex=r"(.*)"', twice)
    assert found is not None
    assert "allow_origins=[]" in twice
    for origin, allowed in (("https://x.a.com", True), ("http://localhost:3000", True), ("https://x.b.com", False)):
        assert (re.fullmatch(found[1], origin) is not None) == allowed


@pytest.mark.parametrize("pattern", [r"(?i)https://a\\.com", r"https://(a)\\1\\.com"])
def test_a_pattern_that_would_mean_something_else_is_not_extended(pattern: str) -> None:
    text = _IMPORT + f'app.add_middleware(CORSMiddleware, allow_origins=["https://*.a.com"], allow_origin_regex="{pattern}")\n'
    assert glob_to_regex(text, 2, "https://*.a.com") is None


def test_what_corsense_would_refuse_to_start_with_is_not_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    head = "from fastapi import FastAPI\n" + _IMPORT + "app = FastAPI()\n"
    Path("main.py").write_text(head + 'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n')
    kept = fix_source(["main.py"], (), FixOptions(adopt=True))
    assert not kept.edits
    assert any("keeps its middleware" in note for note in kept.notes)
    fix_result = fix_source(["main.py"], ("https://app.example.com",), FixOptions(adopt=True))
    assert "from corsense import CORSMiddleware" in fix_result.edits[0].after
    assert '"*"' not in fix_result.edits[0].after
