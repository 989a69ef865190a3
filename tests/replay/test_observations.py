"""Observations of a middleware are judged like logs, and compared with the verdicts that it gave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from corsense import Policy
from corsense.observe import ALLOWED, ObservedRequests, RequestKind, RequestTuple
from tests.replay.logs import ADMIN, APP, EVIL, allowed, caddy, entries, judged, written


def observed(origin: str, live: str | None, count: int = 1, method: str = "GET", kind: RequestKind = RequestKind.SIMPLE) -> str:
    seen = RequestTuple.make(origin, kind, method, route="/users/{user_id}", status=2, live=live)
    assert seen is not None
    return ObservedRequests(seen, count, date(2026, 9, 1), date(2026, 9, 30)).line()


def folder_of(folder: Path, *lines: str) -> str:
    head = '{"corsense":"0.1.0","schema":1,"unkept":3}'
    (folder / "observations").mkdir()
    written(folder / "observations", [head, *lines], "worker-1.jsonl")
    written(folder / "observations", [head, observed(ADMIN, ALLOWED, 2)], "worker-2.jsonl")
    return str(folder / "observations")


def test_the_verdict_before_is_the_one_that_was_observed(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, observed(APP, ALLOWED, 7), observed(ADMIN, ALLOWED, 5), observed(EVIL, "origin-not-allowed"), "broken"
    )
    result = judged(folder)
    assert entries(result) == {"lost": [(ADMIN, "allowed", "origin-not-allowed", 7)], "gained": []}
    assert result.lost.affected[0].routes == ("/users/{user_id}",)
    assert (result.baseline, result.judged, result.not_kept, result.broken.count) == ("observed", 15, 6, 1)
    assert (str(result.period.first), str(result.period.last)) == ("2026-09-01", "2026-09-30")


def test_another_policy_takes_the_place_of_what_was_observed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, observed(EVIL, ALLOWED))
    result = judged(folder, policy=Policy(origins=[ADMIN]), current=Policy(origins=[ADMIN]))
    assert not result.found


def test_observations_and_logs_add_up(tmp_path: Path) -> None:
    result = judged(folder_of(tmp_path, observed(APP, ALLOWED)), written(tmp_path, [caddy(allowed(ADMIN))]))
    assert (result.judged, result.lost.requests) == (4, 3)
