"""A report as text for people: findings first, the worst on top, each with what the browser did, why, and what to write
instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rich.text import Text

from corsense.check.results import Report, Result
from corsense.fetch import Blocked, Exchange, Failed, NetworkError, Step, Trace
from corsense.finding import Finding, Place
from corsense.fix.edits.diff import shared_diff
from corsense.report.agreement import print_verdict
from corsense.report.console import console_lines
from corsense.report.difference import marked_difference
from corsense.report.redaction import redacted_report
from corsense.report.snippets import curl_command, fetch_snippet
from corsense.report.terminal import Lines, harmless

_COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
_SHOWN_REQUEST_HEADERS = (
    "origin",
    "access-control-request-method",
    "access-control-request-headers",
    "authorization",
    "content-type",
)
_SHOWN_ANSWER_HEADERS = ("access-control-allow-", "access-control-expose-", "location", "allow", "set-cookie", "www-authenticate")
_ROUTES_SHOWN = 6
_OTHER_PATHS = ("unknown_path", "wrong_slash")
_INVENTED = ("error", "http_exception", "validation_error", *_OTHER_PATHS)
_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class TextReport:
    """Prints a `Report`. `verbose` adds the ladder of every result, `quiet` leaves only the findings' first
    lines."""

    lines: Lines
    verbose: bool = False
    quiet: bool = False

    def print(self, report: Report) -> None:
        """Print the whole report, without secrets."""
        report = redacted_report(report)
        if not self.quiet:
            self._headline(report)
        serious = [index for index, finding in enumerate(report.findings) if finding.severity != "info"]
        minor = [index for index, finding in enumerate(report.findings) if finding.severity == "info"]
        for index in serious:
            self._finding(report, index)
        for index in minor:
            self._finding(report, index) if self.verbose else self._brief(report.findings[index])
        if not self.quiet:
            self._closing(report)
        else:
            self._disagreements(report)

    def _headline(self, report: Report) -> None:
        origins = len({result.origin for result in report.results})
        routes = len({operation(result) for result in report.results if result.situation not in _OTHER_PATHS})
        self.lines.plain(
            Text.assemble(
                ("corsense check ", "bold"),
                report.target.name,
                (
                    f"   {_count(routes, 'operation')} x {_count(origins, 'origin')}, "
                    f"{_count(len(report.results), 'request')} judged",
                    "dim",
                ),
            )
        )
        self.lines.plain()

    def _finding(self, report: Report, index: int) -> None:
        finding = report.findings[index]
        colour = _COLOURS[finding.severity]
        self.lines.plain(
            Text.assemble(
                (f"{finding.severity} ", f"bold {colour}"),
                (f"{finding.cause.code} {finding.cause.slug}", "bold"),
                (_at(finding.place), "dim"),
            )
        )
        self.lines.plain(finding.message, 2)
        if self.quiet:
            return
        self._difference(finding)
        affected = [result for result in report.results if index in result.findings]
        if affected:
            self._affected(affected)
            self._ladder(affected[0])
            self._console_lines(affected[0].trace)
        self._remedy(finding, sum(other.fix is not None for other in report.findings) > 1)
        if affected:
            self._try_it(affected[0].trace)
        self.lines.labelled("more", Text(finding.cause.documentation, "dim"))
        self.lines.plain()

    def _brief(self, finding: Finding) -> None:
        self.lines.plain(
            Text.assemble(
                ("info ", "bold cyan"),
                (f"{finding.cause.code} {finding.cause.slug}  ", "bold"),
                finding.message,
                (_at(finding.place), "dim"),
            )
        )
        if finding.remedy and not self.quiet:
            self.lines.plain(Text(finding.remedy, "dim"), 5)

    def _difference(self, finding: Finding) -> None:
        sent, allowed = finding.evidence.get("sent"), finding.evidence.get("allowed")
        if isinstance(sent, str) and isinstance(allowed, str):
            width = max(len("sent"), len("allowed"))
            for label, value in (("sent", sent), ("allowed", allowed)):
                text, marks = marked_difference(value, allowed if label == "sent" else sent)
                self.lines.plain(Text.assemble((f"{label:<{width}}  ", "dim"), text), 6)
                if label == "allowed" and marks.strip():
                    self.lines.plain(Text(" " * (width + 2) + marks, "bold red"), 6)

    def _affected(self, results: Sequence[Result]) -> None:
        usual = [result for result in results if result.situation not in _OTHER_PATHS]
        operations = list(dict.fromkeys(operation(result) for result in usual or results))
        shown = ", ".join(operations[:_ROUTES_SHOWN])
        more = f" and {len(operations) - _ROUTES_SHOWN} more" if len(operations) > _ROUTES_SHOWN else ""
        origins = ", ".join(dict.fromkeys(result.origin for result in results))
        verb = "concerns" if all(result.outcome == "allowed" for result in results) else "blocks"
        self.lines.labelled(verb, Text.assemble(f"{shown}{more}", ("  from ", "dim"), origins))

    def _ladder(self, result: Result) -> None:
        request = result.trace.request
        label = f"{request.method} {request.url}, credentials: {request.credentials}"
        self.lines.labelled("browser", Text.assemble(label, (_situation(result), "dim")))
        for line in ladder(result):
            self.lines.plain(line, 12, 5)

    def _console_lines(self, trace: Trace) -> None:
        for line in console_lines(trace, "chromium")[:1]:
            self.lines.labelled("console", Text(harmless(line), "italic"))

    def _remedy(self, finding: Finding, several: bool) -> None:
        fix = finding.fix
        if fix is not None:
            tried = "tried, together with the other fixes" if several else "tried"
            passes, fails = f" ({tried}: the same request passes)", f" ({tried}: the same request still does not pass)"
            proof = {True: passes, False: fails, None: ""}[fix.verified]
            self.lines.labelled("fix", Text.assemble(fix.title, (proof, "green" if fix.verified else "yellow")))
            for edit in fix.edits:
                for line in shared_diff(edit).splitlines():
                    self.lines.exact(" " * 12 + line, _DIFF_COLOURS.get(line[:1], ""))
        elif finding.remedy:
            for number, line in enumerate(finding.remedy.splitlines()):
                self.lines.labelled("" if number else "fix", line)

    def _try_it(self, trace: Trace) -> None:
        if trace.exchanges:
            decisive = trace.outcome.exchange if isinstance(trace.outcome, Blocked | Failed) else None
            exchange = trace.exchanges[decisive if decisive is not None else -1]
            self._command("try it", curl_command(exchange.request))
        self._command("" if trace.exchanges else "try it", fetch_snippet(trace.request))

    def _command(self, label: str, command: str) -> None:
        """Something to copy: never wrapped."""
        for number, line in enumerate(command.splitlines()):
            self.lines.exact(f"  {'' if number else label:<10}{line}")

    def _closing(self, report: Report) -> None:
        if self.verbose:
            for result in report.results:
                self._verdict(result)
        else:
            self._disagreements(report)
        for note in report.notes:
            self.lines.plain(Text.assemble(("note  ", "dim"), note))
        real = [result for result in report.results if result.situation not in _INVENTED]
        lost = sum(result.outcome != "allowed" for result in real)
        blocked = f"{lost:,} of {_count(len(real), 'request')} would not get through"
        if report.found_something:
            self.lines.plain(Text.assemble((_count(_serious(report), "finding"), "bold"), f", {blocked}."))
        else:
            self.lines.plain(Text(_conclusion(report, blocked), "green" if report.complete and not report.silenced else "yellow"))

    def _verdict(self, result: Result) -> None:
        mark, colour = ("✓", "green") if result.outcome == "allowed" else ("✗", "red")
        self.lines.plain(
            Text.assemble((f"{mark} ", colour), operation(result), (f"  from {result.origin}{_situation(result)}", "dim"))
        )
        for line in ladder(result):
            self.lines.plain(line, 4)
        print_verdict(self.lines, result, verbose=True)

    def _disagreements(self, report: Report) -> None:
        """What a real browser did otherwise is told even when nobody asked for every request."""
        for result in report.results:
            if result.browser is not None and not result.browser.agrees:
                self.lines.plain(f"{operation(result)}  from {result.origin}{_situation(result)}")
                print_verdict(self.lines, result, verbose=False)


def operation(result: Result) -> str:
    """Method and path, the path as the route was written."""
    if result.route is not None and result.situation not in _OTHER_PATHS:
        return f"{result.method} {result.route}"
    url = urlsplit(result.url)
    return f"{result.method} {url.path or '/'}{'?' + url.query if url.query else ''}"


def ladder(result: Result) -> Iterator[Text]:
    """The exchanges of a result, one below the other: what was sent, what came back, each check with the values that failed
    marked."""
    trace = result.trace
    for index, exchange in enumerate(trace.exchanges):
        yield from _exchange_lines(index, exchange, result)
        for step in trace.steps:
            if step.exchange == index:
                yield from _step_lines(step)
    for step in trace.steps:
        if step.exchange is None and not step.passed:
            yield from _step_lines(step)
    if isinstance(trace.outcome, Blocked) and trace.exchanges and trace.exchanges[-1].request.preflight:
        yield Text(f"   {trace.request.method} is never sent", "dim")
    if isinstance(trace.outcome, Failed):
        detail = f" ({trace.outcome.detail})" if trace.outcome.detail else ""
        yield Text(f"   {trace.outcome.reason}{detail}", "red")


def _exchange_lines(index: int, exchange: Exchange, result: Result) -> Iterator[Text]:
    request, response = exchange.request, exchange.response
    answer = response.reason if isinstance(response, NetworkError) else str(response.status)
    kind = " (preflight)" if request.preflight else ""
    answered_by = result.answered_by[index] if index < len(result.answered_by) else None
    by = f", answered by {answered_by}" if answered_by else ""
    yield Text.assemble((f"{index + 1}. {request.method} {request.url}", "bold"), (kind, "dim"), f" -> {answer}", (by, "dim"))
    for name, value in request.headers:
        if name.lower() in _SHOWN_REQUEST_HEADERS:
            yield Text(f"   > {name}: {value}", "dim")
    if not isinstance(response, NetworkError):
        for name, value in response.headers:
            if name.lower().startswith(_SHOWN_ANSWER_HEADERS):
                shown = value.partition("=")[0] + "=…" if name.lower() == "set-cookie" else value
                yield Text(f"   < {name}: {shown}", "dim")


def _step_lines(step: Step) -> Iterator[Text]:
    if step.passed:
        of = f": {step.parameter}" if step.parameter and step.name.startswith("Access-Control-Allow-Headers") else ""
        yield Text.assemble(("   ✓ ", "green"), (f"{step.name}{of}", "dim"))
        return
    seen = "missing" if step.seen is None else harmless(repr(step.seen))
    wanted = f", wanted {harmless(step.wanted)}" if step.wanted else ""
    yield Text.assemble(("   ✗ ", "red"), (step.name, "bold"), f" is {seen}{wanted}", (f"  [{step.section}]", "dim"))
    origin = (step.wanted or "").removesuffix(" or *")
    if step.seen is not None and "://" in origin and "://" in step.seen:
        shown, marks = marked_difference(step.seen, origin)
        yield Text(f"        answered {harmless(shown)}", "dim")
        yield Text(f"        wanted   {harmless(repr(origin))}", "dim")
        yield Text(f"                 {marked_difference(origin, step.seen)[1] or marks}", "bold red")


def _situation(result: Result) -> str:
    named = {
        "success": "",
        "error": ", when the endpoint crashes",
        "http_exception": ", when the endpoint raises HTTPException",
        "validation_error": ", when the input is not valid",
        "unauthenticated": ", without credentials",
        "unknown_path": ", on a path that does not exist",
        "wrong_slash": ", with a slash too many or too few",
    }
    return named.get(result.situation, f", {result.situation}")


def _conclusion(report: Report, blocked: str) -> str:
    if report.silenced:
        return f"{report.verdict.removesuffix('.')}: {blocked}."
    origins = ", ".join(dict.fromkeys(result.origin for result in report.results if result.outcome == "allowed"))
    return f"{report.verdict} Browsers let pages of {origins} use it." if origins and report.complete else report.verdict


def _serious(report: Report) -> int:
    return sum(finding.severity != "info" for finding in report.findings)


def _at(place: Place | None) -> str:
    if place is None:
        return ""
    return f"  {place.file}:{place.line}" + (f":{place.column}" if place.column else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
