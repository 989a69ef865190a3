from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from corsense.finding import Edit
from corsense.fix.edits import unified_diff
from corsense.fix.edits.place import argument_span, call_span, literal_span
from tests.fix.programs import program


def at(text: str, span: tuple[int, int, int, int] | None) -> str:
    """The text of a span."""
    assert span is not None
    line, column, end_line, end_column = span
    rows = text.removeprefix("\ufeff").split("\n")[line - 1 : end_line]
    rows[-1] = rows[-1][: end_column - 1]
    rows[0] = rows[0][column - 1 :]
    return "\n".join(rows)


PROGRAM = program("""
    local = ["http://localhost:3000/"]
    class Settings:
        cors = ["https://a.example/"]

    app = FastAPI(middleware=[Middleware(GZip), Middleware(
        CORSMiddleware, allow_origins=local,
    )])
    é = "𝄞"; app.add_middleware(CORSMiddleware, allow_origins=["é", "b"])
    (
        app
        .add_middleware(CORSMiddleware, allow_origins=["c"])
    )
""")


def test_a_span_counts_lines_and_characters_from_one() -> None:
    assert call_span(PROGRAM, 8) == (8, 10, 8, 70)
    assert at(PROGRAM, call_span(PROGRAM, 8)) == 'app.add_middleware(CORSMiddleware, allow_origins=["é", "b"])'
    assert call_span("\ufeff" + "f(1)\n", 1) == (1, 1, 1, 5)
    assert call_span("x = 1\r\nf(\r\n1)\r\n", 2) == (2, 1, 3, 3)


def test_the_call_that_begins_on_a_line_is_found_before_one_that_covers_it() -> None:
    assert at(PROGRAM, call_span(PROGRAM, 5)).startswith("FastAPI(middleware=")
    assert at(PROGRAM, call_span(PROGRAM, 6)).startswith("Middleware(\n")
    assert at(PROGRAM, call_span(PROGRAM, 11)).startswith("app\n    .add_middleware(")


def test_an_argument_is_found_in_the_call_or_the_one_inside_it() -> None:
    assert at(PROGRAM, argument_span(PROGRAM, 8, "allow_origins")) == 'allow_origins=["é", "b"]'
    assert at(PROGRAM, argument_span(PROGRAM, 5, "allow_origins")) == "allow_origins=local"
    assert argument_span(PROGRAM, 8, "allow_methods") is None
    options = 'O = {"allow_methods": ["GET"]}\napp.add_middleware(CORSMiddleware, **O)\n'
    assert at(options, argument_span(options, 2, "allow_methods")) == '["GET"]'


def test_a_literal_is_found_in_the_call_or_where_its_names_lead() -> None:
    assert at(PROGRAM, literal_span(PROGRAM, 8, "b")) == '"b"'
    assert literal_span(PROGRAM, 8, "b") == (8, 65, 8, 68)
    assert literal_span(PROGRAM, 5, "http://localhost:3000/") == (1, 10, 1, 34)
    assert literal_span(PROGRAM, 8, "https://a.example/") == (3, 13, 3, 33)
    assert literal_span(PROGRAM, 8, "nowhere") is None
    assert literal_span('a = ["x"]\nb = ["x"]\nf()\n', 3, "x") is None


@pytest.mark.parametrize("text", ["def (", "", "\x00", "x = 1\n"])
def test_where_there_is_no_call_there_is_no_span(text: str) -> None:
    assert call_span(text, 1) is None
    assert argument_span(text, 1, "allow_origins") is None
    assert literal_span(text, 1, "x") is None


def test_an_expression_too_deep_to_follow_gives_no_span() -> None:
    text = "x = " + " + ".join(["a"] * 990) + "\napp.add_middleware(CORSMiddleware, allow_origins=x)\n"
    assert literal_span(text, 2, "b") is None


def test_a_diff_has_git_s_paths_and_no_times() -> None:
    edit = Edit("app/main.py", "a\nb\nc\n", "a\nB\nc\n")
    assert unified_diff(edit) == "--- a/app/main.py\n+++ b/app/main.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"
    assert unified_diff(Edit("x.py", "a", "a")) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb", "a\nc"),
        ("a\n", "a\nb"),
        ("a", "a\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\x0cb\x1cc\u2028\n", "a\x0cb\x1cd\u2028\n"),
        ("\ufeffa\n", "\ufeffb\n"),
    ],
)
def test_a_diff_is_what_git_applies(before: str, after: str, tmp_path: Path) -> None:
    file = tmp_path / "my app.py"
    file.write_bytes(before.encode())
    patch = unified_diff(Edit("my app.py", before, after))
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=patch.encode(), cwd=tmp_path, check=True, capture_output=True
    )
    assert file.read_bytes() == after.encode()


def test_edits_import_neither_libcst_nor_a_web_framework() -> None:
    code = (
        "import sys; from corsense.fix import edits; from corsense.fix.edits import place; "
        "assert [getattr(edits, name) for name in dir(edits)]; "
        "print({'libcst', 'fastapi', 'publicsuffixlist'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"
