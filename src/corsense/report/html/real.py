"""What a real browser did, beside the model."""

from __future__ import annotations

from corsense.check.results import BrowserRun, BrowserVerdict, Difference
from corsense.report.html.markup import Markup, element
from corsense.report.html.values import verdict_badge


def browser_sum(run: BrowserRun) -> Markup:
    """How often the browser and the model agreed."""
    requests = "1 request was" if run.requests == 1 else f"{run.requests:,} requests were"
    agreed = "the model agrees on every one" if not run.disagreements else f"the model differs on {run.disagreements:,}"
    return element("p", f"{requests} also made in {run.version}: {agreed}.", class_="bad" if run.disagreements else "quiet")


def browser_verdict(verdict: BrowserVerdict) -> Markup:
    """The verdict of a real browser on a request, its console, and where the model said something else."""
    agreement = "as the model says" if verdict.agrees else "the model differs: a fault of corsense, please report it"
    lines = [element("p", verdict.version, " ", verdict_badge(verdict.outcome), f" {verdict.error or ''} ", agreement, ".")]
    if verdict.answered_differently:
        lines.append(element("p", "The server gave it other answers than it gave the model.", class_="quiet"))
    if verdict.console:
        lines.append(element("blockquote", [element("p", line) for line in verdict.console]))
    return element("div", lines, [_difference(difference) for difference in verdict.differences], class_="real")


def _difference(difference: Difference) -> Markup:
    rows: list[Markup] = []
    for who, lines in (("the model", difference.model), ("the browser", difference.browser)):
        message = "\n".join(lines) or "nothing"
        rows += [element("dt", who), element("dd", element("code", message))]
    return element("div", element("h5", difference.aspect), element("dl", rows, class_="compared"))
