"""What a session knows: each call judged, each cause explained and announced once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from corsense.dev.inspector.calls import MOST_CALLS
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.dev.inspector.session import MOST_CAUSES, MOST_OF_A_KIND, CauseKey, Explanation, Session, Shown
from corsense.fetch.wire import WireResponse
from tests.dev.inspector.asgi import PAGE
from tests.dev.inspector.test_calls import preflight, request

PATIENCE = 60.0
OTHER_PAGE = "http://localhost:5173"
CHROME = ("User-Agent", "Mozilla/5.0 Chrome/130.0")


def allowed() -> RecordedExchange:
    one = request(method="GET")
    response = WireResponse(200, (("access-control-allow-origin", PAGE), ("vary", "Origin")))
    return replace(one, entry=replace(one.entry, response=response))


def passing_preflight() -> RecordedExchange:
    one = preflight()
    sent = replace(one.entry.request, headers=(*one.entry.request.headers, CHROME))
    response = WireResponse(200, (("access-control-allow-origin", PAGE), ("access-control-allow-methods", "PUT")))
    return replace(one, entry=replace(one.entry, request=sent, response=response))


def by_path(judged: JudgedCall) -> CauseKey | None:
    return (judged.slug, judged.call.url, judged.call.page) if judged.slug is not None else None


@dataclass
class Watched:
    """A session with what it has announced."""

    explain: Callable[[JudgedCall, int], Explanation] = lambda judged, number: Explanation(number, judged.report, 0)
    announced: list[Explanation] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.passed: list[JudgedCall] = []
        self.session = Session(
            "main:app",
            by_path,
            lambda judged, number: self.explain(judged, number),
            self.announced.append,
            self.passed.append,
        )
        self._news = threading.Condition()
        self.end = self.session.listen(self._listen)

    def _listen(self) -> None:
        with self._news:
            self.told += 1
            self._news.notify_all()

    def when(self, holds: Callable[[list[Shown]], Any]) -> list[Shown]:
        """What is shown once a condition holds."""
        with self._news:
            assert self._news.wait_for(lambda: holds(self.session.shown()[1]), PATIENCE)
        return self.session.shown()[1]


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_call_is_judged_and_its_cause_explained_and_announced(watched: Watched) -> None:
    watched.session.note(request(method="GET"))
    (shown,) = watched.when(lambda calls: calls and calls[0].cause)
    assert (shown.judged.verdict, shown.judged.slug, shown.cause) == ("blocked", "missing-cors-middleware", 1)
    assert watched.session.call(1) == shown
    explanation = watched.session.explanation(1)
    assert explanation is not None
    assert explanation.finding.cause.slug == "missing-cors-middleware"
    assert watched.announced == [explanation]


def test_a_cause_is_announced_once_however_often_it_is_met(watched: Watched) -> None:
    for _ in range(20):
        watched.session.note(request(method="GET"))
    shown = watched.when(lambda calls: len(calls) == 20 and all(call.cause for call in calls))
    assert {call.cause for call in shown} == {1}
    assert len(watched.announced) == 1
    watched.session.note(request(method="GET", page=OTHER_PAGE))
    watched.when(lambda calls: calls[-1].cause == 2)
    assert [one.number for one in watched.announced] == [1, 2]


def test_causes_that_turn_out_to_be_one_are_announced_once(watched: Watched) -> None:
    for path in ("/items", "/other", "/third"):
        watched.session.note(request(path, method="GET"))
    shown = watched.when(lambda calls: len(calls) == 3 and all(call.cause for call in calls))
    assert len({call.key for call in shown}) == 3
    assert {call.cause for call in shown} == {1}
    assert len(watched.announced) == 1


def test_a_call_that_passes_now_is_reported_once(watched: Watched) -> None:
    watched.session.note(request(method="GET"))
    watched.when(lambda calls: calls and calls[0].cause)
    for _ in range(3):
        watched.session.note(allowed())
    watched.when(lambda calls: len(calls) == 4)
    watched.session.note(request(method="GET", page=OTHER_PAGE))
    watched.when(lambda calls: len(calls) == 5)
    assert [judged.call.number for judged in watched.passed] == [2]


def test_a_preflight_whose_request_never_follows_is_judged_with_credentials(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corsense.dev.inspector.session.SETTLED_AFTER", 0.0)
    watched.session.note(passing_preflight())
    (shown,) = watched.when(lambda calls: calls and calls[0].cause)
    assert (shown.judged.verdict, shown.judged.slug) == ("blocked", "credentials-not-allowed")
    assert any("has not followed" in note for note in shown.judged.report.notes)


def test_a_page_that_dropped_one_call_and_made_it_again_is_not_suspected(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.session.note(passing_preflight())
    watched.session.note(passing_preflight())
    watched.session.note(replace(allowed(), entry=replace(allowed().entry, request=request().entry.request)))
    watched.when(lambda calls: len(calls) == 2 and calls[1].judged.verdict == "allowed")
    monkeypatch.setattr("corsense.dev.inspector.session.SETTLED_AFTER", 0.0)
    watched.session.note(request("/last", method="GET"))
    shown = watched.when(lambda calls: len(calls) == 3 and calls[2].cause)
    assert shown[0].judged.verdict == "waiting"


def test_only_what_changed_since_a_version_is_asked_for(watched: Watched) -> None:
    watched.session.note(preflight())
    watched.when(lambda calls: calls and calls[0].cause)
    version, everything = watched.session.shown()
    assert len(everything) == 1
    assert watched.session.shown(version) == (version, [])
    watched.session.note(request("/other", method="GET"))
    watched.when(lambda calls: len(calls) == 2 and calls[1].cause)
    assert [shown.judged.call.number for shown in watched.session.shown(version)[1]] == [2]


def test_a_call_is_shown_before_its_cause_is_explained() -> None:
    explained = threading.Event()

    def explain(judged: JudgedCall, number: int) -> Explanation:
        assert explained.wait(PATIENCE)
        return Explanation(number, judged.report, 0)

    watched = Watched(explain)
    watched.session.note(request(method="GET"))
    (shown,) = watched.when(lambda calls: calls)
    assert shown.cause is None
    assert watched.session.explanations() == []
    explained.set()
    watched.when(lambda calls: calls[0].cause == 1)


def test_what_cannot_be_explained_in_the_app_is_explained_from_the_recording(caplog: pytest.LogCaptureFixture) -> None:
    def fail(judged: JudgedCall, number: int) -> Explanation:
        raise RuntimeError("out of order")

    watched = Watched(fail)
    watched.session.note(request(method="GET"))
    watched.when(lambda calls: calls and calls[0].cause == 1)
    assert watched.announced[0].finding.cause.slug == "missing-cors-middleware"
    assert "could not explain a request" in caplog.text


def test_what_became_of_a_fix_is_kept_and_told(watched: Watched) -> None:
    watched.session.note(request(method="GET"))
    watched.when(lambda calls: calls and calls[0].cause)
    version, _ = watched.session.shown()
    watched.session.mark(1, "main.py was changed.")
    explanation = watched.session.explanation(1)
    assert explanation is not None
    assert explanation.applied == "main.py was changed."
    assert [shown.judged.call.number for shown in watched.session.shown(version)[1]] == [1]


def test_calls_can_be_forgotten_and_their_causes_are_not_announced_again(watched: Watched) -> None:
    watched.session.note(request(method="GET"))
    watched.when(lambda calls: calls and calls[0].cause)
    watched.session.clear()
    assert watched.session.shown()[1] == []
    watched.session.note(request(method="GET"))
    (shown,) = watched.when(lambda calls: calls)
    assert shown.cause == 1
    assert shown.judged.call.number == 2
    assert len(watched.announced) == 1


def test_calls_and_causes_are_bounded(watched: Watched) -> None:
    for number in range(MOST_CALLS + 50):
        watched.session.note(request(method="GET", page=f"https://page-{number}.example"))
    watched.when(lambda calls: calls and calls[-1].judged.call.number == MOST_CALLS + 50)
    watched.when(lambda calls: len(watched.session.explanations()) >= MOST_OF_A_KIND)
    assert len(watched.session.shown()[1]) == MOST_CALLS
    assert len(watched.announced) <= MOST_OF_A_KIND < MOST_CAUSES


def test_other_sites_take_no_room_from_the_pages_of_this_machine(watched: Watched) -> None:
    for number in range(MOST_OF_A_KIND + 5):
        watched.session.note(request(method="GET", page=f"https://page-{number}.example"))
    watched.when(lambda calls: len(watched.session.explanations()) == MOST_OF_A_KIND)
    watched.session.note(request(method="GET"))
    (*_, own) = watched.when(lambda calls: calls and calls[-1].judged.call.page == PAGE and calls[-1].cause)
    assert own.cause == MOST_OF_A_KIND + 1


def test_who_stops_listening_is_told_nothing_more(watched: Watched) -> None:
    watched.session.note(request(method="GET"))
    watched.when(lambda calls: calls and calls[0].cause)
    watched.end()
    before = watched.told
    watched.session.clear()
    assert watched.told == before


def test_an_allowed_call_has_no_cause(watched: Watched) -> None:
    watched.session.note(allowed())
    (shown,) = watched.when(lambda calls: calls)
    assert (shown.judged.verdict, shown.judged.slug, shown.cause) == ("allowed", None, None)
    assert watched.announced == []
