"""Explanations as text for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from corsense.explain import Explanation, LikelyCause, hints
from corsense.report.redaction import redacted_explanations, redacted_report
from corsense.report.summary import short_console
from corsense.report.terminal import Line, Lines, harmless
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.check.console_call import Tried
    from corsense.check.results import Report
    from corsense.finding import Finding

_COLOURS = {"certain": "red", "likely": "yellow", "possible": "cyan"}
_MOST_LINES = 15
"""Of the answer to one event, without `--verbose`."""
_CODE = 8
_TEXT = 240

WHERE_TO_FIND_IT = """\
Where to find the text:
  Chrome, Edge   F12 or Ctrl+Shift+I, tab Console: the red line that begins with "Access to fetch at"
  Firefox        F12, tab Console: the line that begins with "Cross-Origin Request Blocked"
  Safari         Develop > Show JavaScript Console (switch the Develop menu on in Settings > Advanced): all red lines
Copy the whole line, with the URL and everything after it."""


def print_explanations(
    explanations: Sequence[Explanation],
    lines: Lines,
    *,
    tried: Report | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Print what a text means. Each event gets at most 15 lines: its message, what was checked, the likeliest cause with how to
    confirm it and the fix as code, the others by name.

    Where the calls were `tried`, what blocks them there comes first. `verbose` prints every line of the text and every cause
    with its code, `quiet` no code.
    """
    _Printer(lines, verbose, quiet).print(explanations, tried)


@dataclass(frozen=True, slots=True)
class _Printer:
    lines: Lines
    verbose: bool = False
    quiet: bool = False

    def print(self, explanations: Sequence[Explanation], report: Report | None = None) -> None:
        """Print all events; where their calls were tried, `report` has the results."""
        explanations = redacted_explanations(explanations)
        report = redacted_report(report) if report is not None else None
        shown = [each for each in explanations if self.verbose or not each.follows] or list(explanations[:1])
        seen: set[tuple[object, ...]] = set()
        left_out = 0
        for explanation in shown:
            event = _event_of(explanation)
            if event in seen and not self.verbose:
                left_out += 1
                continue
            if seen:
                self.lines.plain()
            seen.add(event)
            self._event(explanation, report, _MOST_LINES)
        left_out += len(explanations) - len(shown)
        if left_out and not self.quiet:
            says = "1 more line says" if left_out == 1 else f"{left_out} more lines say"
            self.lines.labelled("also", f"{says} the same, or only that the call failed; -v explains each.")

    def _event(self, explanation: Explanation, report: Report | None, room: int) -> None:
        written: list[str] = []
        counting = replace(self, lines=replace(self.lines, write=lambda row: _write(row, written, self.lines.write)))
        counting._answer(explanation, report, lambda: room - len(written))

    def _answer(self, explanation: Explanation, report: Report | None, room: Callable[[], int]) -> None:
        _message(explanation, self.lines, verbose=self.verbose)
        if report is not None and explanation.message.error is not None:
            from corsense.check.console_call import tried  # only here: a text alone needs nothing of the checks

            shown = tried(explanation, report)
            self.lines.labelled("tried", verdict(explanation, shown, report), style="green")
            if shown.found:
                self._findings(shown.found)
                return
        if not explanation.causes:
            self.lines.labelled("means", harmless_line(explanation))
        for place, likely_causes_of in enumerate(explanation.causes):
            if place == 0 or self.verbose:
                self._cause(likely_causes_of)
            elif room() < 3 and place < len(explanation.causes) - 1:
                self.lines.labelled("or", f"{len(explanation.causes) - place} less likely causes; -v lists them.")
                return
            else:
                self.lines.labelled("or", _named(likely_causes_of), style=_COLOURS[likely_causes_of.likelihood])

    def _findings(self, found: Sequence[Finding]) -> None:
        from corsense.report.finding_block import FindingBlocks, Section, one_line
        from corsense.report.summary import label_of

        for finding in found[: None if self.verbose else 2]:
            if self.quiet:
                one_line(finding, self.lines)
                continue
            self.lines.plain()
            fixes = None
            if finding.fix is not None and not finding.fix.edits:
                fixes = [("fix", f"{finding.fix.title}; `corsense fix` writes it")]
            FindingBlocks(self.lines).print([Section(finding, label_of(finding, None))], fixes=fixes)

    def _cause(self, likely_causes_of: LikelyCause) -> None:
        self.lines.labelled(likely_causes_of.likelihood, _named(likely_causes_of), style=_COLOURS[likely_causes_of.likelihood])
        for number, line in enumerate(likely_causes_of.confirmation.splitlines()):
            label = f"  {'' if number else 'confirm':<10}"
            if line.startswith(("curl ", "corsense ")):  # to copy: never wrapped
                self.lines.unwrapped([(label, "dim"), (line, "")])
            else:
                self.lines.led([(label, "dim")], line, [(" " * len(label), "")])
        code = [] if self.quiet else likely_causes_of.fix.splitlines()
        if not self.verbose:
            code = [line for line in code if line.strip()]
        if len(code) == 1:
            self.lines.unwrapped([(f"  {'fix':<10}", "dim"), (code[0], "")])
        elif self.verbose or len(code) <= _CODE:
            for number, line in enumerate(code):
                self.lines.unwrapped([(f"  {'' if number else 'fix':<10}", "dim"), (line, "")])


def _event_of(explanation: Explanation) -> tuple[object, ...]:
    """What makes two messages one event: the line of a console and that of a log about one call have the same first cause."""
    message = explanation.message
    path = hints.parts(message.url).path
    first = explanation.causes[0].cause.slug if explanation.causes else message.code
    return first, path or message.code, message.header, message.value


def _write(row: str, written: list[str], write: Callable[[str], None]) -> None:
    written.append(row)
    write(row)


def _named(likely_causes_of: LikelyCause) -> Line:
    found = likely_causes_of.cause
    return [(found.code, f"bold link={found.url}"), (f" {found.slug}: ", "bold"), (found.title, "")]


def verdict(explanation: Explanation, shown: Tried, report: Report) -> str:
    """What trying the call of a message on the app or the server has shown, in one sentence."""
    name, message = report.target.name, explanation.message
    if shown.found:
        return f"on {name} the cause is {', '.join(dict.fromkeys(f'{f.cause.code} {f.cause.slug}' for f in shown.found))}."
    if shown.elsewhere:
        where = parse_url(message.url or "")
        server = where.origin if where is not None else "another server"
        return (
            f"{name} has no such route: the message is about {server}. If that is another server, its own settings decide; "
            "ask it with --url."
        )
    may_be_a_crash = not message.preflight and (explanation.status is None or explanation.status >= 400)
    if shown.in_error_only and may_be_a_crash:
        return (
            f"on {name} the call itself is allowed; it is blocked only where the endpoint fails, because a crash answers "
            "without CORS headers. --run-endpoints runs the endpoint and shows its traceback."
        )
    rest = "the causes below remain possible"
    if report.target.kind == "app":
        rest = "run the endpoint with --run-endpoints, or ask the URL that the page calls with --url"
    return f"on {name} this call is allowed: another version is running, or a proxy in front answers; {rest}."


def _message(explanation: Explanation, lines: Lines, *, verbose: bool) -> None:
    message = explanation.message
    text = " ".join(message.text.split())
    short = short_console(text) if not verbose else text
    if len(short) > _TEXT and not verbose:
        short = f"{short[:_TEXT]}..."
    lines.plain([(short, "italic")])
    facts = {
        "": " ".join(filter(None, (message.method, message.url))),
        "from": message.origin,
        "header": message.header,
        "status": str(explanation.status) if explanation.status is not None else None,
        "reason": str(message.error) if message.error and verbose else None,
        "engine": message.engine if verbose else None,
    }
    known = "  ".join(f"{name} {harmless(value)}".strip() for name, value in facts.items() if value)
    doubt = "" if message.certain else " (a part of the text is missing, so the reason is a guess)"
    if known or doubt:
        lines.labelled("read as", f"{known}{doubt}")
    lines.labelled("checked", explanation.checked)


def harmless_line(explanation: Explanation) -> str:
    """What a message means that has no cause of CORS."""
    if explanation.follows:
        return "This line only says that something failed; the line beside it says why."
    if explanation.status is not None and not explanation.message.is_cors:
        return (
            f"Status {explanation.status} by itself has nothing to do with CORS. A page that may read the response sees it too."
        )
    return "No CORS setting of the server changes this."
