"""What README opens with is made from real runs, and the links of the examples lead where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corsense.causes import catalogue
from corsense.causes.model import DOCUMENTATION_VARIABLE
from docs.generator import examples, recording

_FRAGMENT = re.compile(r"#v1=[\w-]+")


def test_the_recording_is_of_a_run_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert recording.PICTURE.read_text(encoding="utf-8") == recording.recording(), "run scripts/recording"


def test_the_recording_loads_nothing_and_stands_still_for_who_asks_for_it() -> None:
    picture = recording.PICTURE.read_text(encoding="utf-8")
    assert re.findall(r"href=|src=|url\(|@import", picture) == []
    assert "prefers-reduced-motion" in picture


def test_the_links_of_the_examples_are_those_of_today() -> None:
    kept = examples.README.read_text(encoding="utf-8")
    assert _unpacked(examples.with_links(kept)) == _unpacked(kept), "run scripts/example-links"


def _unpacked(text: str) -> str:
    """Compression may give other bytes elsewhere; what it holds is the same."""
    return _FRAGMENT.sub(lambda found: repr(examples.state_of(found[0])), text)


def test_each_example_leads_to_its_cause_and_to_the_playground_with_its_source() -> None:
    rows = [line for line in examples.README.read_text(encoding="utf-8").splitlines() if "[open](" in line]
    assert len(rows) > 50
    for row in rows:
        path = re.findall(r"\]\(([^)]+)\)", row)[0]
        assert examples.state_of(row)["text"] == (examples.README.parent / path).read_text(encoding="utf-8")
        for target in re.findall(r"\[CORS\d{3} [^\]]+\]\(([^)]+)\)", row):
            assert (examples.README.parent / target).is_file()


def test_once_the_documentation_is_published_the_links_lead_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOCUMENTATION_VARIABLE, "https://docs.example.com")
    text = examples.with_links(examples.README.read_text(encoding="utf-8"))
    assert f"{examples.SERVED}/playground" not in text
    assert "(https://docs.example.com/playground/index.html#v1=" in text
    assert {f"https://docs.example.com/reference/causes/{entry.code}/" for entry in catalogue()} >= set(
        re.findall(r"\((https://docs\.example\.com/reference/[^)]+)\)", text)
    )


def test_the_table_is_left_as_it_was_where_it_has_its_links_already() -> None:
    once = examples.with_links(Path(examples.README).read_text(encoding="utf-8"))
    assert examples.with_links(once) == once
