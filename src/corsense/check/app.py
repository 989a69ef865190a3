"""Check an app: load it, try what pages would ask of it, explain, repair, and try again with the repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from corsense.app.agent_start import launch_ahead
from corsense.app.description import AppDescription
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.probe import Probe, ProbeResult
from corsense.app.session import REQUEST_LIMIT, AppSession, Output
from corsense.app.target import AppTarget
from corsense.check.aggregate import aggregate
from corsense.check.binding import local_host, trusted_base
from corsense.check.clients import notes_on
from corsense.check.handshakes import is_named, plan_handshakes, plan_untrusted_handshakes
from corsense.check.plan import (
    PlannedOrigin,
    base_of,
    missing_route,
    plan_lookalikes,
    plan_origins,
    plan_probes,
    plan_untrusted,
    route_of,
)
from corsense.check.pointing import NOTHING_PATCHED
from corsense.check.request import CheckRequest
from corsense.check.results import CheckTarget, Report
from corsense.check.suppressed import files_of, suppressed
from corsense.check.untrusted_page import left_out, plan_rebound, plan_writes, seen_writes
from corsense.diagnose import Diagnosis, Observation, admits_lookalike, admits_untrusted, cache_faults
from corsense.diagnose.foreign_writes import foreign_writes, unchecked_host, untried_writes
from corsense.diagnose.websockets import unchecked_sockets
from corsense.fetch import Allowed
from corsense.transports.unsafe_methods import is_safe

Progress = Callable[[int, int], None]

_PROBES_A_SECOND = 1_800
_WORTH_SHARING = 3.0
_SOCKETS_RAN = "WebSocket endpoints ran for handshakes of untrusted pages too."


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found of an app: the report, and the probes behind its results, in the same order."""

    report: Report
    app: AppDescription
    probes: Sequence[Probe]
    tried: Sequence[ProbeResult]


@dataclass(frozen=True, slots=True)
class AppCheck:
    """One check of an app. `time_limit` bounds its import, and an answer, in seconds; `import_seconds` is
    how long the import took; `progress` is called with how many probes of how many are done. `python` is the interpreter of the
    app (default: our own). `output` is what further processes of the app may print."""

    target: AppTarget
    asked: CheckRequest
    time_limit: float = 30.0
    progress: Progress | None = None
    import_seconds: float = 0.0
    python: str | None = None
    output: Output = "import"

    def survey(self, session: AppSession, texts: Mapping[str, str] = NOTHING_PATCHED, *, prepares: bool = False) -> Survey:
        """The report before anything is repaired, with what it was made of. `texts` are what files of the app contain in place
        of what is on the disk; `prepares`: a process to prove a fix in starts as soon as there is something to fix.

        Raises AppLoadError when the app cannot be loaded, AppHungError and AppStoppedError when it does not answer.
        """
        app = session.description
        base = trusted_base(self.asked, app, [origin.origin for origin in plan_origins(self.asked, app)])
        if base is not None:
            note = f"TrustedHostMiddleware refuses other hosts, so the requests go to {base}; --base-url names another."
            asked = replace(self.asked, base_url=base, notes=(*self.asked.notes, note))
            return replace(self, asked=asked).survey(session, texts, prepares=prepares)
        origins = plan_origins(self.asked, app)
        probes = self.probes(app)
        tried = self._try(session, probes)
        if prepares and any(each.probe.situation == "success" and not isinstance(each.trace.outcome, Allowed) for each in tried):
            launch_ahead(self.python)
        observations = [_observe(result, app, origins, self.asked) for result in tried]
        untrusted_pages = [_observe(result, app, (), self.asked) for result in self._try_untrusted(session, probes)]
        reported = [
            diagnosis for untrusted_page in untrusted_pages if (diagnosis := admits_untrusted(untrusted_page)) is not None
        ]
        if not reported:
            reported = self._lookalikes(session, app, tried)
        foreign, untried = self._untrusted_pages(session, app, observations)
        beside = [*reported, *foreign, *cache_faults([*observations, *untrusted_pages])]
        report = aggregate(CheckTarget("app", app.target), observations, [*self._notes(app), *untried], beside)
        report = replace(report, complete=not self._unseen(app))
        if all(origin.assumed for origin in origins):
            report = replace(report, assumed=tuple(origin.origin for origin in origins))
        report = suppressed(report, self.asked.selection, () if texts else files_of(app), texts)
        return Survey(report, app, probes, tried)

    def probes(self, app: AppDescription) -> list[Probe]:
        """What is tried on an app; the results of a report are in the same order."""
        origins = plan_origins(self.asked, app)
        return [*plan_probes(self.asked, app, origins), *plan_handshakes(self.asked, app, origins)]

    def _untrusted_pages(
        self, session: AppSession, app: AppDescription, observations: Sequence[Observation]
    ) -> tuple[list[Diagnosis], list[str]]:
        """What untrusted pages can do besides reading answers, and what could not be determined."""
        if app.stack_error is not None or app.lifespan_error is not None:
            return [], []
        sockets, notes_on_sockets = self._open_sockets(session, app, observations)
        writes, notes_on_writes = self._foreign_writes(session, app)
        return [*sockets, *writes], [*notes_on_sockets, *notes_on_writes]

    def _open_sockets(
        self, session: AppSession, app: AppDescription, observations: Sequence[Observation]
    ) -> tuple[list[Diagnosis], list[str]]:
        """The WebSockets that untrusted pages can open. Their endpoints run where endpoints do, unless other requests were
        named."""
        named = is_named(self.asked, app)
        real = self.asked.run_endpoints and named
        probes = plan_untrusted_handshakes(self.asked, app, few=real)
        tried = session.run(probes, run_endpoints=real, time_limit=self._answer_limit)
        sockets = [seen for seen in observations if seen.trace.request.initiator == "websocket"]
        sockets += [_observe(result, app, (), self.asked) for result in tried]
        found = unchecked_sockets(app, sockets, base_of(self.asked), ran=real)
        findings = [found.finding] if found.finding is not None else []
        notes = [_SOCKETS_RAN, *found.notes] if real and tried else list(found.notes)
        return (findings if named else _as_information(findings)), notes

    def _foreign_writes(self, session: AppSession, app: AppDescription) -> tuple[list[Diagnosis], list[str]]:
        """What untrusted pages can send; endpoints never run for it. When a request is named, the question is whether that call
        works: what else pages can do is information."""
        planned = [*plan_writes(self.asked, app), *plan_rebound(self.asked, app)]
        tried = session.run([write.probe for write in planned], time_limit=self._answer_limit)
        writes = seen_writes(planned, tried, app)
        local = local_host(self.asked, app)
        findings = [*foreign_writes(app, writes, local), *unchecked_host(writes, local)]
        return (_as_information(findings) if self.asked.operations else findings), [
            *left_out(self.asked, app),
            *untried_writes(app, writes),
        ]

    def _try(self, session: AppSession, probes: Sequence[Probe]) -> list[ProbeResult]:
        """Try the probes; very many in two processes of the app, each on a core of its own."""
        share = self._share_of_the_first(len(probes))
        if share == 1.0 or self.asked.run_endpoints:
            return self.run_probes(session, probes)
        from concurrent.futures import ThreadPoolExecutor

        here = int(len(probes) * share)
        with self.another_session(output="none") as other, ThreadPoolExecutor(1) as pool:
            there = pool.submit(other.run, probes[here:], time_limit=self._answer_limit)
            done = session.run(probes[:here], self._progress_of(len(probes)), time_limit=self._answer_limit)
            try:
                return done + there.result()
            except (AppLoadError, AppHungError, AppStoppedError):
                return done + self.run_probes(session, probes[here:])  # it cannot be loaded twice at a time

    def _try_untrusted(self, session: AppSession, probes: Sequence[Probe]) -> list[ProbeResult]:
        """Some of the requests, sent as an untrusted page. Those that may change something do not run the endpoint a second time:
        what allows such a page, a layer or the answer to the preflight, is there with a stand-in too."""
        untrusted_pages = plan_untrusted(probes)
        safe = [probe for probe in untrusted_pages if is_safe(probe.request.method)]
        others = [probe for probe in untrusted_pages if not is_safe(probe.request.method)]
        real, limit = self.asked.run_endpoints, self._answer_limit
        return [*session.run(safe, run_endpoints=real, time_limit=limit), *session.run(others, time_limit=limit)]

    def _lookalikes(self, session: AppSession, app: AppDescription, tried: Sequence[ProbeResult]) -> list[Diagnosis]:
        """What the app's own comparison of origins lets in besides the pages it is meant for; the first such page."""
        planned = [pair for pair in plan_lookalikes(tried, app) if is_safe(pair[1].request.method)]
        results = session.run([probe for _, probe in planned], time_limit=self._answer_limit)
        found = (
            admits_lookalike(_observe(result, app, (), self.asked), trusted)
            for (trusted, _), result in zip(planned, results, strict=True)
        )
        return [diagnosis for diagnosis in found if diagnosis is not None][:1]

    def another_session(
        self, *, overlay: Mapping[str, str] | None = None, lifespan: bool = False, output: Output | None = None
    ) -> AppSession:
        """Another process of the app. Raises AppLoadError when it cannot be loaded."""
        return AppSession.start(
            self.target,
            time_limit=self.time_limit,
            overlay=overlay,
            lifespan=lifespan,
            output=output or self.output,
            python=self.python,
        )

    def run_probes(self, session: AppSession, probes: Sequence[Probe]) -> list[ProbeResult]:
        """What the app of `session` answers to each probe, in order. Raises AppHungError and AppStoppedError when it does not."""
        real = self.asked.run_endpoints
        return session.run(probes, self.progress, run_endpoints=real, time_limit=self._answer_limit)

    @property
    def _answer_limit(self) -> float:
        return min(self.time_limit, REQUEST_LIMIT)

    def _share_of_the_first(self, probes: int) -> float:
        """How much of the work the process that is there already takes; all of it where another would not pay for its import."""
        seconds = probes / _PROBES_A_SECOND
        if seconds < 2 * self.import_seconds or seconds < _WORTH_SHARING:
            return 1.0
        return min(1.0, 0.5 + self.import_seconds / (2 * seconds))

    def _progress_of(self, total: int) -> Progress | None:
        progress = self.progress
        if progress is None:
            return None
        return lambda done, share: progress(done * total // share, total)

    def _unseen(self, app: AppDescription) -> list[str]:
        """Mounted apps of which nothing is known: none of their routes was tried, or a stand-in answered what was named."""
        opaque = [route.path for route in app.routes if route.opaque]
        if not self.asked.operations:
            return opaque
        if self.asked.run_endpoints:
            return []
        named = [operation.path for operation in self.asked.operations if route_of(operation.method, operation.path, app) is None]
        return [path for path in opaque if any(f"{name}/".startswith(f"{path.rstrip('/')}/") for name in named)]

    def _notes(self, app: AppDescription) -> list[str]:
        notes = [*self.asked.notes, *notes_on(self.asked)]
        if app.kind == "asgi":
            notes.append("The app is neither FastAPI nor Starlette: its routes cannot be listed, only its answers can be judged.")
        unseen = self._unseen(app)
        if unseen and not self.asked.operations:
            example = f"--request 'GET {unseen[0].rstrip('/')}/'"
            notes.append(f"What is mounted at {', '.join(unseen[:5])} has no routes that can be listed; try one with {example}.")
        elif unseen:
            notes.append(
                f"What is mounted at {', '.join(unseen[:5])} did not run. If it sets CORS headers itself, --run-endpoints shows "
                "them."
            )
        if (
            app.kind == "asgi"
            and not self.asked.run_endpoints
            and not all(is_safe(each.method) for each in self.asked.operations)
        ):
            notes.append(
                "Only GET and HEAD ran the app; for other methods only the preflight. --run-endpoints sends them for real."
            )
        if app.kind != "asgi" and not self.asked.run_endpoints:
            startup = " The start-up code of the app was not run either." if app.has_lifespan else ""
            notes.append(f"Endpoints did not run; a stand-in answered. --run-endpoints runs them.{startup}")
        return notes


def _as_information(findings: Sequence[Diagnosis]) -> list[Diagnosis]:
    return [replace(finding, severity="info") for finding in findings]


def _observe(result: ProbeResult, app: AppDescription, origins: Sequence[PlannedOrigin], asked: CheckRequest) -> Observation:
    probe = result.probe
    assumed = {planned.origin for planned in origins if planned.assumed}
    route = app.routes[probe.route] if probe.route is not None else None
    return Observation(
        result.trace,
        probe.situation,
        route,
        result.exchanges,
        app,
        probe.request.origin in assumed,
        missing_route(probe, asked, app),
        probe.client,
        probe.without,
        asked.base_url is None and asked.credentials is None,
    )
