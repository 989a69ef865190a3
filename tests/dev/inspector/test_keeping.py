"""A session outlives a reload: its calls are shown again, masked, and its causes are not announced twice."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corsense.app.traceback import parse_traceback
from corsense.dev.inspector.calls import MOST_CALLS
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.keeping import Kept
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.dev.inspector.session import Explanation, Session
from corsense.fetch.wire import NetworkError, WireRequest, WireResponse
from corsense.transports.har import HarEntry

PAGE = "http://localhost:3000"
SECRET = "s3cr3t-t0k3n-of-a-user-1234567890"
TRACEBACK = (
    f'Traceback (most recent call last):\n  File "/app/main.py", line 3, in items\n    fail()\nValueError: password={SECRET}\n'
)


def exchange(path: str = "/items", status: int = 200, *, began: float = 1.0, **more: object) -> RecordedExchange:
    request = WireRequest("GET", f"http://localhost:8000{path}", (("Origin", PAGE), ("Authorization", f"Bearer {SECRET}")))
    entry = HarEntry(request, WireResponse(status, (("vary", "Origin"),)), page=PAGE, kind="fetch")
    return RecordedExchange(entry, began, 0.25, route=path.partition("?")[0], **more)  # type: ignore[arg-type]


def key_of(judged: JudgedCall) -> tuple[str, ...] | None:
    return (judged.slug, judged.call.route) if judged.slug is not None else None


def explain(judged: JudgedCall, number: int) -> Explanation:
    assert judged.position is not None
    return Explanation(number, judged.report, judged.position)


def session(kept: Kept, announced: list[Explanation] | None = None) -> Session:
    """A session as a worker starts it."""
    said = announced if announced is not None else []
    started = Session("main:app", key_of, explain, lambda one: said.append(one) if kept.is_first(one) else None)
    for earlier in kept.exchanges():
        started.note(earlier)
    started.listen(lambda: kept.take(started))
    return started


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_calls_from_before_are_shown_again(tmp_path: Path) -> None:
    file = str(tmp_path / "session")
    first = session(Kept.opened(file))
    for number in range(3):
        first.note(exchange(f"/items/{number}", began=float(number)))
    until(lambda: Path(file).exists() and Path(file).read_text().count('"call"') >= 3)
    for _ in range(2):  # also after a second reload, in which nothing happened
        again = session(Kept.opened(file))
        until(lambda again=again: len(again.shown()[1]) == 3)  # type: ignore[misc]
        calls = [shown.judged for shown in again.shown()[1]]
        assert [judged.call.url for judged in calls] == [f"http://localhost:8000/items/{number}" for number in range(3)]
        assert {judged.verdict for judged in calls} == {"blocked"}
        assert [judged.call.began for judged in calls] == [0.0, 1.0, 2.0]


def test_a_cause_is_announced_once_whatever_is_reloaded(tmp_path: Path) -> None:
    file, announced = str(tmp_path / "session"), list[Explanation]()
    first = session(Kept.opened(file), announced)
    first.note(exchange())
    until(lambda: len(announced) == 1 and Path(file).read_text().count('"call"') >= 1)
    again = session(Kept.opened(file), announced)
    until(lambda: len(again.shown()[1]) == 1)
    assert again.explanations() == []  # the source may have changed meanwhile
    again.note(exchange(began=100.0))
    until(again.explanations)
    assert [shown.cause for shown in again.shown()[1]] == [1, 1]
    again.note(exchange("/others", 500, began=200.0))
    until(lambda: len(announced) == 2)


def test_what_is_kept_is_masked_and_private(tmp_path: Path) -> None:
    file = tmp_path / "session"
    kept = session(Kept.opened(str(file)))
    kept.note(exchange(f"/items?token={SECRET}", 500, exception=parse_traceback(TRACEBACK)))
    until(lambda: file.exists() and '"call"' in file.read_text())
    assert SECRET not in file.read_text()
    assert "main.py" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_line_that_is_not_whole_is_skipped(tmp_path: Path) -> None:
    file = tmp_path / "session"
    first = session(Kept.opened(str(file)))
    first.note(exchange())
    until(lambda: file.exists() and '"call"' in file.read_text())
    whole = next(line for line in file.read_text().splitlines() if '"call"' in line)
    nonsense = ["", "{", "[]", "null", '{"call": "x", "exchanges": [{}]}', '{"call": "y", "exchanges": [1]}', "[" * 100_000]
    file.write_text("\n".join([*nonsense, whole, whole[: len(whole) // 2]]))
    assert [each.entry.request.url for each in Kept.opened(str(file)).exchanges()] == ["http://localhost:8000/items"]


def test_no_answer_is_kept_as_well(tmp_path: Path) -> None:
    file = tmp_path / "session"
    first = session(Kept.opened(str(file)))
    unanswered = HarEntry(exchange().entry.request, NetworkError("the app ended without an answer"), page=PAGE, kind="fetch")
    first.note(RecordedExchange(unanswered, 1.0, 0.1))
    until(lambda: file.exists() and '"call"' in file.read_text())
    (restored,) = Kept.opened(str(file)).exchanges()
    assert isinstance(restored.entry.response, NetworkError)


def test_only_so_many_calls_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "session"
    first = session(Kept.opened(str(file)))
    for number in range(MOST_CALLS + 50):
        first.note(exchange(f"/items/{number}", began=float(number)))
    until(lambda: file.exists() and f'/items/{MOST_CALLS + 49}"' in file.read_text())
    kept = [each.entry.request.url for each in Kept.opened(str(file)).exchanges()]
    assert len(kept) == MOST_CALLS
    assert kept[-1] == f"http://localhost:8000/items/{MOST_CALLS + 49}"


def test_the_file_does_not_outgrow_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corsense.dev.inspector.keeping.MOST_BYTES", 50_000)
    file = tmp_path / "session"
    first = session(Kept.opened(str(file)))
    for number in range(40):
        first.note(exchange(f"/items/{number}?q={'x' * 5_000}", began=float(number)))
        until(lambda number=number: file.exists() and f"/items/{number}?" in file.read_text())  # type: ignore[misc]
        assert file.stat().st_size < 50_000
    assert len(list(Kept.opened(str(file)).exchanges())) > 1


def test_what_was_cleared_does_not_come_back(tmp_path: Path) -> None:
    file = tmp_path / "session"
    first = session(Kept.opened(str(file)))
    first.note(exchange())
    until(lambda: file.exists() and '"call"' in file.read_text())
    first.clear()
    assert '"call"' not in file.read_text()
    assert list(Kept.opened(str(file)).exchanges()) == []


def test_a_file_that_cannot_be_written_disturbs_nothing(tmp_path: Path) -> None:
    first = session(Kept.opened(str(tmp_path / "nowhere" / "session")))
    first.note(exchange())
    until(lambda: len(first.shown()[1]) == 1)


def test_the_file_is_json_a_line(tmp_path: Path) -> None:
    file = tmp_path / "session"
    kept = Kept.opened(str(file))
    first = session(kept)
    first.note(exchange())
    until(lambda: file.exists() and '"announced"' in file.read_text() and '"call"' in file.read_text())
    assert {next(iter(json.loads(line))) for line in file.read_text().splitlines()} == {"announced", "call"}
