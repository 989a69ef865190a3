"""`corsense explain`: from the red text of a console to cause and fix."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli import SOMETHING_FOUND, fail

if TYPE_CHECKING:
    from corsense.check.results import Report
    from corsense.explain import Explanation

_LONGEST = 4_000_000


class Format(StrEnum):
    """How to print explanations."""

    TEXT = "text"
    JSON = "json"


def explain(
    text: Annotated[str | None, typer.Argument(help="The text, as copied. Default: standard input.", show_default=False)] = None,
    file: Annotated[Path | None, typer.Option(help="Read the text from a file.")] = None,
    app: Annotated[str | None, typer.Option(help="package.module:app: try the call of the message on it.")] = None,
    url: Annotated[str | None, typer.Option(help="URL of the running server: try the call of the message on it.")] = None,
    format: Annotated[Format, typer.Option(help="How to print the explanations.")] = Format.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Without the code of the fixes.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="The catalogue of all messages.")] = False,
) -> None:
    """Explain console messages of any browser: what was checked, the causes by likelihood, the fix of each as code.

    With --app or --url the call is tried, and the cause is named. Exit status: 1 when something was recognised, 2 when
    nothing was.
    """
    if list_:
        _print_catalogue(format)
        return
    from corsense.explain import explain as explained
    from corsense.readers.errors import InputError

    try:
        found = explained(_text(text, file))
        if not found:
            _nothing_recognised()
        report = _tried(found, app, url) if app or url else None
    except InputError as error:
        fail(str(error))
    _print(found, report, format, quiet)
    raise typer.Exit(SOMETHING_FOUND)


def _text(text: str | None, file: Path | None) -> str:
    from corsense.readers.errors import InputError, quoted

    if text is not None and file is not None:
        raise InputError("the text was given twice, as an argument and with --file; give one of them.")
    if text is not None:
        return text[:_LONGEST]
    if file is not None:
        try:
            return file.read_bytes()[:_LONGEST].decode("utf-8", "replace")
        except OSError as error:
            raise InputError(f"{quoted(str(file))} cannot be read: {error.strerror}.") from None
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("there is no text to explain; paste it in quotes after `corsense explain`, or pipe it in.")
    return sys.stdin.buffer.read(_LONGEST).decode("utf-8", "replace")


def _nothing_recognised() -> None:
    from corsense.report.explanations import WHERE_TO_FIND_IT

    print(WHERE_TO_FIND_IT, file=sys.stderr)
    fail("no message of a browser was recognised in this text.")


def _tried(found: list[Explanation], app: str | None, url: str | None) -> Report | None:
    """The report of trying the calls that the messages are about; None when none of them tells page and URL."""
    from corsense.check.messages import wishes_of
    from corsense.cli.check import report_on

    target = app or url
    asked = wishes_of(found, on_app=app is not None)
    return report_on(target, asked) if asked is not None else None


def _print(found: list[Explanation], report: Report | None, format: Format, quiet: bool) -> None:
    if format is Format.JSON:
        from corsense.report.document import explain_document

        print(explain_document(found, report).model_dump_json(by_alias=True, indent=2))
        return
    from corsense.cli.terminal import terminal
    from corsense.report.explanations import print_explanations

    lines = terminal()
    print_explanations(found, lines, tried=report, quiet=quiet)
    if report is not None:
        from corsense.report.text import TextReport

        lines.plain()
        TextReport(lines, quiet=quiet).print(report)


def _print_catalogue(format: Format) -> None:
    import json

    from corsense.fetch.wording.catalogue import catalogue

    if format is Format.JSON:
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
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for e in catalogue():
        print(f"{e.product} {e.code}\n    {e.template}\n    {e.condition}\n")
