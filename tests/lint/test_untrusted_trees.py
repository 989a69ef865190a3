"""Trees that somebody else made: only regular files of the tree are read, bounded, and what is left out is named."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corsense.cli.commands import app
from corsense.lint import LintReport, lint_paths
from corsense.lint.files import LARGEST

BAD = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
"""


def left_out(report: LintReport, folder: Path) -> dict[str, str]:
    """What was not read, by its path in a folder, and why."""
    return {Path(file.file).relative_to(folder).as_posix(): file.reason for file in (*report.skipped, *report.unreadable)}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one file that has something to find."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "main.py").write_text(BAD, encoding="utf-8")
    return tree


def found(report: LintReport) -> list[str]:
    return [Path(finding.place.file).name for finding in report.findings if finding.place is not None]


def test_a_fifo_keeps_nobody_waiting(tree: Path) -> None:
    os.mkfifo(tree / "pipe.py")
    report = lint_paths([tree])
    assert left_out(report, tree) == {"pipe.py": "not a regular file"}
    assert found(report) == ["main.py"]


def test_what_is_left_out_because_of_what_it_is_is_named_in_the_text(tree: Path) -> None:
    os.mkfifo(tree / "pipe.py")
    (tree / "etc.py").symlink_to("/etc/hostname")
    ran = CliRunner().invoke(app, ["lint", str(tree)])
    printed = " ".join(ran.stdout.split())
    assert "pipe.py: not a regular file" in printed
    assert "etc.py: a link that leads out of the folder" in printed


def test_a_line_that_nobody_wrote_by_hand_is_not_printed(tree: Path) -> None:
    listed = ", ".join(f"'https://a{number}.example/'" for number in range(2000))
    (tree / "main.py").write_text(BAD.replace('"*"', listed), encoding="utf-8")
    printed = CliRunner().invoke(app, ["lint", str(tree)]).stdout
    assert "a line of" in printed
    assert len(printed) < 100_000


def test_a_fifo_that_is_named_cannot_be_read(tree: Path) -> None:
    os.mkfifo(tree / "pipe.py")
    assert [file.reason for file in lint_paths([tree / "pipe.py"]).unreadable] == ["not a regular file"]


def test_a_socket_is_not_a_file(tree: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tree / "socket.py"))
        assert left_out(lint_paths([tree]), tree) == {"socket.py": "not a regular file"}


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/stdin"])
def test_a_link_to_a_device_is_left_out(tree: Path, device: str) -> None:
    (tree / "endless.py").symlink_to(device)
    assert left_out(lint_paths([tree]), tree) == {"endless.py": "a link that leads out of the folder"}
    assert [file.reason for file in lint_paths([Path("/dev/zero")]).unreadable] == ["not a regular file"]


def test_links_that_lead_out_are_left_out_and_those_that_stay_name_what_is_read_anyway(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(BAD, encoding="utf-8")
    (tree / "secret.py").symlink_to(outside / "secret.py")
    (tree / "package").symlink_to(outside)
    (tree / "again.py").symlink_to("main.py")
    report = lint_paths([tree])
    reason = "a link that leads out of the folder"
    assert left_out(report, tree) == {"secret.py": reason, "package": reason}
    assert found(report) == ["main.py"]


def test_an_import_through_a_link_that_leads_out_is_not_followed(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "settings.py").write_text('ORIGINS = ["*"]\n', encoding="utf-8")
    (tree / "config").symlink_to(outside)
    (tree / "main.py").write_text(
        BAD.replace('["*"]', "ORIGINS").replace("app = ", "from config.settings import ORIGINS\napp = "), encoding="utf-8"
    )
    assert found(lint_paths([tree])) == []


def test_a_loop_of_links_ends(tree: Path) -> None:
    (tree / "loop").symlink_to(tree)
    (tree / "self.py").symlink_to("self.py")
    report = lint_paths([tree])
    assert found(report) == ["main.py"]
    assert set(left_out(report, tree)) == {"self.py"}


def test_a_link_that_is_named_is_followed(tree: Path) -> None:
    link = tree.parent / "link"
    link.symlink_to(tree)
    assert found(lint_paths([link])) == ["main.py"]


def test_a_file_that_is_too_large_is_named_and_not_read(tree: Path) -> None:
    with (tree / "large.py").open("wb") as file:
        file.write(BAD.encode())
        file.truncate(LARGEST + 1)
    report = lint_paths([tree])
    assert left_out(report, tree) == {"large.py": "larger than 4 MB"}
    assert found(report) == ["main.py"]


def test_an_import_of_a_file_that_is_too_large_is_not_followed(tree: Path) -> None:
    with (tree / "settings.py").open("wb") as file:
        file.write(b'ORIGINS = ["*"]\n#')
        file.truncate(LARGEST + 1)
    (tree / "main.py").write_text(BAD.replace('["*"]', "ORIGINS").replace("app = ", "from settings import ORIGINS\napp = "))
    assert found(lint_paths([tree])) == []


def test_a_folder_that_cannot_be_listed_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "closed").mkdir()
    scandir = os.scandir

    def refuse(folder: str) -> object:
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    report = lint_paths([tree])
    assert [(Path(file.file).name, file.reason) for file in report.unreadable] == [("closed", "Permission denied")]
    assert found(report) == ["main.py"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x00",
        BAD.encode() + b"\x00",
        BAD.encode("utf-16"),
        b"# coding: no-such-codec\n" + BAD.encode(),
        BAD.encode() + b"# \xff",
        b"# coding: utf-7\n" + BAD.encode(),
        b"\xef\xbb\xbf# coding: latin-1\n" + BAD.encode(),
    ],
)
def test_what_is_not_text_is_named_or_of_no_concern(tree: Path, content: bytes) -> None:
    (tree / "odd.py").write_bytes(content)
    report = lint_paths([tree])
    assert "main.py" in found(report)
    assert set(left_out(report, tree)) <= {"odd.py"}


def test_the_findings_do_not_depend_on_how_the_paths_are_ordered(tree: Path) -> None:
    for number in range(30):
        (tree / f"app{number}.py").write_text(BAD, encoding="utf-8")
    forward, backward = (lint_paths(sorted(tree.iterdir(), reverse=way)).findings for way in (False, True))
    assert forward == backward
