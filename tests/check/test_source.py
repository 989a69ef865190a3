"""The repair of source that is not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.check.mended import NO_WISHES, Wishes
from corsense.check.source import mend_source
from corsense.readers.errors import InputError
from tests.fix.programs import cors

ORIGIN = "http://localhost:3000"
HEAD = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(policy: str, more: str = "", file: str = "main.py") -> None:
    Path(file).write_text(f"{HEAD}{more}app = FastAPI()\napp.add_middleware(CORSMiddleware, {policy})\n")


@pytest.mark.usefixtures("folder")
def test_what_one_fix_brings_to_light_is_fixed_in_the_same_run() -> None:
    write(f"allow_origins='{ORIGIN}/'")
    mended = mend_source(["."], (), NO_WISHES)
    assert mended.is_done
    assert all(repair.verified and repair.is_safe and repair.applied for repair in mended.repairs)
    assert list(cors(mended.edits[0].after).allow_origins) == [ORIGIN]


@pytest.mark.usefixtures("folder")
def test_a_wildcard_with_credentials_takes_the_origins_that_the_user_names() -> None:
    write("allow_origins=['*'], allow_credentials=True")
    assert mend_source(["main.py"], (), NO_WISHES).edits == ()
    named = mend_source(["main.py"], (ORIGIN,), NO_WISHES)
    assert named.is_done
    assert list(cors(named.edits[0].after).allow_origins) == [ORIGIN]


GUARD = """
@app.middleware("http")
async def guard(request, call_next):
    if not request.user:
        return Response(status_code=401)
    return await call_next(request)
"""


@pytest.mark.usefixtures("folder")
def test_an_order_that_cannot_be_tried_is_changed_only_when_asked() -> None:
    write(f"allow_origins=['{ORIGIN}']")
    with Path("main.py").open("a") as file:
        file.write(GUARD)
    shown = mend_source(["main.py"], (), NO_WISHES)
    assert shown.edits == ()
    assert [(repair.applied, "name the app" in (repair.guess or "")) for repair in shown.repairs] == [(False, True)]
    asked = mend_source(["main.py"], (), Wishes(unsafe=True))
    assert asked.is_done
    assert asked.edits[0].after.index("def guard") < asked.edits[0].after.index("CORSMiddleware,")


@pytest.mark.usefixtures("folder")
def test_a_value_of_another_module_is_rewritten_only_when_asked() -> None:
    Path("config.py").write_text("SITES = ['https://a.example/path']\n")
    write("allow_origins=SITES", "from config import SITES\n")
    shown = mend_source(["."], (), NO_WISHES)
    assert shown.edits == ()
    assert [repair.guess for repair in shown.repairs] == ["other code may read that value too"]
    asked = mend_source(["."], (), Wishes(unsafe=True))
    assert asked.is_done
    assert [(edit.file, edit.after) for edit in asked.edits] == [("config.py", "SITES = ['https://a.example']\n")]
    assert Path("config.py").read_text() == "SITES = ['https://a.example/path']\n"


@pytest.mark.usefixtures("folder")
def test_wishes_reach_every_file_that_configures_cors_and_no_other() -> None:
    write(f"allow_origins=['{ORIGIN}']")
    write("allow_origins=['https://a.example']", file="second.py")
    Path("other.py").write_text("CORS = 'CORSMiddleware'\n")
    mended = mend_source(["."], (), Wishes(environment="ORIGINS", adopt=True))
    assert [edit.file for edit in mended.edits] == ["main.py", "second.py"]
    assert all("from corsense import CORSMiddleware" in edit.after and "ORIGINS" in edit.after for edit in mended.edits)


@pytest.mark.usefixtures("folder")
def test_what_is_no_python_is_noted_and_a_path_that_is_not_there_is_told() -> None:
    Path("broken.py").write_text("from fastapi.middleware.cors import CORSMiddleware\ndef (:\n")
    mended = mend_source(["."], (), NO_WISHES)
    assert mended.edits == ()
    assert any(note.startswith("broken.py") and "is skipped" in note for note in mended.notes)
    with pytest.raises(InputError, match="nowhere"):
        mend_source(["nowhere"], (), NO_WISHES)
