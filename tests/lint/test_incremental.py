"""A tree that is edited file by file has at every moment the findings of a fresh run over it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.lint import lint_paths
from corsense.lint.incremental import LintSession

MAIN = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
{imports}
app = FastAPI()
{layer}
"""
TEXTS: dict[str, list[str]] = {
    "main.py": [
        MAIN.format(imports="from settings import ORIGINS", layer="app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)"),
        MAIN.format(
            imports="from settings import ORIGINS",
            layer='app.add_middleware(CORSMiddleware, allow_origins=ORIGINS, allow_credentials=True, allow_methods=["post"])',
        ),
        MAIN.format(imports="from setup import add_cors", layer="add_cors(app)"),
        MAIN.format(imports="from routers import users", layer="app.include_router(users.router)"),
        "print('nothing')\n",
        "from fastapi import FastAPI\napp = FastAPI(\n",
    ],
    "settings.py": [
        'ORIGINS = ["http://localhost:3000/"]\n',
        'ORIGINS = ["*"]\n',
        "ORIGINS = 'https://a.example'\n",
        "ORIGINS = [\n",
    ],
    "setup.py": [
        "from fastapi.middleware.cors import CORSMiddleware\nfrom settings import ORIGINS\n\n\ndef add_cors(app):\n"
        "    app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)\n",
        "from fastapi.middleware.cors import CORSMiddleware\n\n\ndef add_cors(app, origins=('null',)):\n"
        "    app.add_middleware(CORSMiddleware, allow_origins=origins)  # corsense: ignore[null-origin]\n",
        "def add_cors(app):\n    pass\n",
    ],
    "routers/__init__.py": [""],
    "routers/users.py": [
        "from fastapi import APIRouter, Response\n\nrouter = APIRouter()\n\n\n@router.options('/users')\ndef users():\n"
        "    return Response(headers={'Access-Control-Allow-Origin': '*'})\n",
        "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.post('/users')\ndef users(): ...\n",
    ],
    "other/main.py": [
        MAIN.format(imports="", layer='app.add_middleware(CORSMiddleware, allow_origins=["https://b.example/path"])'),
        MAIN.format(
            imports="from other.settings import ORIGINS", layer="app.add_middleware(CORSMiddleware, allow_origins=ORIGINS)"
        ),
    ],
    "other/settings.py": ['ORIGINS = ["*.example.com"]\n', "ORIGINS = None\n"],
}
EDITS = [(name, number) for name, texts in TEXTS.items() for number in (*range(len(texts)), None)]


def fresh(folder: Path) -> set[tuple[object, ...]]:
    return {
        (os.path.abspath(found.place.file), found.place, found.cause.slug, found.message)
        for found in lint_paths([folder]).findings
        if found.place is not None
    }


def incremental(session: LintSession) -> set[tuple[object, ...]]:
    return {
        (str(path), found.place, found.cause.slug, found.message)
        for path, listed in session.findings().items()
        for found in listed
    }


@settings(max_examples=60)
@given(edits=st.lists(st.tuples(st.sampled_from(EDITS), st.booleans()), min_size=1, max_size=8))
def test_after_every_edit_the_findings_are_those_of_a_fresh_run(edits: list[tuple[tuple[str, int | None], bool]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for file in TEXTS:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(TEXTS[file][0])
        session = LintSession((folder,))
        for (file, number), is_saved in edits:
            path = folder / file
            if number is None:  # deleted
                path.unlink(missing_ok=True)
                session.change(path, None)
                session.reread()
            elif is_saved or not path.exists():
                path.write_text(TEXTS[file][number])
                session.change(path, None)
                session.reread()
            else:  # typed, then saved
                session.change(path, TEXTS[file][number].encode())
                session.findings()
                if path in session.broken:
                    continue
                path.write_text(TEXTS[file][number])
            assert incremental(session) == fresh(folder)


def test_a_text_that_is_not_python_changes_nothing_until_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(TEXTS["main.py"][0])
    (tmp_path / "settings.py").write_text(TEXTS["settings.py"][0])
    session = LintSession((tmp_path,))
    before = incremental(session)
    assert before
    session.change(tmp_path / "settings.py", b"ORIGINS = [\n")
    assert incremental(session) == before
    assert tmp_path / "settings.py" in session.broken
    session.change(tmp_path / "settings.py", b'ORIGINS = ["https://a.example"]\n')
    assert not session.broken
    assert "origin-trailing-slash" not in {slug for _, _, slug, _ in incremental(session)}
    session.change(tmp_path / "settings.py", None)
    assert incremental(session) == before


def test_one_changed_file_has_only_what_depends_on_it_judged_again(tmp_path: Path) -> None:
    for service in ("one", "two"):
        folder = tmp_path / service
        folder.mkdir()
        (folder / "main.py").write_text(TEXTS["main.py"][0])
        (folder / "settings.py").write_text(TEXTS["settings.py"][0])
    session = LintSession((tmp_path,))
    before = session.findings()
    session.change(tmp_path / "one" / "settings.py", b'ORIGINS = ["https://a.example"]\n')
    after = session.findings()
    one, two = (tmp_path / service / "settings.py" for service in ("one", "two"))
    assert before[two]
    assert all(old is new for old, new in zip(before[two], after[two], strict=True))
    assert before[one]
    assert after.get(one, []) != before[one]


def test_a_tried_text_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(TEXTS["main.py"][0])
    (tmp_path / "settings.py").write_text(TEXTS["settings.py"][0])
    session = LintSession((tmp_path,))
    before = incremental(session)
    tried = session.with_text(tmp_path / "settings.py", b'ORIGINS = ["https://a.example"]\n')
    assert tried is not None
    assert "origin-trailing-slash" not in {found.cause.slug for listed in tried.values() for found in listed}
    assert session.with_text(tmp_path / "settings.py", b"ORIGINS = [") is None
    assert incremental(session) == before
    assert not session.broken
