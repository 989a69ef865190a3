"""The tools of `corsense mcp` return the documents of the commands, and write only when they are asked to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.cli.commands import corsense
from tests.examples.scenarios import FOLDER
from tests.mcp.assistant import Assistant, assistant

BROKEN = FOLDER / "broken" / "trailing-slash"
PAGE = "http://localhost:3000"
CONSOLE = (
    f"Access to fetch at 'http://localhost:8000/api/users' from origin '{PAGE}' has been blocked by CORS policy: Response to "
    "preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested "
    "resource."
)
CALLS: dict[str, dict[str, object]] = {
    "check": {"target": "main:app", "origins": [PAGE]},
    "explain": {"text": CONSOLE},
    "lint": {},
    "fix": {"targets": ["main:app"], "origins": [PAGE]},
    "rule": {"name": "origin-trailing-slash"},
    "policy_explain": {"origin": PAGE, "policy": "policy.toml"},
    "policy_diff": {"before": "policy.toml", "after": "wider.json"},
}
CLOSED = 59_999
"""A port on which nothing listens."""
SCHEMAS = {name: name.replace("_", "-") for name in CALLS}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(BROKEN, folder, dirs_exist_ok=True)
    (folder / "policy.toml").write_text(f'[tool.corsense.policy]\norigins = ["{PAGE}"]\n')
    (folder / "wider.json").write_text(json.dumps({"origins": [PAGE, "https://app.example.com"]}))
    return folder


@pytest.fixture(scope="module")
def client(project: Path) -> Iterator[Assistant]:
    with assistant(project) as found:
        yield found


def test_every_tool_says_when_to_use_it_and_what_it_takes_and_returns(client: Assistant) -> None:
    tools = {tool.name: tool for tool in client.portal.call(client.client.list_tools).tools}
    assert list(tools) == list(CALLS)
    for name, tool in tools.items():
        assert tool.description
        assert tool.output_schema == corsense("schema", SCHEMAS[name]).document
        assert tool.input_schema["additionalProperties"] is False
        jsonschema.validate(CALLS[name], tool.input_schema)
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is (name != "fix")


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_returns_the_document_of_its_command_and_a_text(client: Assistant, name: str) -> None:
    answer = client.call(name, **CALLS[name])
    assert not answer.is_error
    jsonschema.validate(answer.document, corsense("schema", SCHEMAS[name]).document)
    assert answer.document["schema"] == 1
    assert answer.text.strip()


def test_check_prints_the_finding_as_the_command_does(client: Assistant) -> None:
    answer = client.call("check", target="main:app", origins=[PAGE])
    assert answer.faults == ["origin-trailing-slash"]
    assert "--> main.py:10:20" in answer.text
    assert f'fix (verified): allow_origins=["{PAGE}"]' in answer.text


def test_the_results_of_a_check_are_those_that_matter_unless_all_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\n"
        f'app.add_middleware(CORSMiddleware, allow_origins=["{PAGE}"])\n\n\n@app.get("/open")\ndef read() -> None: ...\n\n\n'
        '@app.put("/closed")\ndef write() -> None: ...\n'
    )
    with assistant(tmp_path) as client:
        few = client.call("check", target="main:app", origins=[PAGE])
        every = client.call("check", target="main:app", origins=[PAGE], results="all")
    assert all(result["outcome"] != "allowed" or result["findings"] for result in few.document["results"])
    assert any(result["outcome"] == "allowed" and not result["findings"] for result in every.document["results"])
    assert few.document["summary"]["checked"] == every.document["summary"]["checked"] == len(every.document["results"])
    assert any('results="all"' in note for note in few.document["notes"])


def test_explain_tries_the_call_on_an_app(client: Assistant) -> None:
    answer = client.call("explain", text=CONSOLE, app="main:app")
    assert answer.document["messages"][0]["causes"][0]["slug"] == "origin-trailing-slash"
    assert "on main:app the cause is CORS201" in answer.text


def test_fix_returns_a_diff_and_writes_when_it_is_asked_to(tmp_path: Path) -> None:
    shutil.copytree(BROKEN, tmp_path, dirs_exist_ok=True)
    source = tmp_path / "main.py"
    before = source.read_bytes()
    with assistant(tmp_path) as client:
        shown = client.call("fix", targets=["main:app"], origins=[PAGE])
        assert source.read_bytes() == before
        assert f'+    allow_origins=["{PAGE}"],' in shown.document["files"][0]["diff"]
        assert shown.document["files"][0]["diff"] in shown.text
        assert shown.document["written"] is False
        written = client.call("fix", targets=["main:app"], origins=[PAGE], write=True)
        assert written.document["written"] is True
        assert f'    allow_origins=["{PAGE}"],' in source.read_text()
        assert client.call("check", target="main:app", origins=[PAGE]).faults == []


def test_fix_repairs_source_without_loading_it(tmp_path: Path) -> None:
    source = (BROKEN / "main.py").read_text()
    (tmp_path / "main.py").write_text(f"import absent\n{source}")
    with assistant(tmp_path) as client:
        assert client.call("fix", targets=["main.py"], write=True).document["target"]["kind"] == "source"
        assert client.call("lint").faults == []


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("check", {"orgins": [PAGE]}, "there is no argument 'orgins'; did you mean origins?"),
        ("check", {"origins": PAGE}, f"origins '{PAGE}' cannot be used: input should be a valid list."),
        ("check", {"origins": ["localhost:3000"]}, "localhost:3000"),
        ("check", {"engine": "netscape"}, "engine 'netscape' cannot be used"),
        ("rule", {}, "the argument 'name' is missing."),
        ("rule", {"name": "origin-traling-slash"}, "did you mean origin-trailing-slash?"),
        ("lint", {"paths": ["absent"]}, "there is no file or folder 'absent'."),
        ("lint", {"select": ["no-such-rule"]}, "no-such-rule"),
        ("policy_explain", {"origin": PAGE, "policy": "absent.toml"}, "cannot be read"),
        ("explain", {"text": "all is well"}, "no message of a browser was recognised in this text"),
        ("explain", {"text": CONSOLE, "app": "main:app", "url": "http://localhost:1"}, "app conflicts with url; drop one."),
        ("chekc", {}, "there is no tool 'chekc'; did you mean check?"),
        ("check", {"target": f"http://127.0.0.1:{CLOSED}"}, f"no answer from http://127.0.0.1:{CLOSED}"),
        ("check", {"target": "main:nothing"}, "nothing"),
        ("lint", {"paths": ["a\0b"]}, "it contains a NUL character"),
        ("check", {"target": "a\0b:app"}, "it contains a NUL character"),
        ("fix", {"from_env": "NOT A NAME"}, "is not the name of an environment variable"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(client: Assistant, name: str, arguments: dict[str, object], sentence: str) -> None:
    answer = client.call(name, **arguments)
    assert answer.is_error
    assert sentence in answer.text
    assert "\n" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.document == {}


def test_an_app_that_prints_does_not_disturb_the_answer(tmp_path: Path) -> None:
    shutil.copytree(BROKEN, tmp_path, dirs_exist_ok=True)
    source = (BROKEN / "main.py").read_text()
    noise = 'import os\nos.write(1, b\'{"error": "forged"}\\n\')\nprint("corsense: forged")\n'
    (tmp_path / "main.py").write_text(noise + source)
    (tmp_path / "policy.py").write_text(f'{noise}from corsense import Policy\n\npolicy = Policy(origins=["{PAGE}"])\n')
    with assistant(tmp_path) as client:
        assert client.call("check", target="main:app", origins=[PAGE]).faults == ["origin-trailing-slash"]
        assert client.call("policy_explain", origin=PAGE, policy="policy:policy").document["allowed"] is True


def test_no_answer_holds_a_secret_that_was_pasted(client: Assistant) -> None:
    secrets = "-H 'Authorization: Bearer s3cr3tvalue12345' -b 'sid=c00kievalue9876'"
    curl = f"curl 'http://localhost:8000/api/users' -H 'Origin: {PAGE}' {secrets}"
    for name, target in (("check", {"target": "main:app"}), ("fix", {"targets": ["main:app"]})):
        answer = client.call(name, curl=curl, **target)
        printed = answer.text + json.dumps(answer.document)
        assert not answer.is_error
        assert "s3cr3tvalue12345" not in printed
        assert "c00kievalue9876" not in printed


def test_pasted_text_is_never_a_path_and_never_run(client: Assistant, project: Path) -> None:
    (project / "secret.txt").write_text("the-content-of-the-file")
    for text in ("secret.txt", str(project / "secret.txt"), "-", "$(touch made)", "`touch made`"):
        answer = client.call("explain", text=text)
        assert answer.is_error
        assert "the-content-of-the-file" not in answer.text
    curl = f"curl http://localhost:8000/api/users -X POST -H 'Origin: {PAGE}' --data @secret.txt $(touch made) ; touch made"
    answer = client.call("check", target="main:app", curl=curl)
    assert "the-content-of-the-file" not in answer.text + json.dumps(answer.document)
    assert not (project / "made").exists()


def test_the_server_imports_no_command_before_it_is_called() -> None:
    program = "import corsense.mcp.server, sys; print(*(name for name in sys.modules if name.startswith('corsense.')))"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = ("corsense.check", "corsense.lint", "corsense.fix", "corsense.diagnose", "corsense.explain", "corsense.report")
    assert [name for name in printed if name.startswith(heavy)] == []


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'mcp'\", name='mcp')\n")
    ran = corsense("mcp", folder=tmp_path, environment={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(tmp_path)})
    assert ran.status == 2
    assert ran.err == "corsense: serving tools needs mcp, which is not installed; run: pip install 'corsense[mcp]'\n"
