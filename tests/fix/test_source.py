"""The repair of source that is not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.errors import InputError
from corsense.fix.result import SAFE_FIXES, FixOptions
from corsense.fix.source import fix_source, offered_fixes
from corsense.lint import lint_paths
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
    fix_result = fix_source(["."], (), SAFE_FIXES)
    assert fix_result.is_done
    assert all(repair.verified and repair.is_safe and repair.applied for repair in fix_result.repairs)
    assert list(cors(fix_result.edits[0].after).allow_origins) == [ORIGIN]


@pytest.mark.usefixtures("folder")
def test_a_wildcard_with_credentials_takes_the_origins_that_the_user_names() -> None:
    write("allow_origins=['*'], allow_credentials=True")
    assert fix_source(["main.py"], (), SAFE_FIXES).edits == ()
    named = fix_source(["main.py"], (ORIGIN,), SAFE_FIXES)
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
    shown = fix_source(["main.py"], (), SAFE_FIXES)
    assert shown.edits == ()
    assert [(repair.applied, "name the app" in (repair.guess or "")) for repair in shown.repairs] == [(False, True)]
    asked = fix_source(["main.py"], (), FixOptions(unsafe=True))
    assert asked.is_done
    assert asked.edits[0].after.index("def guard") < asked.edits[0].after.index("CORSMiddleware,")


@pytest.mark.usefixtures("folder")
def test_a_value_of_another_module_is_rewritten_only_when_asked() -> None:
    Path("config.py").write_text("SITES = ['https://a.example/path']\n")
    write("allow_origins=SITES", "from config import SITES\n")
    shown = fix_source(["."], (), SAFE_FIXES)
    assert shown.edits == ()
    assert [repair.guess for repair in shown.repairs] == ["other code may read that value too"]
    asked = fix_source(["."], (), FixOptions(unsafe=True))
    assert asked.is_done
    assert [(edit.file, edit.after) for edit in asked.edits] == [("config.py", "SITES = ['https://a.example']\n")]
    assert Path("config.py").read_text() == "SITES = ['https://a.example/path']\n"


@pytest.mark.usefixtures("folder")
def test_wishes_reach_every_file_that_configures_cors_and_no_other() -> None:
    write(f"allow_origins=['{ORIGIN}']")
    write("allow_origins=['https://a.example']", file="second.py")
    Path("other.py").write_text("CORS = 'CORSMiddleware'\n")
    fix_result = fix_source(["."], (), FixOptions(environment="ORIGINS", adopt=True))
    assert [edit.file for edit in fix_result.edits] == ["main.py", "second.py"]
    assert all("from corsense import CORSMiddleware" in edit.after and "ORIGINS" in edit.after for edit in fix_result.edits)


@pytest.mark.usefixtures("folder")
def test_what_is_no_python_is_noted_and_a_path_that_is_not_there_is_reported() -> None:
    Path("broken.py").write_text("from fastapi.middleware.cors import CORSMiddleware\ndef (:\n")
    fix_result = fix_source(["."], (), SAFE_FIXES)
    assert fix_result.edits == ()
    assert any(note.startswith("broken.py") and "is skipped" in note for note in fix_result.notes)
    with pytest.raises(InputError, match="nowhere"):
        fix_source(["nowhere"], (), SAFE_FIXES)


EXAMPLES = sorted(Path(__file__).parents[2].joinpath("examples/broken").iterdir())


@pytest.mark.parametrize("example", [pytest.param(path, id=path.name) for path in EXAMPLES if path.is_dir()])
def test_what_the_text_offers_is_what_a_run_applies(example: Path) -> None:
    found = lint_paths([example]).findings
    offered = offered_fixes(found)
    with_fix = {finding.message for finding in offered.findings if finding.fix is not None}
    applied = {
        repair.finding.message
        for repair in fix_source([str(example)], (), SAFE_FIXES).repairs
        if repair.finding and repair.applied
    }
    assert with_fix <= applied
    assert [finding.message for finding in offered.findings] == [finding.message for finding in found]


@pytest.mark.usefixtures("folder")
def test_of_very_much_source_only_a_part_is_read_for_fixes() -> None:
    layers = "".join(
        f"app{number} = FastAPI()\napp{number}.add_middleware(CORSMiddleware, allow_origins=['{ORIGIN}/'])\n"
        for number in range(60)
    )
    Path("main.py").write_text(HEAD + layers + "# " + "x" * 100_000 + "\n")
    offered = offered_fixes(lint_paths([Path("main.py")]).findings)
    fixable = sum(finding.fix is not None for finding in offered.findings)
    assert 0 < fixable < 60 == len(offered.findings)
    assert not offered.complete
