"""Explanations as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from corsense.explain import Explanation, LikelyCause
from corsense.report.redaction import redacted_explanations
from corsense.report.terminal import Lines, harmless

if TYPE_CHECKING:
    from corsense.check.results import Report

_COLOURS = {"certain": "red", "likely": "yellow", "possible": "cyan"}
_WITH_CODE = 2

WHERE_TO_FIND_IT = """\
Where to find the text:
  Chrome, Edge   F12 or Ctrl+Shift+I, tab Console: the red line that begins with "Access to fetch at"
  Firefox        F12, tab Console: the line that begins with "Cross-Origin Request Blocked"
  Safari         Develop > Show JavaScript Console (switch the Develop menu on in Settings > Advanced): all red lines
Copy the whole line, with the URL and everything after it."""


def print_explanations(
    explanations: Sequence[Explanation], lines: Lines, *, tried: Report | None = None, quiet: bool = False
) -> None:
    """Print each message with what was checked, and its causes with the fix as code.

    Where the call was `tried`, the cause that was found is named instead.
    """
    for number, explanation in enumerate(redacted_explanations(explanations)):
        if number:
            lines.plain()
        _message(explanation, lines)
        if tried is not None and explanation.message.error is not None:
            lines.labelled("tried", verdict(tried), style="green")
            continue
        if not explanation.causes:
            lines.labelled("means", _harmless(explanation))
        for place, likely in enumerate(explanation.causes):
            _cause(likely, lines, with_code=place < _WITH_CODE and not quiet)


def verdict(report: Report) -> str:
    """What trying the call on the app or the server has shown, in one sentence."""
    serious = [f"{finding.cause.code} {finding.cause.slug}" for finding in report.findings if finding.severity != "info"]
    if serious:
        return f"on {report.target.name} the cause is {', '.join(dict.fromkeys(serious))}; see below."
    if report.blocked:
        return f"on {report.target.name} the call is blocked in some situations only; see below."
    return (
        f"on {report.target.name} the call passes. What runs is another version, or something in front of it (a proxy) answers; "
        "try the URL that the page calls with --url."
    )


def _message(explanation: Explanation, lines: Lines) -> None:
    message = explanation.message
    lines.plain([(" ".join(message.text.split()), "italic")])
    facts = {
        "engine": message.engine,
        "reason": str(message.error) if message.error else None,
        "url": message.url,
        "origin": message.origin,
        "method": message.method,
        "header": message.header,
        "status": str(explanation.status) if explanation.status is not None else None,
    }
    told = ", ".join(f"{name} {harmless(value)}" for name, value in facts.items() if value)
    lines.labelled("read as", f"{told}{'' if message.certain else ' (not all of the text is there: the reason is a guess)'}")
    lines.labelled("checked", explanation.checked)


def _cause(likely: LikelyCause, lines: Lines, *, with_code: bool) -> None:
    found = likely.cause
    label = [(f"{found.code} {found.slug}", "bold"), (f"  {found.title}", ""), (f"  ({found.documentation})", "dim")]
    lines.labelled(likely.likelihood, label, style=_COLOURS[likely.likelihood])
    if with_code and likely.fix:
        for line in likely.fix.splitlines():
            lines.verbatim(f"{'':12}{line}")


def _harmless(explanation: Explanation) -> str:
    if explanation.status is not None and not explanation.message.is_cors:
        return f"Status {explanation.status} by itself has nothing to do with CORS: a page that may read the answer sees it too."
    return "This line only says that something failed; the line about CORS beside it, or none, tells why."
