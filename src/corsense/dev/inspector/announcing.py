"""What the terminal prints while requests come: each cause as `corsense check` prints it, and that a call passes now."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

from corsense._redaction import Redactor
from corsense.check.app import AppCheck
from corsense.dev.inspector.inspector import PATH
from corsense.dev.inspector.judging import JudgedCall
from corsense.dev.inspector.session import Explanation, Session
from corsense.report.fix_command import app_target, fix_command, to_do
from corsense.report.terminal import WIDTH, Lines
from corsense.report.text import TextReport


def announce(explanation: Explanation) -> None:
    """Print all that keeps a call from passing, the cause first, and the command that applies the fix."""

    def block(lines: Lines) -> None:
        report = TextReport(lines, more=f"{PATH} for the exchange")
        report.print_findings(explanation.report, [explanation.position, *explanation.others])
        command = command_for(explanation)
        if command is not None:
            todo = f"; {to_do(command)}" if to_do(command) else ""
            fixes = "the fix" if len(explanation.findings) == 1 else "the fixes"
            lines.led([("help: ", "bold cyan")], f"This command applies {fixes}, as the page does{todo}:", [("      ", "")])
            lines.plain()
            lines.exact(f"      {command}")
            lines.plain()

    _print(block)


def announce_pass(judged: JudgedCall) -> None:
    """Print that a call passes which did not before."""
    call = judged.call
    path = urlsplit(Redactor([call.page]).url(call.url)).path or "/"
    _print(lambda lines: lines.plain([(f"{call.method} {path}  from {call.page} passes now.", "green")]))


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
    """Print in one piece: the server writes to the same terminal."""
    printed: list[str] = []
    colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    block(Lines(WIDTH, colour, write=printed.append, encoding=sys.stderr.encoding or "utf-8"))
    print("\n".join(printed), file=sys.stderr, flush=True)
