"""`corsense lint` as people, editors and CI run it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from corsense.cli.commands import app
from tests.cli.commands import corsense
from tests.lint.marked import HEADER

ROOT = Path(__file__).parents[2]
SARIF = Draft202012Validator(json.loads((ROOT / "tests/data/sarif/sarif-2.1.0.json").read_text(encoding="utf-8")))
BAD = HEADER + 'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n'
SLASH = HEADER + 'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])\n'


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["lint", *arguments])


def slugs(*arguments: str) -> list[str]:
    ran = lint(*arguments, "--format", "json")
    return [finding["slug"] for finding in json.loads(ran.stdout)["findings"] if finding["severity"] != "info"]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_the_installed_command_finds_a_fault_and_marks_it_in_the_source(tree: Path) -> None:
    ran = corsense("lint", "main.py", folder=tree)
    assert ran.status == 1
    lines = ran.out.split("\n")
    assert lines[0].startswith("error[CORS301]: ")
    assert "  --> main.py:6:36" in lines
    shown = next(number for number, line in enumerate(lines) if line.startswith(" 6 | app.add_middleware"))
    start = lines[shown].index('["*"]')
    assert lines[shown + 1][start:].startswith("^^^^^ ".rstrip())
    assert lines[shown + 1][:start].strip() == "|"


@pytest.mark.parametrize(("source", "status"), [(BAD, 1), (BAD.replace("True", "False"), 0), (HEADER, 0), ("x = 1\n", 0)])
def test_information_alone_is_no_failure(tree: Path, source: str, status: int) -> None:
    (tree / "main.py").write_text(source, encoding="utf-8")
    assert lint(".").exit_code == status


def test_the_json_document_is_valid_by_its_schema(tree: Path) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema", "lint"]).stdout)
    document = json.loads(lint("--format", "json").stdout)
    Draft202012Validator(schema).validate(document)
    finding = document["findings"][0]
    assert (finding["file"], finding["line"], finding["column"], finding["end_column"]) == ("main.py", 6, 36, 55)
    assert document["files"] == 1


@pytest.mark.parametrize("source", [BAD, "x = 1\n"])
def test_the_sarif_log_is_valid_by_the_published_schema(tree: Path, source: str) -> None:
    (tree / "main.py").write_text(source, encoding="utf-8")
    SARIF.validate(json.loads(lint("--format", "sarif").stdout))


def test_annotations_name_the_file_and_the_line(tree: Path) -> None:
    assert lint("--format", "github").stdout.startswith("::error title=CORS301 wildcard-with-credentials,file=main.py,line=6,")


def test_a_file_is_judged_once_whatever_path_or_link_leads_to_it(tree: Path) -> None:
    (tree / "link.py").symlink_to("main.py")
    for paths in ([], ["."], [".", "main.py", "./main.py", str(tree / "main.py")], ["link.py", "main.py"]):
        document = json.loads(lint(*paths, "--format", "json").stdout)
        assert [finding["file"] for finding in document["findings"]] == ["main.py"], paths
        assert document["files"] == 1, paths
    assert json.loads(lint("link.py", "--format", "json").stdout)["files"] == 1


def test_of_two_layers_only_the_one_that_answers_preflights_lacks_a_method(tree: Path) -> None:
    layer = 'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])\n'
    route = '@app.delete("/items")\ndef remove() -> None: ...\n'
    (tree / "main.py").write_text(HEADER + layer + layer + route, encoding="utf-8")
    findings = json.loads(lint("--select", "method-not-allowed", "--format", "json").stdout)["findings"]
    assert [finding["line"] for finding in findings] == [7]
    inner, outer = layer, f"if __debug__:\n    {layer}"
    (tree / "main.py").write_text(HEADER + inner + outer + route, encoding="utf-8")
    findings = json.loads(lint("--select", "method-not-allowed", "--format", "json").stdout)["findings"]
    assert [finding["line"] for finding in findings] == [6, 8]


def test_quiet_leaves_a_line_for_each_finding(tree: Path) -> None:
    (line,) = lint("--quiet").stdout.splitlines()
    assert line.startswith("main.py:6:36: error CORS301")


COMMENTS = {
    "corsense: ignore": True,
    "corsense: ignore[wildcard-with-credentials]": True,
    "corsense: ignore[CORS301]": True,
    "corsense: ignore[cors301, null-origin]": True,
    "noqa: E501  # corsense: ignore[wildcard-with-credentials]": True,
    "corsense: ignore[null-origin]": False,
    "corsense: ignore[]": False,
    "ignore[wildcard-with-credentials]": False,
    "see whether corsense: ignore is still needed": False,
    "corsense: ignored": False,
}


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_comment_on_the_line_silences_what_it_names(tree: Path, comment: str) -> None:
    (tree / "main.py").write_text(BAD.rstrip() + f"  # {comment}\n", encoding="utf-8")
    assert slugs("main.py") == ([] if COMMENTS[comment] else ["wildcard-with-credentials"])


@pytest.mark.parametrize("line", [0, 2, 4])
def test_in_a_call_of_several_lines_the_comment_may_stand_at_its_start_its_end_or_the_argument(tree: Path, line: int) -> None:
    call = ["app.add_middleware(", "    CORSMiddleware,", '    allow_origins=["*"],', "    allow_credentials=True,", ")"]
    call[line] += "  # corsense: ignore[wildcard-with-credentials]"
    (tree / "main.py").write_text(HEADER + "\n".join(call) + "\n", encoding="utf-8")
    assert slugs("main.py") == []


def test_select_and_ignore_take_slugs_and_codes(tree: Path) -> None:
    (tree / "other.py").write_text(SLASH, encoding="utf-8")
    assert slugs() == ["wildcard-with-credentials", "origin-trailing-slash"]
    assert slugs("--select", "origin-trailing-slash") == ["origin-trailing-slash"]
    assert slugs("--select", "cors201,CORS301") == ["wildcard-with-credentials", "origin-trailing-slash"]
    assert slugs("--ignore", "CORS201") == ["wildcard-with-credentials"]
    assert slugs("--ignore", "CORS201", "--ignore", "wildcard-with-credentials") == []


TABLES = {
    'ignore = ["CORS301"]': ["origin-trailing-slash"],
    'select = ["wildcard-with-credentials"]': ["wildcard-with-credentials"],
    '[tool.corsense.per-file-ignores]\n"tests/*" = ["origin-trailing-slash"]': ["wildcard-with-credentials"],
    '[tool.corsense.per-file-ignores]\n"main.py" = ["CORS301"]': ["origin-trailing-slash"],
}


@pytest.mark.parametrize("table", TABLES)
def test_pyproject_says_what_to_leave_out(tree: Path, table: str) -> None:
    (tree / "tests").mkdir()
    (tree / "tests/test_app.py").write_text(SLASH, encoding="utf-8")
    (tree / "pyproject.toml").write_text(f"[tool.corsense]\n{table}\n", encoding="utf-8")
    assert slugs() == TABLES[table]


@pytest.mark.parametrize("arguments", [("--select", "wildcard-origin"), ("--ignore", "wildcard-origin")])
def test_a_rule_that_does_not_exist_is_named_with_the_nearest(tree: Path, arguments: tuple[str, str]) -> None:
    ran = lint(*arguments)
    assert ran.exit_code == 2
    assert "did you mean wildcard-origins?" in ran.stderr


@pytest.mark.parametrize("text", ["[tool.corsense]\nignore = 1\n", '[tool.corsense]\nignore = ["nonsense"]\n', "[tool", "\0"])
def test_a_table_that_cannot_be_meant_is_one_sentence(tree: Path, text: str) -> None:
    (tree / "pyproject.toml").write_text(text, encoding="utf-8")
    ran = lint()
    assert ran.exit_code == 2
    assert len(ran.stderr.strip().splitlines()) == 1


def test_a_path_that_does_not_exist_is_named(tree: Path) -> None:
    (tree / "api").mkdir()
    (tree / "api/main.py").write_text(BAD, encoding="utf-8")
    for path, hint in {
        "nowhere.py": ".",
        "mian.py": "; did you mean 'main.py'?",
        "api\\main.py": "; did you mean 'api/main.py'?",
    }.items():
        ran = lint(path)
        assert ran.exit_code == 2
        assert ran.stderr == f"corsense: there is no file or folder '{path}'{hint}\n"


def test_notebooks_and_syntax_errors_are_reported_and_skipped(tree: Path) -> None:
    (tree / "a.ipynb").write_text(json.dumps({"cells": [BAD]}), encoding="utf-8")
    (tree / "b.py").write_text(BAD + "def (:\n", encoding="utf-8")
    (tree / "c.py").write_bytes(BAD.encode() + b"# \xff\n")
    ran = lint("--format", "json")
    assert ran.exit_code == 1
    document = json.loads(ran.stdout)
    assert [finding["file"] for finding in document["findings"]] == ["main.py"]
    assert {Path(skipped["file"]).name for skipped in document["skipped"]} == {"a.ipynb", "b.py", "c.py"}
    assert "-v shows 3 skipped files." in lint().stdout


BROKEN = {
    "a syntax error": (
        b"from fastapi.middleware.cors import CORSMiddleware\n\ndef broken(:\n",
        "broken.py:3:12",
        "not valid Python",
    ),
    "one without a word of CORS": (b"x = [\n    1,\n", "broken.py:1:5", "not valid Python"),
    "bytes that are no text": (b"# \xff\n", "broken.py", "cannot be read"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_that_was_named_is_no_success(tree: Path, kind: str) -> None:
    content, place, reason = BROKEN[kind]
    (tree / "broken.py").write_bytes(content)
    ran = lint("broken.py", "main.py", "--format", "json")
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"corsense: {place}")
    assert reason in ran.stderr
    assert [finding["file"] for finding in json.loads(ran.stdout)["findings"]] == ["main.py"]
    assert "Nothing wrong found in what could be read; 1 file could not." in lint("broken.py").stdout
    assert lint(".").exit_code == 1


def test_a_broken_file_that_was_named_is_not_repaired(tree: Path) -> None:
    (tree / "broken.py").write_bytes(BROKEN["a syntax error"][0])
    ran = CliRunner().invoke(app, ["fix", "broken.py"])
    assert ran.exit_code == 2
    assert "broken.py:3:12" in ran.stderr


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_judged(tree: Path) -> None:
    (tree / "broken.py").symlink_to("gone.py")
    ran = lint("--format", "json")
    assert ran.exit_code == 2
    assert "broken.py cannot be read" in ran.stderr
    assert [finding["file"] for finding in json.loads(ran.stdout)["findings"]] == ["main.py"]


def test_a_folder_that_is_called_like_a_module_is_a_folder(tree: Path) -> None:
    (tree / "folder.py").mkdir()
    (tree / "folder.py/inner.py").write_text(SLASH, encoding="utf-8")
    assert "origin-trailing-slash" in slugs()


ENCODED = {
    "a byte order mark": b"\xef\xbb\xbf" + BAD.encode(),
    "CRLF": BAD.replace("\n", "\r\n").encode(),
    "a declared encoding": b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + BAD.encode(),
    "form feeds": BAD.replace("app =", "\fapp =").encode(),
    "tabs": BAD.replace("app.add", "if True:\n\tapp.add").encode(),
    "no end of line": BAD.rstrip().encode(),
    "wide characters before": BAD.replace("app.add", "x = '\U0001f600é'; app.add").encode(),
}


@pytest.mark.parametrize("form", ENCODED)
def test_every_way_to_write_a_file_has_its_span_marked(tree: Path, form: str) -> None:
    (tree / "main.py").write_bytes(ENCODED[form])
    place = json.loads(lint("main.py", "--format", "json").stdout)["findings"][0]
    encoding = "latin-1" if "declared" in form else "utf-8-sig"
    line = re.split(r"\r\n|\n", ENCODED[form].decode(encoding))[place["line"] - 1]
    assert line[place["column"] - 1 : place["end_column"] - 1] == 'allow_origins=["*"]'
    rows = lint("main.py").stdout.splitlines()
    marked = next(number for number, row in enumerate(rows) if "CORSMiddleware, allow_origins=" in row)
    assert rows[marked + 1].split()[1] == "^" * len('["*"]')


GUARD = """
@app.middleware("http")
async def guard(request, call_next):
    if not request.headers.get("x-key"):
        return Response(status_code=401)
    return await call_next(request)
"""


def test_the_last_line_counts_what_the_text_alone_can_fix_and_the_command_fixes_it(tree: Path) -> None:
    (tree / "main.py").write_text(SLASH, encoding="utf-8")
    ran = corsense("lint", folder=tree)
    assert '= fix: app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])' in ran.out
    assert ran.out.endswith("1 error in 1 file (1 fixable with `corsense fix . --write`).\n")
    assert corsense("fix", ".", "--write", folder=tree).status == 0
    assert corsense("lint", folder=tree).status == 0


def test_the_command_that_fixes_names_the_paths_and_the_rules(tree: Path) -> None:
    (tree / "my app.py").write_text(SLASH, encoding="utf-8")
    ran = corsense("lint", "my app.py", "--select", "CORS201", folder=tree)
    assert "`corsense fix 'my app.py' --select CORS201 --write`" in ran.out


def test_a_file_that_is_named_like_an_option_is_no_option_of_the_command_that_fixes(tree: Path) -> None:
    (tree / "-x.py").write_text(SLASH, encoding="utf-8")
    assert "`corsense fix ./-x.py --write`" in corsense("lint", "--", "-x.py", folder=tree).out


def test_a_fix_that_only_the_app_can_prove_is_counted_apart_with_its_command(tree: Path) -> None:
    source = SLASH.replace("example/", "example").replace("])", '], allow_methods=["*"])')
    (tree / "main.py").write_text(source + GUARD, encoding="utf-8")
    ran = corsense("lint", folder=tree)
    assert "help: 1 more finding may have a fix that only the app can prove:" in ran.out
    assert "      corsense fix main.py:app --write\n" in ran.out
    assert "fixable" not in ran.out


def test_a_finding_without_a_safe_edit_is_not_called_fixable(tree: Path) -> None:
    assert "fixable" not in corsense("lint", folder=tree).out


def test_json_has_no_fix_that_was_not_tried(tree: Path) -> None:
    (tree / "main.py").write_text(SLASH, encoding="utf-8")
    assert corsense("lint", "--format", "json", folder=tree).document["findings"][0]["fix"] is None


def test_the_hooks_for_pre_commit_name_commands_that_exist() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    parts = re.split(r"^(?=- )", text, flags=re.MULTILINE)[1:]
    entries = [dict(re.findall(r"^(?:- |  )(\w+): (.+)$", part, re.MULTILINE)) for part in parts]
    hooks = {hook["id"]: hook for hook in entries}
    assert set(hooks) == {"corsense-lint", "corsense-fix"}
    assert hooks["corsense-lint"]["entry"] == "corsense lint"
    for hook in hooks.values():
        assert (hook["language"], hook["types"], hook["require_serial"]) == ("python", "[python]", "true")
        assert CliRunner().invoke(app, [hook["entry"].split()[1], "--help"]).exit_code == 0
