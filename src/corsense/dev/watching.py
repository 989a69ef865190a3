"""`Watch`: a check of one app that is made again after each change, and prints what the change did."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from corsense.app.agent_start import launch_ahead
from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.app import AppCheck, Survey
from corsense.check.request import CheckRequest
from corsense.check.results import Report
from corsense.config import FILES as CONFIGURATIONS
from corsense.dev.changes import Changes, changes
from corsense.errors import InputError
from corsense.finding import Finding
from corsense.fix.verified import with_proven_fixes
from corsense.report.crash import crash_lines
from corsense.report.finding_block import one_line
from corsense.report.fix_hint import FixHint
from corsense.report.redaction import redacted_report
from corsense.report.summary import count
from corsense.report.terminal import Lines
from corsense.report.text import TextReport

_FILES_NAMED = 3
Answer: TypeAlias = Callable[[AppCheck, Survey], None]


@dataclass(slots=True)
class Watch:
    """The check: `target` and `factory` as the command line names the app, the interpreter `python`. `ask` reads the
    configuration and says what is asked, as for `AppCheck`; it raises InputError. `verbose` counts and prints information too."""

    target: str | None
    ask: Callable[[], CheckRequest]
    lines: Lines
    python: str
    factory: bool = False
    time_limit: float = 30.0
    verbose: bool = False
    hint: FixHint = field(default_factory=FixHint)
    asked: CheckRequest = field(init=False)
    _last: Report | None = None
    _failure: str | None = None
    _changed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked = self.ask()

    @property
    def found_something(self) -> bool | None:
        """What the last check found, as its exit status says; None when the app could not be loaded."""
        return None if self._failure is not None or self._last is None else self._last.found_something

    def first(self) -> None:
        """Check the app, and print the whole report."""
        self._check(self._print_all)

    @property
    def waits_for(self) -> str | None:
        """The app that has to be loaded before anything can be checked, as it was named; None once it has been."""
        return None if self._last is not None else self.target or "the app"

    def again(self, files: Sequence[str]) -> None:
        """Check the app after files have changed, and print what is different. A configuration that cannot be used is reported,
        and the one before counts."""
        if any(os.path.basename(file) in CONFIGURATIONS for file in files):
            try:
                self.asked = self.ask()
            except InputError as error:
                self._head(files, "the configuration cannot be used; the one before counts.")
                self.lines.plain(str(error), 2, 2)
        for file in files:
            self._changed.pop(file, None)
            try:
                with open(file, encoding="utf-8") as stream:
                    self._changed[file] = stream.read()
            except (OSError, UnicodeDecodeError):
                continue  # it was removed, or Python itself says what is wrong with it
        self._check(lambda check, survey: self._print_changes(check, survey, files), files)

    def _check(self, answer: Answer, files: Sequence[str] = ()) -> None:
        """Load the app and check it. A changed file is handed over as text: bytecode of a file that is saved twice in a second
        may be of its earlier contents."""
        overlay = {file: text for file, text in self._changed.items() if file.endswith(".py")}
        try:
            target = AppTarget.parse(self.target, factory=self.factory)
            with AppSession.start(
                target, time_limit=self.time_limit, overlay=overlay, lifespan=self.asked.run_endpoints, python=self.python
            ) as session:
                check = AppCheck(target, self.asked, self.time_limit, python=self.python)
                answer(check, check.survey(session))
        except (AppLoadError, AppHungError, AppStoppedError) as error:
            self._print_failure(error, files)
        launch_ahead(self.python)  # it imports the framework while the next change is being written

    def _print_all(self, check: AppCheck, survey: Survey) -> None:
        self._last, self._failure = survey.report, None
        TextReport(self.lines, self.verbose, hint=self.hint).print(with_proven_fixes(check, survey))

    def _print_changes(self, check: AppCheck, survey: Survey, files: Sequence[str]) -> None:
        before, was_broken = self._last, self._failure is not None
        self._last, self._failure = survey.report, None
        if before is None:
            self._head(files, "the app can be loaded now.")
            TextReport(self.lines, self.verbose, hint=self.hint).print(with_proven_fixes(check, survey))
            return
        found = changes(before, survey.report, information=self.verbose)
        loaded = "the app can be loaded again; " if was_broken else ""
        if found.is_empty:
            left = len(found.still)
            self._head(files, f"{loaded}no change, {count(left, 'finding') if left else 'nothing wrong found'}.", style="dim")
            return
        self._head(files, f"{loaded}{_counted(found)}.")
        report = redacted_report(survey.report)
        for finding in redacted_report(replace(before, results=(), findings=found.fixed)).findings:
            self._one("fixed", finding, "green")
        for label, positions, style in (("new", found.new, "bold red"), ("still", found.still, "dim")):
            for position in positions:
                self._one(label, report.findings[position], style)
        if found.new:
            self.lines.plain()
            TextReport(self.lines, self.verbose).print_findings(with_proven_fixes(check, survey), found.new)

    def _print_failure(self, error: AppLoadError | AppHungError | AppStoppedError, files: Sequence[str]) -> None:
        remedy = getattr(error, "remedy", None)
        sentence = f"{error.message} {remedy}" if remedy else error.message
        if files:
            is_same = sentence == self._failure
            self._head(
                files, "the app still cannot be checked, for the same reason." if is_same else "the app cannot be checked."
            )
            if is_same:
                return
        self._failure = sentence
        for line in crash_lines(getattr(error, "traceback", None)):
            self.lines.plain(line, 2)
        self.lines.plain(sentence, 2, 2)

    def _head(self, files: Sequence[str], sentence: str, *, style: str = "bold") -> None:
        names = [os.path.relpath(file) for file in files[:_FILES_NAMED]]
        more = f" and {len(files) - _FILES_NAMED} more" if len(files) > _FILES_NAMED else ""
        self.lines.plain([(f"{time.strftime('%H:%M:%S')}  ", "dim"), (f"{', '.join(names)}{more}: ", ""), (sentence, style)])

    def _one(self, label: str, finding: Finding, style: str) -> None:
        one_line(finding, self.lines, [(f"  {label:<6}", style)])


def _counted(found: Changes) -> str:
    """`1 fixed, 2 new, 3 still there`."""
    parts = (("fixed", len(found.fixed)), ("new", len(found.new)), ("still there", len(found.still)))
    return ", ".join(f"{number:,} {label}" for label, number in parts if number)
