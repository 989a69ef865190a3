"""One call of a tool of `corsense mcp`, as a command: a line of JSON comes in, lines of JSON go out, the last one is the answer.

What the commands print to standard error becomes the sentence of the error. What an app prints goes nowhere.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from corsense.mcp.boundary import Boundary

if TYPE_CHECKING:
    from corsense.check.request import CheckRequest
    from corsense.policy import Policy
    from corsense.report.document import CheckDocument
    from corsense.report.json_document import Document
    from corsense.report.terminal import Lines
    from corsense.transports.limits import NetworkLimits

_WIDTH = 100
_MOST_RESULTS = 20
_SECONDS = 30.0
"""How long importing an app may take, unless the whole call is over before."""
_BETWEEN_NEWS = 0.2
"""Seconds between two reports of progress."""


def _check(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.cli.checking import make_report
    from corsense.report.document import check_document
    from corsense.report.text import TextReport

    target, app = given["target"], given["app"]
    if target is not None or (given["curl"] or given["fetch"]) is None:  # else the text names a server, see _limits
        _insist_on_target(target, boundary, factory=given["factory"])
    if app is not None:
        _insist_on_app(app, boundary)
    report = make_report(
        target,
        _asked(given, boundary),
        given["curl"],
        given["fetch"],
        given["factory"],
        _SECONDS,
        True,
        None,
        _limits(boundary),
        None,
        app,
    )
    text = _printed(lambda lines: TextReport(lines).print(report))
    document = check_document(report)
    return document if given["results"] == "all" else _failing(document), text


def _failing(document: CheckDocument) -> CheckDocument:
    """The document with the results that matter: those that are blocked, or have a finding. Its counts are those of all."""
    kept = [result for result in document.results if result.outcome != "allowed" or result.findings][:_MOST_RESULTS]
    left_out = len(document.results) - len(kept)
    if not left_out:
        return document
    note = f'{left_out:,} of {len(document.results):,} results are left out here; results="all" has them.'
    return replace(document, results=kept, notes=[*document.notes, note])


def _explain(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.check.console_call import settled
    from corsense.cli.explaining import try_calls
    from corsense.errors import InputError
    from corsense.explain import explain
    from corsense.report.document import explain_document
    from corsense.report.explanations import print_explanations

    app, url = given["app"], given["url"]
    if app is not None and url is not None:
        raise InputError("app conflicts with url; drop one.")
    if app is not None:
        _insist_on_app(app, boundary)
    if url is not None:
        boundary.insist_on_url(url)
    found = explain(given["text"])
    if not found:
        raise InputError("no message of a browser was recognised in this text; copy the whole red line of the console.")
    report = try_calls(found, app, url, limits=_limits(boundary)) if app or url else None
    text = _printed(lambda lines: print_explanations(found, lines, tried=report, quiet=False, verbose=False))
    return explain_document(settled(found, report) if report is not None else found, report), text


def _lint(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.cli.linting import lint_report
    from corsense.errors import InputError
    from corsense.report.document import lint_document
    from corsense.report.linted import print_lint_report

    for path in given["paths"]:
        boundary.insist_on_file(path)
    report = lint_report([Path(path) for path in given["paths"]], given["select"], given["ignore"])
    if report.unreadable and not report.findings:
        raise InputError(f"{report.unreadable[0].place} cannot be read: {report.unreadable[0].reason}.")
    return lint_document(report), _printed(lambda lines: print_lint_report(report, lines))


def _fix(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.cli.fix import end_interrupted, is_source, make_fix_result, read_variable
    from corsense.fix.result import FixOptions
    from corsense.fix.write import write_all
    from corsense.report.repairs import FixText, fix_result_document

    targets, write = given["targets"] or [], given["write"]
    for target in targets or [None]:
        if target is not None and is_source(target):
            boundary.insist_on_file(target)
        else:
            _insist_on_target(target, boundary, factory=given["factory"])
    options = FixOptions(given["unsafe_fixes"], read_variable(given["from_env"]), given["adopt"], given["protect"])
    end_interrupted(write)
    result = make_fix_result(
        targets, _asked(given, boundary), options, given["curl"], given["fetch"], given["factory"], _SECONDS, True, None
    )
    for edit in result.edits:
        boundary.insist_on_file(edit.file)
    if write:
        write_all(result.edits)
    text = _printed(lambda lines: FixText(lines).print(result, written=write))
    return fix_result_document(result, written=write and bool(result.edits)), text


def _rule(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.cli.rule import find_rule
    from corsense.report.rule_page import rule_document, rule_text

    cause = find_rule(given["name"])
    return rule_document(cause), rule_text(cause)


def _policy_explain(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.report.policy_documents import policy_explanation_document

    policy = _policy(given["policy"], boundary)
    return policy_explanation_document(policy, given["origin"]), policy.explain(given["origin"])


def _policy_diff(given: Mapping[str, Any], boundary: Boundary) -> tuple[Document, str]:
    from corsense.report.policy_documents import policy_diff_document

    changes = _policy(given["before"], boundary).diff(_policy(given["after"], boundary))
    return policy_diff_document(changes), str(changes)


CALLS: Mapping[str, Callable[[Mapping[str, Any], Boundary], tuple[Document, str]]] = MappingProxyType(
    {
        "check": _check,
        "explain": _explain,
        "lint": _lint,
        "fix": _fix,
        "rule": _rule,
        "policy_explain": _policy_explain,
        "policy_diff": _policy_diff,
    }
)
"""The work of each tool: the document and its text."""


def _asked(given: Mapping[str, Any], boundary: Boundary) -> CheckRequest:
    from corsense.cli.checking import Credentials, EngineChoice, asked_for
    from corsense.suppression import RuleSelection

    boundary.insist_on_running(given["run_endpoints"])
    credentials = Credentials(given["credentials"]) if given["credentials"] is not None else None
    asked = asked_for(
        given["origins"],
        given["requests"],
        given["headers"],
        credentials,
        EngineChoice(given["engine"]),
        given["run_endpoints"],
        given["base_url"],
        given["behind_proxy"],
        given["clients"],
    )
    return replace(asked, selection=RuleSelection.of(Path(), given["select"], given["ignore"]))


def _limits(boundary: Boundary) -> NetworkLimits:
    from corsense.transports.limits import NetworkLimits

    return NetworkLimits(follow=True, allows=boundary.allows_url)


def _insist_on_target(target: str | None, boundary: Boundary, *, factory: bool) -> None:
    """Raises InputError for a target that may not be touched."""
    if target is not None and "://" in target:
        boundary.insist_on_url(target)
    elif target is not None and target.lower().endswith(".har"):
        boundary.insist_on_file(target)
    else:
        _insist_on_app(target, boundary, factory=factory)


def _insist_on_app(target: str | None, boundary: Boundary, *, factory: bool = False) -> None:
    from corsense.app.errors import AppLoadError
    from corsense.app.target import AppTarget
    from corsense.cli.process import cannot_load

    try:
        boundary.insist_on_app(AppTarget.parse(target, factory=factory))
    except AppLoadError as error:
        cannot_load(error)


def _policy(source: str | None, boundary: Boundary) -> Policy:
    from corsense.cli.named_policy import is_environment, valid_policy

    if source is not None and not is_environment(source):
        module, colon, _ = source.rpartition(":")
        if not colon or os.path.exists(source):  # a document, or the configuration of a proxy, whatever it is called
            boundary.insist_on_file(source)
        else:
            boundary.insist_on_module(module, [os.getcwd()])
    return valid_policy(source)


def _printed(show: Callable[[Lines], None]) -> str:
    """What is printed by `show`."""
    from corsense.report.terminal import Lines

    out = StringIO()
    with redirect_stdout(out):
        show(Lines(_WIDTH))
    return out.getvalue()


class _Answers:
    """The pipe to the server."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)  # what anything else prints does not reach the server
        self._last = 0.0

    def send(self, message: dict[str, Any]) -> None:
        # A name of a file that is not text has surrogates, which no client can be sent.
        data = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(self._pipe, data) :]

    def advance(self, done: int, total: int, what: str = "trying requests") -> None:
        now = time.monotonic()
        if now - self._last >= _BETWEEN_NEWS:
            self._last = now
            self.send({"progress": [done, total, what]})


def main() -> NoReturn:
    """Do the work of one call; the process ends."""
    from corsense.cli.process import end_what_was_launched, status_of
    from corsense.cli.progress import RECEIVER

    signal.signal(signal.SIGTERM, _stop)
    call = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_server, args=(sys.stdin.buffer,), daemon=True).start()
    answers = _Answers()
    RECEIVER.set(answers.advance)
    sys.stdin = None  # nothing that runs here reads the pipe
    sys.stderr = errors = StringIO()
    answer: list[dict[str, Any]] = []

    def work() -> None:
        document, text = CALLS[call["tool"]](call["arguments"], _boundary_of(call["boundary"]))
        answer.append({"document": json.loads(document.printed()), "text": text})

    status = status_of(lambda: _reporting_input_errors(work))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the server sends it once it has the answer, and there is more to end
    answers.send(answer[0] if answer else {"error": _sentence(errors.getvalue())})
    end_what_was_launched()
    _end_the_rest()
    os._exit(status)


def _end_the_rest() -> None:
    """End what code of the project has started: the server starts each call in a session of its own."""
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGTERM)


def _reporting_input_errors(work: Callable[[], None]) -> None:
    from corsense.cli.process import fail
    from corsense.errors import InputError
    from corsense.fix.write import WriteError

    try:
        work()
    except (InputError, WriteError) as error:
        fail(str(error))


def _boundary_of(document: Mapping[str, Any]) -> Boundary:
    return Boundary(tuple(document["folders"]), tuple(document["origins"]), document["runs_endpoints"])


def _sentence(printed: str) -> str:
    """The last sentence that a command printed about its failure."""
    lines = [line for line in printed.splitlines() if line.startswith("corsense: ")]
    return lines[-1].removeprefix("corsense: ") if lines else "the call did not work, and no reason is known."


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End the work where it is, so that the app is ended too."""
    raise KeyboardInterrupt


def _end_with_the_server(pipe: BinaryIO) -> None:
    """End this process when the server has closed its end of the pipe, because it is gone or wants no answer."""
    while pipe.read(1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
