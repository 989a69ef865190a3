"""`corsense check recording.har`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from corsense.check.recording import check_recording
from corsense.check.request import CheckRequest
from tests.cli.commands import corsense

PAGE, API = "http://localhost:3000", "http://localhost:8000/api/users"


def entry(
    method: str, status: int, sent: dict[str, str], got: dict[str, str], *, kind: str = "fetch", error: str | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "_resourceType": kind,
        "startedDateTime": "2026-01-01T00:00:00.000Z",
        "time": 1,
        "request": {"method": method, "url": API, "headers": [{"name": name, "value": value} for name, value in sent.items()]},
        "response": {"status": status, "headers": [{"name": name, "value": value} for name, value in got.items()]},
    }
    if error is not None:
        found["response"]["_error"] = error
    return found


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    preflight = entry(
        "OPTIONS",
        400,
        {"Origin": PAGE, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"},
        {"access-control-allow-methods": "GET", "vary": "Origin"},
        kind="preflight",
    )
    request = entry(
        "PUT",
        0,
        {"Origin": PAGE, "Content-Type": "application/json", "Authorization": "Bearer s3cret"},
        {},
        error="net::ERR_FAILED",
    )
    path = tmp_path / "recording.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [preflight, request]}}), encoding="utf-8")
    return path


def test_a_recorded_refusal_is_judged_as_the_browser_judged_it(recording: Path) -> None:
    ran = corsense("check", str(recording), "--format", "json")
    assert ran.status == 1
    (result,) = ran.document["results"]
    assert (result["origin"], result["method"], result["error"]) == (PAGE, "PUT", "PreflightMissingAllowOriginHeader")
    assert ran.document["target"]["kind"] == "har"


def test_secrets_of_a_recording_are_not_printed(recording: Path) -> None:
    for output in ("text", "json"):
        ran = corsense("check", str(recording), "--verbose", "--format", output)
        assert "s3cret" not in ran.out + ran.err


def test_a_recording_without_a_call_across_origins_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.har").write_text('{"log": {"entries": []}}', encoding="utf-8")
    ran = corsense("check", "empty.har", folder=tmp_path)
    assert ran.status == 2
    assert "empty.har" in ran.err


def test_a_large_recording_shows_what_is_read_and_judged(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from corsense.check.recording import check_recording
    from corsense.check.request import CheckRequest
    from corsense.cli import progress as bar

    monkeypatch.setattr(bar, "_PATIENCE", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    seen: list[tuple[str, int, int]] = []
    with bar.progress(silent=False) as advance:
        assert advance is not None
        advance(1, 2, "reading recording.har")
        check_recording(
            recording,
            CheckRequest(),
            lambda done, total: seen.append(("read", done, total)),
            lambda *of: seen.append(("judged", *of)),
        )
    assert seen == [("read", 1, 2), ("read", 2, 2), ("judged", 1, 1)]
    assert "reading recording.har" in capsys.readouterr().err


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    from corsense.cli.progress import progress

    for silent in (True, False):
        with progress(silent) as advance:
            assert advance is None


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.har")
    ran = corsense("check", "x.har", folder=tmp_path)
    assert ran.status == 2
    assert "'x.har' cannot be read (it is not a regular file)" in ran.err


def test_of_a_long_recording_the_first_requests_are_judged_and_the_rest_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corsense.check.recording.MOST_FETCHES", 3)
    entry = {
        "_resourceType": "fetch",
        "request": {
            "method": "GET",
            "url": "http://a.example/x",
            "headers": [{"name": "Origin", "value": "http://localhost:3000"}],
        },
        "response": {"status": 200, "headers": []},
    }
    (tmp_path / "x.har").write_text(json.dumps({"log": {"entries": [entry] * 5}}))
    report = check_recording(tmp_path / "x.har", CheckRequest())
    assert len(report.results) == 3
    assert report.notes == ("2 of 5 requests were not judged; --origin and --request choose.",)
    assert not report.complete
