"""What is kept of the last check of a folder."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from corsense.dev.last_check import LastCheck, last_check, remember, state_file


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_last_check_of_each_folder_is_kept() -> None:
    remember("/one", LastCheck("main:app", {"origin": ["https://a.example"]}))
    remember("/two", LastCheck(None))
    remember("/one", LastCheck("api:app", {"factory": True}))
    assert last_check("/one") == LastCheck("api:app", {"factory": True})
    assert last_check("/two") == LastCheck(None)
    assert last_check("/three") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_its_user_can_read_it() -> None:
    remember("/one", LastCheck("main:app"))
    assert stat.S_IMODE(state_file().stat().st_mode) == 0o600


def test_the_checks_of_at_most_fifty_folders_are_kept() -> None:
    for number in range(60):
        remember(f"/{number}", LastCheck("main:app"))
    assert last_check("/9") is None
    assert last_check("/10") == last_check("/59") == LastCheck("main:app")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "[]",
        '{"version": 2}',
        '{"version": 1, "checks": []}',
        '{"version": 1, "checks": {"/one": 3}}',
        "[" * 99_999,
    ],
)
def test_a_file_that_is_not_ours_counts_as_none(text: str) -> None:
    state_file().parent.mkdir(parents=True)
    state_file().write_text(text)
    assert last_check("/one") is None
    remember("/one", LastCheck("main:app"))
    assert last_check("/one") == LastCheck("main:app")


def test_an_option_of_another_kind_makes_an_entry_unusable() -> None:
    state_file().parent.mkdir(parents=True)
    entry = {"target": "main:app", "options": {"origin": {"a": 1}}, "left_out": []}
    state_file().write_text(json.dumps({"version": 1, "checks": {"/one": entry}}))
    assert last_check("/one") is None


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whoever may write everywhere can write here")
def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    remember("/one", LastCheck("main:app"))
    assert last_check("/one") is None
