"""What `corsense explain` does once its options are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from corsense._terminal import accept, read_standard_input
from corsense.cli.process import SOMETHING_FOUND, fail
from corsense.report.formats import TextOrJson

if TYPE_CHECKING:
    from corsense.check.results import Report
    from corsense.explain import Explanation
    from corsense.transports.limits import NetworkLimits

_LONGEST = 4_000_000


def explain_text(
    text: str | None = None,
    *,
    file: Path | None = None,
    clipboard: bool = False,
    app: str | None = None,
    url: str | None = None,
    format: TextOrJson = TextOrJson.TEXT,
    quiet: bool = False,
    verbose: bool = False,
    run_endpoints: bool = False,
) -> NoReturn:
    """Explain the messages of a text: the argument, a file, the clipboard, or standard input. With `app` or `url` their call is
    tried.

    Raises:
        SystemExit: always; 1 when a message was recognised, 2 when none was or the text cannot be read.
    """
    from corsense.errors import InputError
    from corsense.explain import explain as explained

    try:
        found = explained(_text(text, file, clipboard))
        if not found:
            _nothing_recognised(in_one_sentence=app is not None or url is not None)
        report = try_calls(found, app, url, run_endpoints) if app or url else None
    except InputError as error:
        fail(str(error))
    _print(found, report, format, quiet=quiet, verbose=verbose)
    raise SystemExit(SOMETHING_FOUND)


def print_catalogue(format: TextOrJson) -> None:
    """Print all messages that are known."""
    import json

    from corsense.console.catalogue import catalogue

    if format is TextOrJson.JSON:
        rows = [
            {
                "product": e.product,
                "code": e.code,
                "category": e.category,
                "error": e.error,
                "text": str(e.template),
                "condition": e.condition,
            }
            for e in catalogue()
        ]
        accept("json")
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for e in catalogue():
        print(f"{e.product} {e.code}\n    {e.template}\n    {e.condition}\n")


def _text(text: str | None, file: Path | None, clipboard: bool) -> str:
    from corsense.errors import InputError, quoted

    if (text is not None) + (file is not None) + clipboard > 1:
        raise InputError("give the text once: as an argument, with --file, or with --clipboard.")
    if text is not None:
        return text[:_LONGEST].encode("utf-8", "replace").decode()
    if file is not None:
        try:
            return file.read_bytes()[:_LONGEST].decode("utf-8", "replace")
        except OSError as error:
            raise InputError(f"{quoted(str(file))} cannot be read: {error.strerror}.") from None
    if clipboard:
        from corsense.cli.clipboard import clipboard_text

        return clipboard_text()[:_LONGEST]
    return _from_standard_input()


def _from_standard_input() -> str:
    """What is piped in, or pasted into the terminal."""
    from corsense.errors import InputError

    if sys.stdin is None:
        raise InputError("there is no text to explain; paste it in quotes after `corsense explain`, or pipe it in.")
    if sys.stdin.isatty():
        end = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        print(f"Paste the text of the console, then press {end} on a line of its own.", file=sys.stderr, flush=True)
    found = read_standard_input(_LONGEST)
    if sys.stdin.isatty() and not found.strip():
        raise InputError("there is no text to explain; paste it in quotes after `corsense explain`, or pipe it in.")
    return found


def _nothing_recognised(*, in_one_sentence: bool) -> None:
    """Where the call was to be tried on an app or a URL, one sentence is enough: that user has found the console already."""
    from corsense.report.explanations import WHERE_TO_FIND_IT

    if in_one_sentence:
        fail("No message of a browser was recognised in this text, so nothing was tried; copy the whole red line of the console.")
    print(WHERE_TO_FIND_IT, file=sys.stderr)
    fail("no message of a browser was recognised in this text.")


def try_calls(
    found: list[Explanation],
    app: str | None,
    url: str | None,
    run_endpoints: bool = False,
    limits: NetworkLimits | None = None,
) -> Report | None:
    """The report of trying the calls that the messages are about; None when none of them tells page and URL."""
    from dataclasses import replace

    from corsense.check.console_call import fix_options_of
    from corsense.cli.checking import report_on

    target = app or url
    asked = fix_options_of(found, on_app=app is not None, url=url if app is None else None)
    return report_on(target, replace(asked, run_endpoints=run_endpoints), limits) if target and asked is not None else None


def _print(found: list[Explanation], report: Report | None, format: TextOrJson, *, quiet: bool, verbose: bool) -> None:
    if format is TextOrJson.JSON:
        accept("json")
        print(_json(found, report))
        return
    from corsense.cli.terminal import terminal
    from corsense.report.explanations import print_explanations

    lines = terminal()
    print_explanations(found, lines, tried=report, quiet=quiet, verbose=verbose)
    if report is not None and verbose:
        from corsense.report.text import TextReport

        lines.plain()
        TextReport(lines, quiet=quiet).print(report)


def _json(found: list[Explanation], report: Report | None) -> str:
    if report is not None:
        from corsense.check.console_call import settled

        found = settled(found, report)
    if report is None:
        from corsense.report.message_document import messages_json

        return messages_json(found)
    from corsense.report.document import explain_document

    return explain_document(found, report).printed()
