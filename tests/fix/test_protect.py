"""`fix --protect`: protection in report mode, where it knows the trusted origins, and what a person has to decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import Ran, corsense

HEAD = """from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI()
"""
ROUTE = """

@app.post("/delete")
def delete(request: Request) -> str | None:
    return request.cookies.get("user")
"""
LISTED = 'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"], allow_methods=["POST"])\n'
INSTALLED = 'install(app, Policy(origins=["https://a.example"], methods=["POST"]))\n'
OURS = HEAD.replace("from fastapi.middleware.cors import CORSMiddleware", "from corsense import Policy, install")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def protect(folder: Path, source: str, *words: str, target: str = "main:app") -> Ran:
    (folder / "main.py").write_text(source, encoding="utf-8")
    return corsense("fix", target, "--protect", *words, folder=folder)


def text(folder: Path) -> str:
    return (folder / "main.py").read_text("utf-8")


@pytest.mark.parametrize("target", ["main:app", "main.py"])
@pytest.mark.parametrize(
    ("source", "import_", "layer"),
    [
        (HEAD + LISTED, "from corsense import CORSMiddleware", LISTED.replace(")\n", ', protection="report")')),
        (OURS + INSTALLED, "from corsense import Policy, install", INSTALLED.replace(")\n", ', protection="report")')),
    ],
)
def test_the_layer_that_knows_the_origins_gets_it(folder: Path, target: str, source: str, import_: str, layer: str) -> None:
    ran = protect(folder, source + ROUTE, "--write", target=target)
    assert import_ in text(folder), ran.out
    assert layer in text(folder)
    assert "fastapi.middleware.cors" not in text(folder)
    assert "hosts" in ran.out
    assert ran.status == 0
    before = text(folder)
    again = protect(folder, before, "--write", target=target)
    assert text(folder) == before
    assert again.status == 0


@pytest.mark.parametrize("target", ["main:app", "main.py"])
def test_an_app_without_a_layer_gets_protection_alone(folder: Path, target: str) -> None:
    source = HEAD.replace("from fastapi.middleware.cors import CORSMiddleware\n", "") + ROUTE
    ran = protect(folder, source, "--write", target=target)
    assert 'app = FastAPI()\ninstall(app, protection="report")\n' in text(folder), ran.out
    assert "from corsense import install\n" in text(folder)
    assert "does not cover /delete" not in ran.out
    checked = corsense("lint", "main.py", folder=folder)
    assert "CORS916" not in checked.out


@pytest.mark.parametrize("target", ["main:app", "main.py"])
def test_where_no_edit_is_certain_it_says_what_to_write(folder: Path, target: str) -> None:
    layer = 'def options(): return {"allow_origins": ["https://a.example"], "allow_methods": ["POST"]}\n'
    source = HEAD + layer + "app.add_middleware(CORSMiddleware, **options())\n" + ROUTE
    ran = protect(folder, source, "--write", target=target)
    assert text(folder) == source
    assert 'Write CORSMiddleware from corsense, with protection="report"' in ran.out


def test_a_layer_that_corsense_would_refuse_stays_what_it_is(folder: Path) -> None:
    source = (
        HEAD + 'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"])\n' + ROUTE
    )
    ran = protect(folder, source, "--write")
    assert text(folder) == source
    assert "protection was not added" in ran.out
    assert ran.status == 1
    in_source = protect(folder, source, "--write", target="main.py")
    assert text(folder) == source
    assert "refuses wildcard-with-credentials" in in_source.out


def test_a_star_is_named_as_what_protection_trusts(folder: Path) -> None:
    source = HEAD + 'app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"])\n' + ROUTE
    ran = protect(folder, source, "--write")
    assert 'protection="report"' in text(folder)
    assert "pages of every origin are trusted to write without cookies" in ran.out


def test_source_that_needs_no_protection_gets_none(folder: Path) -> None:
    guarded = 'from fastapi.security import HTTPBearer\n@app.post("/pay", dependencies=[Depends(HTTPBearer())])\ndef pay(): ...\n'
    ran = protect(folder, HEAD + guarded, "--write", target="main.py")
    assert text(folder) == HEAD + guarded
    assert "Nothing to protect" in ran.out


def test_all_apps_of_a_tree_get_it(folder: Path) -> None:
    for number in range(6):
        (folder / f"app{number}.py").write_text(HEAD + LISTED + ROUTE, encoding="utf-8")
    corsense("fix", ".", "--protect", "--write", folder=folder)
    assert all('protection="report"' in file.read_text("utf-8") for file in folder.glob("*.py"))
