"""Small pieces that several parts of the page use: code, marked differences, diffs, verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from corsense.check.results import Result
from corsense.finding import Edit
from corsense.fix.edits.diff import shared_diff
from corsense.report.difference import marked_difference
from corsense.report.html.markup import Markup, element, join

Verdict = Literal["allowed", "partly", "blocked", "failed"]

WORDS: dict[Verdict, tuple[str, str]] = {
    "allowed": ("✓", "allowed"),
    "partly": ("!", "allowed, with exceptions"),
    "blocked": ("✗", "blocked"),
    "failed": ("✗", "failed"),
}
"""The sign and the word of each verdict: never a colour alone."""


def code(text: str, **attributes: str) -> Markup:
    """A value exactly as it is."""
    return element("code", text, **attributes)


def copyable(text: str) -> Markup:
    """Something to copy, in lines of its own."""
    return element("pre", element("code", text), tabindex=0)


def verdict_badge(verdict: Verdict) -> Markup:
    """A verdict: sign, word and colour."""
    sign, word = WORDS[verdict]
    return element("span", element("span", sign, aria_hidden="true"), f" {word}", class_=f"verdict {verdict}")


def difference(label: str, value: str, other: str) -> Markup:
    """A value as `repr` writes it, with what differs from `other` marked."""
    shown, marks = marked_difference(value, other)
    marks = marks.ljust(len(shown))
    parts: list[str] = []
    for (_, marked), group in groupby(zip(range(len(shown)), marks, strict=False), key=lambda pair: (0, pair[1] == "^")):
        text = "".join(shown[index] for index, _ in group)
        parts.append(element("mark", text) if marked else text)
    return join([element("dt", label), element("dd", element("code", parts))])


def diff(edits: Sequence[Edit]) -> Markup:
    """The edits as one unified diff, its lines coloured."""
    lines = [line for edit in edits for line in _diff_lines(shared_diff(edit))]
    return element("pre", element("code", lines), class_="diff", tabindex=0)


def _diff_lines(text: str) -> Iterator[Markup]:
    kinds = {"+": "added", "-": "removed", "@": "place"}
    for line in text.split("\n")[: -1 if text.endswith("\n") else None]:
        kind = "file" if line.startswith(("+++", "---")) else kinds.get(line[:1], "kept")
        yield element("span", f"{line}\n", class_=kind)


def verdict_of(results: Sequence[Result]) -> Verdict:
    """One word for the results of one route and one origin: that of the ordinary answer, or that there are exceptions."""
    ordinary = [result for result in results if result.situation == "success"] or list(results[:1])
    worst = next((result for result in ordinary if result.outcome != "allowed"), None)
    if worst is not None:
        return worst.outcome
    return "allowed" if all(result.outcome == "allowed" for result in results) else "partly"
