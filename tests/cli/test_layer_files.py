"""Configurations of proxies on the command line: `policy import`, `policy diff` and `lint`."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from corsense.cli.commands import app
from tests.lint.marked import HEADER

NGINX = """\
server {
    listen 80;
    location / {
        add_header Access-Control-Allow-Origin https://app.example.com;
        if ($request_method = OPTIONS) { return 204; }
        proxy_pass http://127.0.0.1:8000;
    }
}
"""
RIGHT = NGINX.replace("example.com;", "example.com always;")
APP = HEADER + 'app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com", "https://b.example.com"])\n'


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "nginx.conf").write_text(NGINX, encoding="utf-8")
    (tmp_path / "right.conf").write_text(RIGHT, encoding="utf-8")
    return tmp_path


def test_import_prints_python_with_the_rest_as_comments(tree: Path) -> None:
    ran = run("policy", "import", "nginx.conf")
    assert ran.exit_code == 1
    names: dict[str, Any] = {}
    exec("from corsense import Policy\n" + ran.stdout, names)
    assert names["policy"].origins == ("https://app.example.com",)
    assert "# nginx.conf:4: warning[CORS701] error-response-without-cors:" in ran.stdout


def test_import_prints_json(tree: Path) -> None:
    ran = run("policy", "import", "right.conf", "--format", "json")
    assert ran.exit_code == 0
    document = json.loads(ran.stdout)
    assert document["format"] == "nginx"
    assert document["places"][0]["policy"] == {"origins": ["https://app.example.com"]}
    assert document["places"][0]["exact"] is True
    assert document["places"][0]["doubled"] == ["access-control-allow-origin"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("missing.conf",), "there is no file or folder 'missing.conf'"),
        (("note.txt",), "'note.txt' has no format that corsense knows; name it with --from"),
        (("nginx.conf", "--from", "ngnix"), "--from 'ngnix' is not a format that corsense reads; did you mean nginx?"),
        (("broken.conf",), "broken.conf:3: nginx would refuse this"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence_with_status_2(tree: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tree / "note.txt").write_text("hello", encoding="utf-8")
    (tree / "broken.conf").write_text("server {\n}\n}\n", encoding="utf-8")
    ran = run("policy", "import", *arguments)
    assert ran.exit_code == 2
    assert sentence in ran.stderr
    assert len(ran.stderr.strip().split("\n")) == 1


def test_without_the_extra_import_names_the_command_that_installs_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name.partition(".")[0] == "crossplane":
            raise ModuleNotFoundError(name, name=name)
        return real(name, *arguments, **keywords)

    import importlib

    monkeypatch.setattr(importlib, "import_module", lambda name, package=None: absent(name))
    for arguments in (("policy", "import", "nginx.conf"), ("lint", "nginx.conf")):
        ran = run(*arguments)
        assert ran.exit_code == 2
        assert 'pip install "corsense[layers]"' in ran.stderr


def test_diff_says_who_gains_and_that_both_layers_set_headers(tree: Path) -> None:
    (tree / "behind_nginx.py").write_text(APP, encoding="utf-8")
    ran = run("policy", "diff", "right.conf", "behind_nginx:app")
    assert ran.exit_code == 1
    assert "+ pages of https://b.example.com may read responses" in ran.stdout
    assert "! right.conf:3: both layers set Access-Control-Allow-Origin." in ran.stdout


def test_diff_of_two_configurations_compares_what_they_allow(tree: Path) -> None:
    (tree / "other.conf").write_text(RIGHT.replace("https://app.example.com", "'*'"), encoding="utf-8")
    ran = run("policy", "diff", "right.conf", "other.conf", "--format", "json")
    assert ran.exit_code == 1
    assert json.loads(ran.stdout)["gained"][0]["value"] == "every origin"


def test_a_policy_of_a_proxy_can_be_asked_about_an_origin(tree: Path) -> None:
    assert run("policy", "explain", "https://app.example.com", "right.conf").exit_code == 0
    assert run("policy", "explain", "https://evil.test", "right.conf").exit_code == 1


def test_lint_finds_faults_in_configurations_that_are_named_and_in_those_of_a_folder(tree: Path) -> None:
    (tree / "main.py").write_text(HEADER, encoding="utf-8")
    for paths in (("nginx.conf", "right.conf", "main.py"), (".",)):
        ran = run("lint", *paths, "--format", "json")
        assert ran.exit_code == 1, ran.output
        document = json.loads(ran.stdout)
        assert [(each["slug"], each["file"], each["line"]) for each in document["findings"]] == [
            ("error-response-without-cors", "nginx.conf", 4)
        ]


def test_lint_prints_the_line_and_the_repair(tree: Path) -> None:
    ran = run("lint", "nginx.conf")
    assert "--> nginx.conf:4" in ran.stdout
    assert "fix: Write `always` behind the value of each add_header." in ran.stdout


def test_comments_and_options_silence_findings_in_configurations(tree: Path) -> None:
    text = NGINX.replace("example.com;", "example.com; # corsense: ignore[error-response-without-cors]")
    (tree / "nginx.conf").write_text(text, encoding="utf-8")
    assert run("lint", "nginx.conf").exit_code == 0
    (tree / "nginx.conf").write_text(NGINX, encoding="utf-8")
    assert run("lint", "nginx.conf", "--ignore", "CORS701").exit_code == 0


def test_a_named_configuration_must_be_readable_and_one_of_a_folder_need_not_be(tree: Path) -> None:
    (tree / "broken.conf").write_text("add_header Access-Control-Allow-Origin *;\nserver {\n", encoding="utf-8")
    (tree / "chart.yaml").write_text("cors: {{ .Values.cors }\n", encoding="utf-8")
    ran = run("lint", "broken.conf")
    assert ran.exit_code == 2
    assert "broken.conf:2" in ran.stderr
    assert run("lint", ".").exit_code == 1


def test_a_named_file_of_another_kind_is_not_passed_over(tree: Path) -> None:
    (tree / "pip.conf").write_text("[global]\nindex-url = x\n", encoding="utf-8")
    ran = run("lint", "pip.conf")
    assert ran.exit_code == 2
    assert "pip.conf cannot be read: it is neither Python nor a configuration" in ran.stderr
    assert run("lint", ".", "--ignore", "CORS701").exit_code == 0


def test_parts_that_a_configuration_of_a_folder_includes_are_judged_where_they_are_included(tree: Path) -> None:
    (tree / "nginx.conf").write_text(NGINX.replace("listen 80;", "listen 80; include cors.inc.conf;"), encoding="utf-8")
    (tree / "cors.inc.conf").write_text("add_header Access-Control-Allow-Methods GET;\n", encoding="utf-8")
    (tree / "right.conf").unlink()
    findings = json.loads(run("lint", ".", "--format", "json").stdout)["findings"]
    assert {each["file"] for each in findings} == {"nginx.conf"}
