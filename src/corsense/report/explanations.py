"""Explanations as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corsense.explain import Explanation, LikelyCause
from corsense.report.redaction import redacted_explanations, redacted_report
from corsense.report.terminal import Lines, harmless
from corsense.url import parse_url

if TYPE_CHECKING:
    from corsense.check.console_call import Tried
    from corsense.check.results import Report
    from corsense.finding import Finding

_COLOURS = {"certain": "red", "likely": "yellow", "possible": "cyan"}
_CAUSES = 3
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
    """Print what a text means. Each event gets at most 15 lines: its message, what was checked, the first cause with the fix as
    code, the next two by name.

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
        """Print all events; where their calls were tried, `report` says what came of it."""
        explanations = redacted_explanations(explanations)
        report = redacted_report(report) if report is not None else None
        shown = [each for each in explanations if self.verbose or not each.follows] or list(explanations[:1])
        seen: set[tuple[str, str | None, tuple[str, ...]]] = set()
        left_out = 0
        for explanation in shown:
            message = explanation.message
            event = (message.code, message.url, tuple(likely_causes_of.cause.slug for likely_causes_of in explanation.causes))
            if event in seen and not self.verbose:
                left_out += 1
                continue
            if seen:
                self.lines.plain()
            seen.add(event)
            self._event(explanation, report)
        left_out += len(explanations) - len(shown)
        if left_out and not self.quiet:
            says = "1 more line says" if left_out == 1 else f"{left_out} more lines say"
            self.lines.labelled("also", f"{says} the same, or only that the call failed; --verbose explains each.")

    def _event(self, explanation: Explanation, report: Report | None) -> None:
        _message(explanation, self.lines, cut=not self.verbose)
        if report is not None and explanation.message.error is not None:
            from corsense.check.console_call import tried  # only here: a text alone needs nothing of the checks

            shown = tried(explanation, report)
            self.lines.labelled("tried", verdict(explanation, shown, report), style="green")
            if shown.found:
                self._findings(shown.found)
                return
        if not explanation.causes:
            self.lines.labelled("means", _harmless(explanation))
        causes = explanation.causes if self.verbose else explanation.causes[:_CAUSES]
        for place, likely_causes_of in enumerate(causes):
            self._cause(likely_causes_of, with_code=not self.quiet and (place == 0 or self.verbose))
        if len(explanation.causes) > len(causes) and not self.quiet:
            self.lines.labelled("more", f"{len(explanation.causes) - len(causes)} less likely, with --verbose.")

    def _findings(self, found: Sequence[Finding]) -> None:
        for finding in found[: None if self.verbose else 2]:
            where = f"  {finding.place.file}:{finding.place.line}" if finding.place is not None else ""
            self.lines.labelled("cause", [(f"{finding.cause.code} {finding.cause.slug}", "bold"), (where, "")], style="red")
            self.lines.labelled("", finding.message)
            if finding.remedy and not self.quiet:
                self.lines.labelled("do", finding.remedy)
            elif finding.fix is not None and not self.quiet:
                self.lines.labelled("do", f"{finding.fix.title}; `corsense fix` writes it.")

    def _cause(self, likely_causes_of: LikelyCause, *, with_code: bool) -> None:
        found = likely_causes_of.cause
        label = [(f"{found.code} {found.slug}", "bold"), (f"  {found.title}", ""), (f"  ({found.documentation})", "dim")]
        self.lines.labelled(likely_causes_of.likelihood, label, style=_COLOURS[likely_causes_of.likelihood])
        code = likely_causes_of.fix.splitlines() if with_code else []
        for line in code if self.verbose or len(code) <= _CODE else ():
            self.lines.exact(f"{'':12}{line}")


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
    rest = "the causes below stay possible"
    if report.target.kind == "app":
        rest = "run the endpoint with --run-endpoints, or ask the URL that the page calls with --url"
    return f"on {name} this call is allowed: another version runs, or a proxy in front answers; {rest}."


def _message(explanation: Explanation, lines: Lines, *, cut: bool) -> None:
    message = explanation.message
    text = " ".join(message.text.split())
    lines.plain([(f"{text[:_TEXT]}..." if cut and len(text) > _TEXT else text, "italic")])
    facts = {
        "engine": message.engine,
        "reason": str(message.error) if message.error else None,
        "url": message.url,
        "origin": message.origin,
        "method": message.method,
        "header": message.header,
        "status": str(explanation.status) if explanation.status is not None else None,
    }
    reported = ", ".join(f"{name} {harmless(value)}" for name, value in facts.items() if value)
    lines.labelled("read as", f"{reported}{'' if message.certain else ' (not all of the text is there: the reason is a guess)'}")
    lines.labelled("checked", explanation.checked)


def _harmless(explanation: Explanation) -> str:
    if explanation.follows:
        return "This line only says that something failed; the line beside it tells why."
    if explanation.status is not None and not explanation.message.is_cors:
        return f"Status {explanation.status} by itself has nothing to do with CORS: a page that may read the answer sees it too."
    return "CORS settings of the server do not change it."
