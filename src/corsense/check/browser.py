"""Running the requests of a report in a real browser, beside the model."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from corsense.app.agent.serving import HEADER
from corsense.app.description import AppDescription
from corsense.app.probe import Probe
from corsense.app.session import AppSession
from corsense.browsers import (
    Answer,
    Answered,
    BrowserError,
    BrowserName,
    BrowserObservation,
    RealBrowser,
    cannot_be_made,
    find_browser,
)
from corsense.check.agreement import compare, expected_lines
from corsense.check.live import Live
from corsense.check.results import BrowserRun, BrowserVerdict, Report, Result
from corsense.errors import InputError
from corsense.fetch import Allowed, Blocked, Failed, FetchRequest, NetworkError, Trace, WireRequest
from corsense.transports.asgi import COOKIE
from corsense.transports.http import Download, HttpClient
from corsense.transports.redirects import RedirectPermission
from corsense.url import parse_url

Progress = Callable[[int, int], None]
Answers = Callable[[int], Answer]
"""What answers the request of the result with that index."""

MOST_BLOCKED = 300
"""How many requests that are not let through a browser is given at most."""
MOST_ALLOWED = 40
"""How many of the others: evenly spread over the report."""

_OF_THE_BROWSER = frozenset({"accept-encoding", "connection", "proxy-connection"})
_TITLES: dict[BrowserName, str] = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}


@dataclass(frozen=True, slots=True)
class BrowserCheck:
    """Requests of a report, made in the browser `name` (its program at `path`, or the one that is found). `progress` gets how
    many of how many are done."""

    name: BrowserName
    path: str | None = None
    progress: Progress | None = None

    def insist(self) -> None:
        """Raise InputError when the browser is not installed, before any other work."""
        try:
            find_browser(self.name, self.path)
        except BrowserError as error:
            raise InputError(str(error)) from None

    def on_app(self, report: Report, session: AppSession, probes: Sequence[Probe], *, run_endpoints: bool = False) -> Report:
        """The report of the probes, run once more in the browser against the app, which uvicorn serves.

        Raises InputError when the browser does not work, AppLoadError when uvicorn is not installed.
        """
        port = session.serve(run_endpoints=run_endpoints)
        with HttpClient() as client:
            return self._insisting(report, app_answers(port, probes, session.description, client))

    def on_url(self, report: Report, *, run_endpoints: bool = False, redirects: RedirectPermission | None = None) -> Report:
        """The report of a URL, run once more in the browser against the live server; `redirects` say which other servers may be
        called. Raises InputError when the browser does not work."""
        with HttpClient() as client:
            return self._insisting(report, live_answers(client, run_endpoints=run_endpoints, redirects=redirects))

    def _insisting(self, report: Report, answers: Answers) -> Report:
        try:
            return self.run(report, answers)
        except BrowserError as error:
            raise InputError(str(error)) from None

    def run(self, report: Report, answers: Answers) -> Report:
        """The report with a `BrowserVerdict` at each result that was run. Raises BrowserError when the browser does not work."""
        chosen = choose(report.results)
        verdicts: dict[int, BrowserVerdict] = {}
        with RealBrowser(self.name, self.path) as browser:
            for number, index in enumerate(chosen, 1):
                verdict = self._verdict(browser, report.results[index], answers(index))
                if verdict is not None:
                    verdicts[index] = verdict
                if self.progress is not None:
                    self.progress(number, len(chosen))
            version = browser.version
        results = tuple(replace(result, browser=verdicts.get(index)) for index, result in enumerate(report.results))
        ran = BrowserRun(self.name, version, len(verdicts), sum(not verdict.agrees for verdict in verdicts.values()))
        return replace(report, results=results, browser=ran, notes=(*report.notes, *_notes(report, verdicts, ran)))

    def _verdict(self, browser: RealBrowser, result: Result, answer: Answer) -> BrowserVerdict | None:
        request = result.trace.request
        seen = browser.fetch(request, answer, lines=len(expected_lines(result.trace, self.name)))
        if any(isinstance(exchange.response, NetworkError) for exchange in seen.exchanges):
            return None  # the server did not answer: there is nothing to compare
        trace, differences = compare(request, self.name, seen)
        return BrowserVerdict(
            version=browser.version,
            outcome=_outcome(seen, trace),
            error=seen.error,
            console=seen.console,
            differences=differences,
            answered_differently=not differences and trace.outcome != result.trace.outcome and not _same(trace, result.trace),
        )


def choose(results: Sequence[Result]) -> list[int]:
    """Which results to run in a browser, by origin: those that are blocked, `MOST_BLOCKED` of them, and a sample of the others.

    Requests that a browser cannot make, that got no answer, or that are there already, are not among them.
    """
    blocked: list[int] = []
    allowed: list[int] = []
    known: set[tuple[object, ...]] = set()
    for index, result in enumerate(results):
        request = result.trace.request
        if cannot_be_made(request) is not None or isinstance(result.trace.outcome, Failed):
            continue
        key = (result.situation, request.url, request.origin, request.method, request.headers, request.credentials)
        if key not in known:
            known.add(key)
            (allowed if result.outcome == "allowed" else blocked).append(index)
    chosen = [*_spread(blocked, MOST_BLOCKED), *_spread(allowed, MOST_ALLOWED)]
    return sorted(chosen, key=lambda index: (results[index].origin, index))


def app_answers(port: int, probes: Sequence[Probe], app: AppDescription, client: HttpClient) -> Answers:
    """Answers from an app that its session serves on `port` of 127.0.0.1, in the situations of the probes."""
    lock = threading.Lock()

    def answers(index: int) -> Answer:
        probe = probes[index]
        situation = _situation(probe, app)

        def answer(request: WireRequest, body: bytes) -> Answered | NetworkError:
            url = urlsplit(request.url)
            reported = f"{situation} {url.scheme} {url.hostname} {url.port or (443 if url.scheme == 'https' else 80)}"
            headers = [*_passed_on(request), (HEADER, reported)]
            if _has_cookies(probe.request, request):
                headers.append(("Cookie", COOKIE))
            target = f"http://127.0.0.1:{port}{url.path or '/'}{'?' + url.query if url.query else ''}"
            with lock:
                found = client.read(replace(request, url=target, headers=tuple(headers)), body=body or None)
            return Answered(found.response, found.body) if isinstance(found, Download) else found

        return answer

    return answers


def live_answers(client: HttpClient, *, run_endpoints: bool, redirects: RedirectPermission | None = None) -> Answers:
    """Answers from the live server. What may change something is held back, unless endpoints are to run: the preflight's
    permission stands in for the response."""
    lock = threading.Lock()

    def answers(_index: int) -> Answer:
        live = Live(client, run_endpoints, redirects)

        def answer(request: WireRequest, body: bytes) -> Answered | NetworkError:
            with lock:
                found = live(replace(request, headers=_passed_on(request)), body)
            return found if isinstance(found, NetworkError) else Answered(found)

        return answer

    return answers


def _passed_on(request: WireRequest) -> tuple[tuple[str, str], ...]:
    """The browser's header lines, without those that are about its connection."""
    return tuple(line for line in request.headers if line[0].lower() not in _OF_THE_BROWSER)


def _has_cookies(asked: FetchRequest, request: WireRequest) -> bool:
    """Whether the model would have attached the cookies that the page has, which the browser, being new, has not."""
    if not asked.cookies or request.preflight or request.header("cookie") is not None:
        return False
    url = parse_url(request.url)
    same_origin = url is not None and url.origin == asked.origin
    return asked.credentials == "include" or (asked.credentials == "same-origin" and same_origin)


def _situation(probe: Probe, app: AppDescription) -> str:
    """What happens where the endpoint would run, as when the probe was tried."""
    if probe.situation in ("unknown_path", "wrong_slash"):
        return "success"
    secured = probe.route is not None and bool(app.routes[probe.route].security)
    return "success" if probe.situation == "unauthenticated" and not secured else probe.situation


def _spread(indices: Sequence[int], most: int) -> list[int]:
    """At most so many, evenly spread."""
    if len(indices) <= most:
        return list(indices)
    return [indices[number * len(indices) // most] for number in range(most)]


def _same(one: Trace, other: Trace) -> bool:
    """Whether two outcomes are the same for a page: which headers it can read may differ, since the stage frames bodies anew."""
    if isinstance(one.outcome, Allowed):
        return isinstance(other.outcome, Allowed)
    return isinstance(one.outcome, Blocked) and isinstance(other.outcome, Blocked) and one.outcome.error is other.outcome.error


def _outcome(seen: BrowserObservation, trace: Trace) -> Literal["allowed", "blocked", "failed"]:
    if seen.allowed:
        return "allowed"
    return "blocked" if seen.error is not None or isinstance(trace.outcome, Blocked) else "failed"


def _notes(report: Report, verdicts: dict[int, BrowserVerdict], ran: BrowserRun) -> Iterator[str]:
    total = len(report.results)
    if verdicts:
        verdict = "the model agrees on every one" if not ran.disagreements else f"the model differs on {ran.disagreements:,}"
        yield f"{ran.version} made {len(verdicts):,} of {total:,} requests: {verdict}."
    else:
        yield f"{ran.version} made none of {total:,} requests that got an answer: nothing could be compared."
    why = Counter(filter(None, (cannot_be_made(result.trace.request) for result in report.results)))
    for sentence, number in why.items():
        yield f"{number:,} {'request was' if number == 1 else 'requests were'} not made in {_TITLES[ran.name]}: {sentence}."
    different = sum(verdict.answered_differently for verdict in verdicts.values())
    if different:
        yield f"The server answered {different:,} of the browser's requests differently from the model's."
