"""Where output goes: full disks, closed pipes, and encodings that lack a character."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense import _terminal
from tests.cli.commands import COMMAND, Ran, corsense

APP = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Straße ✓ 名")
app.add_middleware(CORSMiddleware, allow_origins=["http://localhost:3000/"])  # Straße


@app.get("/grüße")
def greet() -> int:
    return 1
"""
ENCODINGS = ["ascii", "cp1252"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP, encoding="utf-8")
    return tmp_path


def encoded(encoding: str, folder: Path, *arguments: str) -> Ran:
    """What is printed where standard output has an encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ran = subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, timeout=120, env=environment, check=False)
    return Ran(ran.returncode, ran.stdout.decode(encoding), ran.stderr.decode(encoding))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_marks_are_words_where_the_encoding_has_none(folder: Path, encoding: str) -> None:
    ran = encoded(encoding, folder, "check", "--verbose")
    assert (ran.status, ran.err) == (1, "")
    assert "   x Access-Control-Allow-Origin" in ran.out
    assert "✗" not in ran.out
    assert "?" not in ran.out


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_document_says_the_same_in_every_encoding(folder: Path, encoding: str) -> None:
    printed = encoded(encoding, folder, "check", "--format", "json")
    assert json.loads(printed.out) == corsense("check", "--format", "json", folder=folder).document


def test_a_page_says_the_same_in_ascii(folder: Path) -> None:
    assert "/gr&#252;&#223;e" in encoded("ascii", folder, "check", "--format", "html").out


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_diff_can_be_applied_whatever_the_encoding(folder: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    diff = subprocess.run(
        [COMMAND, "fix", "--quiet"], cwd=folder, capture_output=True, timeout=120, env=environment, check=False
    ).stdout
    subprocess.run(["git", "apply"], input=diff, cwd=folder, check=True)
    fixed = (folder / "main.py").read_text(encoding="utf-8")
    assert fixed == APP.replace("3000/", "3000")


WRITING = [["check"], ["check", "--format", "json"], ["lint"], ["fix"], ["rule", "--all"], ["--version"], ["schema", "config"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_a_full_disk_is_reported_in_one_sentence(folder: Path, command: list[str]) -> None:
    with open("/dev/full", "w") as full:
        ran = subprocess.run([COMMAND, *command], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == "corsense: the output cannot be written: No space left on device.\n"


@pytest.mark.parametrize("command", [["rule", "--all"], ["lint", "--format", "json"], ["--version"]], ids=" ".join)
def test_a_reader_that_stops_early_is_no_error(folder: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        ran = subprocess.run([COMMAND, *command], cwd=folder, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the output")
@pytest.mark.parametrize("command", ["lint", "check --quiet", "--version"])
def test_output_that_is_closed_is_thrown_away(folder: Path, command: str) -> None:
    ran = subprocess.run(["sh", "-c", f"{COMMAND} {command} >&-"], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0 if command == "--version" else 1, "")


def test_input_is_utf_8_whatever_the_locale_says(folder: Path) -> None:
    pasted = "curl 'http://localhost:8000/grüße' -H 'Origin: http://localhost:3000'"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = corsense("check", "main:app", "--curl", "-", "--format", "json", folder=folder, text=pasted, environment=environment)
    assert ran.document["results"][0]["url"] == "http://localhost:8000/gr%C3%BC%C3%9Fe"


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX")
def test_a_file_whose_name_is_not_text_can_be_reported(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/\xff"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("the file system takes names of text alone")
    with open(folder + b"/main.py", "w", encoding="utf-8") as file:
        file.write(APP)
    shown = subprocess.run([COMMAND, "lint"], cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert (shown.returncode, shown.stderr) == (1, b"")
    ran = subprocess.run([COMMAND, "lint", "--format", "json"], cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert json.loads(ran.stdout)["findings"][0]["file"] == os.fsdecode(b"\xff/main.py")


@pytest.mark.skipif(os.name != "posix", reason="a shell removes its folder")
@pytest.mark.parametrize("command", ["lint", "check", "explain x"])
def test_a_folder_that_is_gone_is_one_sentence(tmp_path: Path, command: str) -> None:
    script = f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir {tmp_path}/gone && {COMMAND} {command}"
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "corsense: the working directory does not exist any more; change to another one.\n"


@given(text=st.text(), encoding=st.sampled_from(["ascii", "cp1252", "latin-1", "gbk", "shift_jis", "koi8-r", "utf-8"]))
@settings(deadline=None)
def test_every_text_can_be_written_and_a_document_is_read_back_as_it_was(text: str, encoding: str) -> None:
    binary = io.BytesIO()
    stream = io.TextIOWrapper(binary, encoding=encoding, newline="")
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(io.StringIO()):
        _terminal.prepare()
        print(text, end="", flush=True)
        shown = binary.getvalue().decode(encoding)
        _terminal.accept("json")
        print(json.dumps([text], ensure_ascii=False), end="", flush=True)
    written = binary.getvalue().decode(encoding)
    assert json.loads(written[len(shown) :]) == [text]
    if text.isascii():
        assert shown == text


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "false"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)
def test_colour_in_a_pipe_is_what_the_environment_asks_for(folder: Path, environment: dict[str, str], coloured: bool) -> None:
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    ran = corsense("lint", "main.py", folder=folder, environment=plain | environment)
    assert ("\x1b[" in ran.out) is coloured
