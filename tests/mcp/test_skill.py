"""The skill that ships in the package: valid, found where assistants look, and true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import corsense as package
from corsense.causes import find
from tests.browsers.served import serving
from tests.cli.commands import corsense
from tests.mcp.test_repairs import app_in
from tests.mcp.test_tools import CONSOLE, PAGE

skills_ref = pytest.importorskip("skills_ref")

SKILL = Path(package.__file__).parent / ".agents" / "skills" / "corsense"
TEXT = (SKILL / "SKILL.md").read_text("utf-8")
COMMANDS = list(dict.fromkeys(re.findall(r"(?:`|\$ )(corsense [^`\n]+)", TEXT)))
APP = f"""\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=["{PAGE}/"])


@app.post("/api/users")
def add() -> None: ...
"""


def test_it_is_a_valid_skill() -> None:
    assert skills_ref.validate(SKILL) == []
    properties = skills_ref.read_properties(SKILL)
    assert properties.name == "corsense"
    assert "blocked by CORS policy" in properties.description


def test_it_fits_into_the_attention_of_an_assistant() -> None:
    assert len(TEXT.splitlines()) < 100


def test_it_says_what_never_to_do() -> None:
    never = TEXT.partition("## Never")[2]
    for words in ('allow_origins=["*"]', "Origin", "no-cors", "corsense: ignore"):
        assert words in never


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_it_works(command: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "before.toml").write_text(f'[tool.corsense.policy]\norigins = ["{PAGE}"]\n')
    (tmp_path / "after.toml").write_text('[tool.corsense.policy]\norigins = ["https://app.example.com"]\n')
    with serving(app_in(tmp_path)) as port:
        words = shlex.split(command.replace("localhost:8000", f"localhost:{port}"))[1:]
        ran = corsense(*words, folder=tmp_path, text=CONSOLE if words == ["explain"] else "")
    assert ran.status in (0, 1), ran.err
    assert not ran.err


def test_there_are_commands_for_every_situation() -> None:
    assert {shlex.split(command)[1] for command in COMMANDS} == {"check", "explain", "fix", "lint", "mcp", "policy", "rule"}


def test_every_code_that_it_names_exists() -> None:
    for code in re.findall(r"CORS\d{3}", TEXT):
        find(code)
