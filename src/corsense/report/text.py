"""A report as text for people: one block a cause, the worst first, then the result of the whole check."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from corsense.check.results import Report, Result
from corsense.fetch import Blocked, Failed, Trace
from corsense.fetch.trace import EngineName
from corsense.finding import Finding
from corsense.fix.edits.diff import shared_diff
from corsense.report.agreement import print_verdict
from corsense.report.console import console_lines
from corsense.report.exchanges import exchange_lines
from corsense.report.finding_block import Fact, FindingBlocks, Section, grouped, one_line
from corsense.report.fix_hint import FixHint
from corsense.report.redaction import redacted_report
from corsense.report.snippets import curl_command, fetch_snippet
from corsense.report.summary import SITUATIONS, count, label_of, short_console
from corsense.report.terminal import Line, Lines

_ROUTES_SHOWN = 2
_ORIGINS_SHOWN = 2
_OTHER_PATHS = ("unknown_path", "wrong_slash")
_INVENTED = ("error", "http_exception", "validation_error", *_OTHER_PATHS)
_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_ENGINES: dict[EngineName, str] = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "Safari"}
_INDENT = 5


@dataclass(frozen=True, slots=True)
class TextReport:
    """Prints a `Report`. `verbose` adds exchanges, snippets, diffs, information and every result; `quiet` leaves a line a
    finding. `hint` says how to apply the fixes, `more` where there is more of a finding."""

    lines: Lines
    verbose: bool = False
    quiet: bool = False
    hint: FixHint = field(default_factory=FixHint)
    more: str = "-v for the exchange, curl and fetch"

    def print(self, report: Report) -> None:
        """Print the whole report, without secrets."""
        report = redacted_report(report)
        if self.quiet:
            for finding in report.findings:
                one_line(finding, self.lines)
            self._disagreements(report)
            return
        blocks = FindingBlocks(self.lines)
        for group in grouped(report.findings):
            if group[0].severity != "info" or self.verbose:
                self._block(report, group, blocks)
        self._closing(report)

    def print_findings(self, report: Report, positions: Collection[int]) -> None:
        """Print the blocks of some findings of a report, without secrets."""
        report = redacted_report(report)
        blocks = FindingBlocks(self.lines)
        for group in grouped(finding for number, finding in enumerate(report.findings) if number in positions):
            self._block(report, group, blocks)

    def _block(self, report: Report, group: Sequence[Finding], blocks: FindingBlocks) -> None:
        positions = {index for index, finding in enumerate(report.findings) if any(finding is one for one in group)}
        affected = [result for result in report.results if positions.intersection(result.findings)]
        most_telling = _most_telling(affected)
        hint = f" (or {self.more})" if affected and not self.verbose else ""
        blocks.print(
            [self._section(report, finding) for finding in group],
            [*_in_front(group), *_evidence(affected, most_telling)],
            hint=hint,
        )
        if self.verbose:
            self._details(group, most_telling)
        self.lines.plain()

    def _section(self, report: Report, finding: Finding) -> Section:
        index = next(number for number, other in enumerate(report.findings) if other is finding)
        result = _most_telling([result for result in report.results if index in result.findings])
        return Section(finding, label_of(finding, result.trace if result is not None else None), _address(report, result))

    def _details(self, group: Sequence[Finding], result: Result | None) -> None:
        if result is not None:
            request = result.trace.request
            self.lines.plain()
            self.lines.plain(f"{request.method} {request.url}, credentials: {request.credentials}{_situation(result)}", 3, 2)
            for line in exchange_lines(result.trace, result.answered_by):
                self.lines.plain(line, _INDENT, 5)
            for engine, name in _ENGINES.items():
                for text in console_lines(result.trace, engine):
                    self.lines.plain([(f"{name}: ", "dim"), (text, "italic")], _INDENT, 2)
            self._snippets(result.trace)
        for edit in dict.fromkeys(edit for finding in group if finding.fix is not None for edit in finding.fix.edits):
            self.lines.plain()
            for row in shared_diff(edit).splitlines():
                self.lines.exact(" " * _INDENT + row, _DIFF_COLOURS.get(row[:1], ""))

    def _snippets(self, trace: Trace) -> None:
        self.lines.plain()
        if trace.exchanges:
            decisive = trace.outcome.exchange if isinstance(trace.outcome, Blocked | Failed) else None
            exchange = trace.exchanges[decisive if decisive is not None else -1]
            self._command(curl_command(exchange.request))
        self._command(fetch_snippet(trace.request))

    def _command(self, command: str) -> None:
        """Something to copy: never wrapped."""
        for line in command.splitlines():
            self.lines.exact(" " * _INDENT + line)

    def _closing(self, report: Report) -> None:
        if self.verbose:
            for result in report.results:
                self._verdict(result)
        else:
            self._disagreements(report)
        for note in report.notes:
            self.lines.led([("note: ", "bold cyan")], note, [("      ", "")])
        if report.notes:
            self.lines.plain()
        if report.needs_an_origin:
            self._ask_for_an_origin(report)
        if report.found_something:
            self.hint.print_commands(report.findings, self.lines)
        style = "bold" if report.found_something else "green" if report.complete and not report.silenced else "yellow"
        sentences = closing(report, self.hint, width=self.lines.width, verbose=self.verbose)
        self.lines.plain([(" ".join(sentences), style)])

    def _ask_for_an_origin(self, report: Report) -> None:
        """Show the command that names the page, where no page was named."""
        tried = " and ".join(report.assumed)
        sentence = f"No page was named, and {tried} are not allowed. Name the origin of your page with --origin:"
        self.lines.led([("help: ", "bold cyan")], sentence, [("      ", "")])
        self.lines.plain()
        self.lines.exact(f"      corsense check {shlex.quote(report.target.name)} --origin https://app.example.com")
        self.lines.plain()

    def _verdict(self, result: Result) -> None:
        mark, colour = ("✓", "green") if result.outcome == "allowed" else ("✗", "red")
        self.lines.plain([(f"{mark} ", colour), (operation(result), ""), (f"  from {result.origin}{_situation(result)}", "dim")])
        for line in exchange_lines(result.trace, result.answered_by):
            self.lines.plain(line, 4, 5)
        print_verdict(self.lines, result, verbose=True)

    def _disagreements(self, report: Report) -> None:
        """A disagreement of a real browser is reported even without `verbose`."""
        for result in report.results:
            if result.browser is not None and not result.browser.agrees:
                self.lines.plain(f"{operation(result)}  from {result.origin}{_situation(result)}")
                print_verdict(self.lines, result, verbose=False)


def closing(report: Report, hint: FixHint, *, width: int = 10_000, verbose: bool = False) -> Iterator[str]:
    """The sentences that end a report: how many errors and warnings, what can be fixed, how many requests are blocked. Of
    `width` columns, the first has the command that fixes only where it fits."""
    real = [result for result in report.results if result.situation not in _INVENTED]
    lost = sum(result.outcome != "allowed" for result in real)
    blocked = f"{lost:,} of {len(real):,} requests blocked."
    if report.found_something:
        yield hint.counted(report.findings, width)
        yield blocked
        return
    if report.silenced:
        yield report.verdict
        yield blocked
    else:
        yield report.verdict
        kept_out = {result.origin for result in real if result.outcome != "allowed"}
        origins = ", ".join(dict.fromkeys(result.origin for result in real if result.origin not in kept_out))
        if origins and report.complete:
            yield f"Browsers let pages of {origins} use it."
        if kept_out and not report.needs_an_origin:
            yield f"Pages of {', '.join(sorted(kept_out))} are not allowed; name yours with --origin."
    minor = sum(finding.severity == "info" for finding in report.findings)
    if minor and not verbose:
        yield f"-v shows {count(minor, 'note')}."


def _evidence(affected: Sequence[Result], most_telling: Result | None) -> Iterator[Fact]:
    if not affected:
        return
    usual = [result for result in affected if result.situation not in _OTHER_PATHS] or affected
    operations = list(dict.fromkeys(operation(result) for result in usual))
    origins = list(dict.fromkeys(result.origin for result in affected))
    verb = "affects" if all(result.outcome == "allowed" for result in affected) else "blocks"
    situations = {result.situation for result in affected}
    when = _situation(affected[0]).replace(", ", " ", 1) if len(situations) == 1 else ""
    text: Line = [(_some(operations, _ROUTES_SHOWN), ""), (f"{when}  from ", "dim"), (_some(origins, _ORIGINS_SHOWN), "")]
    yield verb, text
    console = console_lines(most_telling.trace, "chromium") if most_telling is not None else []
    if console:
        yield "console", [(f'"{short_console(console[0])}"', "italic")]


def _in_front(group: Sequence[Finding]) -> Iterator[Fact]:
    """What a layer in front of the app did, a row a header."""
    lines = [line for finding in group for line in _texts(finding.evidence.get("front"))]
    for line in dict.fromkeys(lines):
        yield "front", line


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _some(values: Sequence[str], most: int) -> str:
    more = f" and {len(values) - most:,} more" if len(values) > most else ""
    return f"{', '.join(values[:most])}{more}"


def _most_telling(results: Sequence[Result]) -> Result | None:
    """Of the requests that show a finding, the first that shows fewest others."""
    return min(results, key=lambda result: len(result.findings), default=None)


def _address(report: Report, result: Result | None) -> str:
    """Where a finding is that is not in a file."""
    if report.target.kind == "har":
        return f"{report.target.name}: {result.url}" if result is not None else report.target.name
    return result.url if result is not None and report.target.kind == "url" else report.target.name


def operation(result: Result) -> str:
    """Method and path, the path as the route was written."""
    if result.route is not None and result.situation not in _OTHER_PATHS:
        return f"{result.method} {result.route}"
    url = urlsplit(result.url)
    return f"{result.method} {url.path or '/'}{'?' + url.query if url.query else ''}"


def _situation(result: Result) -> str:
    situation = SITUATIONS.get(result.situation, result.situation)
    return f", {situation}" if situation else ""
