"""The repair of apps, and what keeps it from being written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.app import AppCheck
from corsense.check.request import CheckRequest, read_operation
from corsense.finding import Place
from corsense.fix.app import AppFix
from corsense.fix.candidate import Candidate
from corsense.fix.list_candidates import origin_candidates
from corsense.fix.result import SAFE_FIXES, FixOptions, FixResult
from corsense.fix.verified import check_with_fixes
from corsense.fix.write import write_all

ORIGIN = "http://localhost:3000"
POST = (read_operation("POST /users"),)

APP = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

{before}
app = FastAPI()
app.add_middleware(CORSMiddleware, {policy})

@app.post("/users")
def create() -> None: ...
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fix_app(fix_options: FixOptions = SAFE_FIXES, *, origins: tuple[str, ...] = (ORIGIN,)) -> FixResult:
    target = AppTarget.parse("main:app")
    asked = CheckRequest(origins, POST, (("X-Token", "a"),))
    with AppSession.start(target, output="none") as session:
        return AppFix(target, asked, fix_options).run(session)


def test_a_fix_that_does_not_cure_is_reported_and_left_alone(folder: Path) -> None:
    before = "def origins():\n    return ['https://other.example']\n"
    policy = "allow_origins=origins(), allow_methods=['GET']"
    (folder / "main.py").write_text(APP.format(before=before, policy=policy))
    fix_result = fix_app()
    assert fix_result.edits == ()
    refuted = [repair for repair in fix_result.repairs if repair.verified is False]
    assert {repair.title for repair in refuted} == {"allow POST", "allow the header x-token"}
    assert all("still does not pass" in (repair.reason or "") for repair in refuted)
    assert {finding.cause.slug for finding in fix_result.remaining} >= {"origin-mismatch", "method-not-allowed"}


def test_an_app_that_cannot_be_loaded_twice_is_not_written_without_being_asked(folder: Path) -> None:
    before = "import os\nopen('lock', 'x').close()\n"
    policy = f"allow_origins=['{ORIGIN}/'], allow_methods=['POST'], allow_headers=['X-Token']"
    (folder / "main.py").write_text(APP.format(before=before, policy=policy))
    fix_result = fix_app()
    assert fix_result.edits == ()
    assert [(repair.applied, "second time" in (repair.reason or "")) for repair in fix_result.repairs] == [(False, True)]
    (folder / "lock").unlink()
    asked = fix_app(FixOptions(unsafe=True))
    assert [repair.verified for repair in asked.repairs] == [None]
    assert f"['{ORIGIN}']" in asked.edits[0].after


def test_a_layer_of_another_module_in_another_encoding_is_repaired_there(folder: Path) -> None:
    (folder / "main.py").write_text("from fastapi import FastAPI\nfrom web import shared\napp = shared(FastAPI())\n")
    content = (
        "# coding: latin-1\r\nfrom fastapi.middleware.cors import CORSMiddleware\r\n"
        f"TITLE = 'caf\xe9'; SITES = ('https://caf\xe9.example', '{ORIGIN}/')\r\n"
        "def shared(app):\r\n\tassert len(TITLE) == 4\r\n"
        "\tapp.add_middleware(CORSMiddleware, allow_origins=SITES, allow_methods=['*'], allow_headers=['*'])\r\n"
        "\tapp.post('/users')(lambda: None)\r\n\treturn app\r\n"
    ).encode("latin-1")
    (folder / "web.py").write_bytes(content)
    fix_result = fix_app()
    assert [(repair.verified, repair.is_safe) for repair in fix_result.repairs if repair.applied] == [(True, True)] * 2
    write_all(fix_result.edits)
    repaired = (folder / "web.py").read_bytes()
    assert repaired.replace(f"'{ORIGIN}'".encode(), f"'{ORIGIN}/'".encode()).splitlines()[3:] == content.splitlines()[3:]
    assert b"'%s')" % ORIGIN.encode() in repaired
    assert b"'caf\xe9'" in repaired
    assert fix_result.remaining == ()


GUARD = (
    "from starlette.middleware.base import BaseHTTPMiddleware\nfrom starlette.responses import Response\n"
    "async def guard(request, call_next):\n"
    "    return await call_next(request) if request.headers.get('x-token') == 'a' else Response(status_code=401)\n"
)
GUARDED = "allow_methods=['POST'], allow_headers=['X-Token'])\napp.add_middleware(BaseHTTPMiddleware, dispatch=guard"


def test_moving_the_layer_outward_lets_in_none_but_those_it_lists(folder: Path) -> None:
    policy = f"allow_origins=['{ORIGIN}'], {GUARDED}"
    (folder / "main.py").write_text(APP.format(before=GUARD, policy=policy))
    fix_result = fix_app()
    assert [(repair.title, repair.verified) for repair in fix_result.repairs] == [
        ("add CORSMiddleware last, so that it is outermost", True)
    ]
    assert fix_result.edits[0].after.index("BaseHTTPMiddleware, dispatch") < fix_result.edits[0].after.index("(CORSMiddleware")


def test_a_layer_that_admits_untrusted_pages_is_not_moved_outward(folder: Path) -> None:
    before = GUARD + "def rule():\n    return 'https?://.*'\n"
    policy = f"allow_origin_regex=rule(), allow_credentials=True, {GUARDED}"
    (folder / "main.py").write_text(APP.format(before=before, policy=policy))
    fix_result = fix_app()
    assert fix_result.edits == ()
    assert any("would gain access unexpectedly" in (repair.reason or "") for repair in fix_result.repairs)


@pytest.mark.parametrize("policy", ["allow_origins=['*'], allow_credentials=True", None])
@pytest.mark.parametrize("unsafe", [False, True])
def test_an_origin_that_nobody_named_enters_no_list(folder: Path, policy: str | None, unsafe: bool) -> None:
    without = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/users')\ndef create() -> None: ...\n"
    (folder / "main.py").write_text(APP.format(before="", policy=policy) if policy else without)
    fix_result = fix_app(FixOptions(unsafe=unsafe), origins=())
    assert "localhost" not in "".join(edit.after for edit in fix_result.edits)
    assert any("corsense fix main:app --origin" in note for note in fix_result.notes)


def test_a_check_offers_a_later_candidate_where_the_first_is_refuted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = f"allow_origins=['{ORIGIN}/'], allow_methods=['POST'], allow_headers=['X-Token']"
    (folder / "main.py").write_text(APP.format(before="", policy=policy))

    def wrong_first(slug: str, evidence: Mapping[str, object], place: Place) -> Iterator[Candidate]:
        yield Candidate(place, "write another origin", lambda text: text.replace(f"{ORIGIN}/", "https://other.example"))
        yield from origin_candidates(slug, evidence, place)

    monkeypatch.setattr("corsense.fix.candidates.origin_candidates", wrong_first)
    target = AppTarget.parse("main:app")
    with AppSession.start(target, output="none") as session:
        report = check_with_fixes(AppCheck(target, CheckRequest((ORIGIN,), POST, (("X-Token", "a"),))), session)
    fixes = [finding.fix for finding in report.findings if finding.fix is not None]
    assert [(fix.title, fix.verified) for fix in fixes] == [(f"write {ORIGIN!r} in place of '{ORIGIN}/'", True)]
