"""What the terminal prints while requests come: each cause as `corsense check` prints it, and that a call passes now."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from corsense._redaction import Redactor
from corsense.check.app import AppCheck
from corsense.dev.inspector.drawing import BROWSERS
from corsense.dev.inspector.inspector import PATH
from corsense.dev.inspector.judging import JudgedCall, Verdict
from corsense.dev.inspector.session import Explanation, Session
from corsense.report.fix_command import app_target, fix_command, to_do
from corsense.report.terminal import WIDTH, Lines
from corsense.report.text import TextReport

MOST_A_MINUTE: Final = 10
"""Blocks that are printed in a minute; what more there is is on the page."""
_MINUTE = 60.0
_LONGEST_PATH = 100
_LONGEST_LINE = 400
_LONGEST_COMMAND = 2_000
_MOST_LINES = 120
_VERDICTS: Final[dict[Verdict, str]] = {
    "blocked": "blocked",
    "hidden": "passes, with a fault",
    "allowed": "passes, with a fault",
    "waiting": "never sent",
}


@dataclass(slots=True)
class Announcer:
    """Prints to the terminal of the server, `MOST_A_MINUTE` blocks a minute at most: a client makes causes as fast as it likes.

    `clock` gives seconds; `later` calls a function after some.
    """

    clock: Callable[[], float] = time.monotonic
    later: Callable[[float, Callable[[], None]], None] = lambda seconds, work: _call_later(seconds, work)
    _printed: deque[float] = field(default_factory=deque)
    _held: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def announce(self, explanation: Explanation) -> None:
        """Print the call that shows a cause, then all that keeps it from passing as a check prints it, and the command that
        applies the fix."""
        if self._may_print():
            _print(lambda lines: _block(explanation, lines))

    def announce_pass(self, judged: JudgedCall) -> None:
        """Print that a call passes which did not before."""
        if self._may_print():
            _print(lambda lines: lines.plain([(f"{_named(judged)}: passes now", "green")]))

    def _may_print(self) -> bool:
        with self._lock:
            now = self.clock()
            while self._printed and now - self._printed[0] >= _MINUTE:
                self._printed.popleft()
            if len(self._printed) < MOST_A_MINUTE:
                self._printed.append(now)
                return True
            self._held += 1
            if self._held == 1:
                self.later(self._printed[0] + _MINUTE - now, self._count)
            return False

    def _count(self) -> None:
        """Say how much was not printed."""
        with self._lock:
            held, self._held = self._held, 0
        what = f"{held:,} more results are" if held > 1 else "One more result is"
        _print(lambda lines: lines.plain(f"{what} on the page {PATH}; {MOST_A_MINUTE} a minute are printed."))


def _call_later(seconds: float, work: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, work)
    timer.daemon = True
    timer.start()


def _block(explanation: Explanation, lines: Lines) -> None:
    if explanation.judged is not None:
        lines.plain([(f"{_named(explanation.judged)}: {_VERDICTS[explanation.judged.verdict]}", "bold")])
    report = TextReport(lines, more=f"{PATH} for the exchange")
    report.print_findings(explanation.report, [explanation.position, *explanation.others])
    command = command_for(explanation)
    if command is not None and len(command) <= _LONGEST_COMMAND:
        todo = f"; {to_do(command)}" if to_do(command) else ""
        fixes = "the fix" if len(explanation.findings) == 1 else "the fixes"
        lines.led([("help: ", "bold cyan")], f"This command applies {fixes}{todo}:", [("      ", "")])
        lines.plain()
        lines.exact(f"      {command}")
        lines.plain()


def _named(judged: JudgedCall) -> str:
    """The call, its page and its browser: `POST /users from http://localhost:5173 (Chromium)`."""
    call = judged.call
    path = urlsplit(Redactor([call.page]).url(call.url)).path or "/"
    path = path if len(path) <= _LONGEST_PATH else f"{path[:_LONGEST_PATH]}…"
    page = "a page without an origin" if call.page == "null" else call.page
    return f"{call.method} {path} from {page} ({BROWSERS[call.engine] if call.by_browser else 'no browser'})"


def command_for(explanation: Explanation) -> str | None:
    """The `corsense fix` command that repairs an explanation by its request, without secrets; None where nothing is proven."""
    check = explanation.check
    if check is None or not any(finding.fix is not None and finding.fix.verified for finding in explanation.findings):
        return None
    return _command(check)


def command_to_fix(session: Session, explanation: Explanation) -> str:
    """The `corsense fix` command for the request of an explanation, whether anything is proven or not, without secrets."""
    if explanation.check is not None:
        return _command(explanation.check)
    page = explanation.judged.call.page if explanation.judged is not None else None
    target = session.target if ":" in session.target else "package.module:app"
    return fix_command([target], {"origin": page if page != "null" else None})


def _command(check: AppCheck) -> str:
    asked = check.asked
    options = {
        "origin": list(asked.origins),
        "request": [f"{operation.method} {operation.path.partition('?')[0]}" for operation in asked.operations],
        "header": [f"{name}: {value}" for name, value in asked.headers],
        "credentials": "include" if asked.credentials == "include" else None,
        "factory": check.target.factory,
    }
    return fix_command([app_target(check.target.text or None, check.target.name)], options)


def _print(block: Callable[[Lines], None]) -> None:
    """Print in one piece: the server writes to the same terminal. What a client makes endless is cut."""
    printed: list[str] = []
    block(Lines(WIDTH, _is_coloured(), write=printed.append, encoding=sys.stderr.encoding or "utf-8"))
    with suppress(OSError, ValueError):  # the terminal is gone, or its pipe is closed
        sys.stderr.write("\n".join([*map(_cut, printed[:_MOST_LINES]), ""]))
        sys.stderr.flush()


def _is_coloured() -> bool:
    return not sys.stderr.closed and sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _cut(line: str) -> str:
    if len(line) <= _LONGEST_LINE or line.startswith("      corsense fix "):
        return line
    return f"{line[:_LONGEST_LINE]}…" + ("\x1b[0m" if "\x1b" in line else "")
