"""`corsense check recording.har`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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
