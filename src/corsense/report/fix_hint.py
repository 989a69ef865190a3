"""The command that applies the fixes of findings: in the last line of a report where it fits there, else on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corsense.finding import Finding
from corsense.report.columns import printed_width
from corsense.report.summary import count
from corsense.report.terminal import Lines


@dataclass(frozen=True, slots=True)
class FixHint:
    """How to apply fixes: `command` those that are offered, `app_command` those of `with_app` more findings, which only the app
    can prove. `complete` is False where not every finding was looked at for a fix. `to_do`: what a person has to do to run
    `command`, as an imperative."""

    command: str = "corsense fix --write"
    to_do: str = ""
    with_app: int = 0
    app_command: str = ""
    complete: bool = True

    def counted(self, findings: Sequence[Finding], width: int, where: str = "") -> str:
        """How many errors and warnings there are, and how many of them have a fix; with the command if it fits into `width`
        columns, because a line break would break it."""
        sentence = self._sentence(findings, where, f" with `{self.command}`")
        fits = printed_width(sentence) <= width and not self.to_do
        return sentence if fits else self._sentence(findings, where, "")

    def print_commands(self, findings: Sequence[Finding], lines: Lines, where: str = "") -> None:
        """Print the commands that the last line does not have, each to be copied."""
        for sentence, command in self._commands(findings, lines.width, where):
            lines.led([("help: ", "bold cyan")], sentence, [("      ", "")])
            lines.plain()
            lines.exact(f"      {command}")
            lines.plain()

    def _commands(self, findings: Sequence[Finding], width: int, where: str) -> Iterator[tuple[str, str]]:
        fixable = _fixable(findings)
        if fixable and self.command not in self.counted(findings, width, where):
            to_do = f"; {self.to_do}" if self.to_do else ""
            yield f"This command applies {'the fix' if fixable == 1 else 'the fixes'}{to_do}:", self.command
        if self.with_app:
            yield f"{count(self.with_app, 'more finding')} may have a fix that only the app can prove:", self.app_command

    def _sentence(self, findings: Sequence[Finding], where: str, command: str) -> str:
        counts = ", ".join(
            count(number, severity)
            for severity in ("error", "warning")
            if (number := sum(finding.severity == severity for finding in findings))
        )
        place = f" in {where}" if where else ""
        fixable = _fixable(findings)
        least = "" if self.complete else "at least "
        return f"{counts}{place} ({least}{fixable:,} fixable{command})." if fixable else f"{counts}{place}."


def _fixable(findings: Sequence[Finding]) -> int:
    """How many errors and warnings have a fix that was not refuted."""
    return sum(
        finding.fix is not None and finding.fix.verified is not False and finding.severity != "info" for finding in findings
    )
