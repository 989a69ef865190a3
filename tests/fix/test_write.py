from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from corsense.check.pointing import source_of
from corsense.finding import Edit
from corsense.fix.exchange import exchange
from corsense.fix.write import WriteError, write_all


def edit_of(path: Path, old: str, new: str) -> Edit:
    before = source_of(str(path))
    assert before is not None
    return Edit(str(path), before, before.replace(old, new))


@pytest.mark.parametrize(
    "content",
    [
        b"x = 'old'\r\ny = 1\r\n",
        b"x = 'old'\ry = 1",
        b"x = 'old'\r\ny = 1\nz = 2\r",
        b"\xef\xbb\xbfx = 'old'  # \xc3\xa9\n",
        b"# -*- coding: latin-1 -*-\nx = 'old'  # \xe9\n",
        b"#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = 'old \x80'\n",
        b"x = 'old'\x0c\n\x0cy = '\xe2\x80\xa8'\n",
    ],
)
def test_every_byte_that_is_not_edited_stays(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "main.py"
    path.write_bytes(content)
    write_all([edit_of(path, "old", "new")])
    assert path.read_bytes() == content.replace(b"old", b"new")


def test_the_mode_stays_and_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    path.write_text("old")
    path.chmod(0o750)
    write_all([edit_of(path, "old", "new")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert os.listdir(tmp_path) == ["main.py"]


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "main.py", tmp_path / "main.py"
    real.write_text("old")
    link.symlink_to(real)
    write_all([edit_of(link, "old", "new")])
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert os.listdir(real.parent) == ["main.py"]


def test_a_file_that_has_changed_since_keeps_all_files_as_they_are(tmp_path: Path) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("old")
    second.write_text("old")
    edits = [edit_of(first, "old", "new"), edit_of(second, "old", "new")]
    second.write_text("somebody else's")
    with pytest.raises(WriteError, match=r"b\.py has changed since"):
        write_all(edits)
    assert (first.read_text(), second.read_text()) == ("old", "somebody else's")
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


def test_what_was_replaced_is_put_back_when_a_later_file_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("old")
    second.write_text("old")
    failed: list[str] = []

    def failing(staged: str, target: str) -> bool:
        if target == str(second) and not failed:
            failed.append(target)
            raise OSError(28, "No space left on device", target)
        return exchange(staged, target)

    monkeypatch.setattr("corsense.fix.write.exchange", failing)
    with pytest.raises(WriteError, match=r"No space left on device\. No file was changed"):
        write_all([edit_of(first, "old", "new"), edit_of(second, "old", "new")])
    assert failed
    assert (first.read_text(), second.read_text()) == ("old", "old")
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


@pytest.mark.parametrize("swaps", [True, False], ids=["exchange", "replace"])
def test_an_edit_between_the_check_and_the_replacement_is_kept(
    swaps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "a.py", tmp_path / "b.py"
    first.write_text("old")
    second.write_text("old")
    edits = [edit_of(first, "old", "new"), edit_of(second, "old", "new")]

    def edited(staged: str, target: str) -> bool:
        if target == str(second):
            other = tmp_path / "editors-copy"
            other.write_text("somebody else's")
            os.replace(other, second)  # as editors save
        return exchange(staged, target)

    def edited_before(staged: str, target: str) -> bool:
        second.write_text("somebody else's")
        return False

    if swaps and not exchange(str(first), str(first)):
        pytest.skip("this system cannot exchange two files")
    monkeypatch.setattr("corsense.fix.write.exchange", edited if swaps else edited_before)
    with pytest.raises(WriteError, match=r"b\.py was edited while it was being written\. No file was changed"):
        write_all(edits)
    assert (first.read_text(), second.read_text()) == ("old", "somebody else's")
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]


def test_without_an_exchange_files_are_still_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "main.py"
    path.write_text("old")
    monkeypatch.setattr("corsense.fix.write.exchange", lambda *_: False)
    write_all([edit_of(path, "old", "new")])
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["main.py"]


def test_a_file_with_a_second_name_is_refused(tmp_path: Path) -> None:
    first, second, linked = tmp_path / "a.py", tmp_path / "b.py", tmp_path / "c.py"
    first.write_text("old")
    second.write_text("old")
    os.link(second, linked)
    with pytest.raises(WriteError, match=r"b\.py has 2 names \(hard links\)"):
        write_all([edit_of(first, "old", "new"), edit_of(second, "old", "new")])
    assert (first.read_text(), linked.read_text()) == ("old", "old")
    assert second.stat().st_ino == linked.stat().st_ino


def test_one_file_under_two_names_is_refused(tmp_path: Path) -> None:
    path, link = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text("old")
    link.symlink_to(path)
    with pytest.raises(WriteError, match="edited twice"):
        write_all([edit_of(path, "old", "new"), edit_of(link, "old", "newer")])
    assert path.read_text() == "old"


def test_extended_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    path.write_text("old")
    try:
        os.setxattr(path, "user.note", b"kept")
    except (AttributeError, OSError):
        pytest.skip("no extended attributes here")
    write_all([edit_of(path, "old", "new")])
    assert os.getxattr(path, "user.note") == b"kept"


def test_a_journal_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    path, state = tmp_path / "main.py", tmp_path / "state"
    path.write_text("old")
    state.mkdir(mode=0o777)
    state.chmod(0o777)
    with pytest.raises(WriteError, match="others can write to this folder"):
        write_all([edit_of(path, "old", "new")], state)
    assert path.read_text() == "old"


def test_a_text_that_the_encoding_cannot_hold_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    path.write_bytes(b"# coding: latin-1\nx = 'old'\n")
    with pytest.raises(WriteError, match="iso-8859-1"):
        write_all([edit_of(path, "old", "\u20ac")])
    assert path.read_bytes() == b"# coding: latin-1\nx = 'old'\n"


def test_a_file_that_is_gone_is_reported_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"gone.py could not be written: No such file"):
        write_all([Edit(str(tmp_path / "gone.py"), "a", "b")])
