"""From a question to the answer: the JSON that the command prints, and the same drawn.

What a kind of input needs is imported when it is asked for: the first answer comes a second earlier.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corsense.errors import InputError
from corsense.playground.question import Question, configuration_name, holds_source, read_question
from corsense.report.html.markup import Markup

if TYPE_CHECKING:
    from corsense.playground.link import Link

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it is done, and of how much."""

_UNNAMED = "pasted.har"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question. `printed` are the documents by the command that prints them; `said` is the answer in one
    sentence."""

    kind: str
    said: str
    drawing: Markup
    printed: dict[str, str]
    link: Link


def answer(question: str, progress: Progress | None = None) -> str:
    """The answer to a question as the page sends it: a JSON object with `kind`, `said`, `drawing` (HTML), `printed` (documents by
    command) and `link` (what a link to the answer holds); or with `problem`, one sentence that says why there is none."""
    kind = None
    try:
        asked = read_question(question)
        kind = asked.kind
        found = _ANSWERS[kind](asked, progress)
    except InputError as error:
        return json.dumps({"kind": kind, "problem": str(error)})
    document: dict[str, Any] = {"kind": found.kind, "said": found.said, "drawing": found.drawing, "printed": found.printed}
    return json.dumps({**document, "link": found.link.state, "why_no_link": found.link.why_not})


def _console(asked: Question, _: Progress | None) -> Answer:
    from corsense.explain import explain
    from corsense.playground import explained
    from corsense.playground.link import link_to
    from corsense.report.explanations import WHERE_TO_FIND_IT
    from corsense.report.message_document import messages_json

    explanations = explain(asked.text)
    if not explanations:
        raise InputError(f"No message of a browser was recognised in this text.\n{WHERE_TO_FIND_IT}")
    printed = {"corsense explain --format json": messages_json(explanations)}
    return Answer(
        asked.kind,
        explained.sentence_of(explanations),
        explained.explanations(explanations, with_source=holds_source(asked.text)),
        printed,
        link_to(asked),
    )


def _recording(asked: Question, progress: Progress | None) -> Answer:
    from corsense.check.recording import check_recording
    from corsense.check.request import CheckRequest
    from corsense.playground import drawing
    from corsense.playground.link import link_to
    from corsense.report.document import check_document
    from corsense.suppression import RuleSelection

    with _folder(() if asked.recording is not None else ((_UNNAMED, asked.text),)) as folder:
        path = Path(asked.recording) if asked.recording is not None else Path(_UNNAMED)
        here = path.parent if asked.recording is not None else folder
        with _working_in(here):
            report = check_recording(
                Path(path.name), CheckRequest(selection=RuleSelection.of(Path())), _counting(progress, "reading entries"),
                _counting(progress, "judging requests"),
            )  # fmt: skip
            link = link_to(asked, recording=Path(path.name))
    printed = {f"corsense check {path.name} --format json": check_document(report).printed()}
    return Answer(asked.kind, drawing.sentence_of_report(report), drawing.report(report), printed, link)


def _request(asked: Question, _: Progress | None) -> Answer:
    from corsense.playground import drawing
    from corsense.playground.link import link_to
    from corsense.playground.pasted_request import check_pasted_request, page_request, split_transcript

    command, printed = split_transcript(asked.text)
    if printed and not (asked.response.strip() or asked.preflight.strip()):
        asked = replace(asked, text=command, response=printed)
    request = page_request(asked.text, asked.origin)
    link = link_to(asked, request=request)
    if not (asked.response.strip() or asked.preflight.strip()):
        said = "Paste the headers of the answers too, to have the call judged."
        return Answer(asked.kind, said, drawing.unanswered(request), {}, link)
    report = check_pasted_request(request, asked.text, asked.response, asked.preflight)
    return Answer(asked.kind, drawing.sentence_of_report(report), drawing.report(report), {}, link)


def _source(asked: Question, _: Progress | None) -> Answer:
    from corsense.check.request import read_origin
    from corsense.fix.result import SAFE_FIXES
    from corsense.fix.source import fix_source
    from corsense.lint import lint_paths
    from corsense.lint.files import concerns_cors
    from corsense.playground import drawing
    from corsense.playground.link import link_to
    from corsense.playground.snippet import missing_imports
    from corsense.report.document import lint_document
    from corsense.report.repairs import fix_result_document
    from corsense.suppression import RuleSelection

    added = () if asked.files else missing_imports(asked.text)
    files = asked.files or (("main.py", "".join(f"{line}\n" for line in added) + asked.text),)
    paths = [Path(files[0][0])] if len(files) == 1 else [Path()]
    named = (read_origin(asked.origin),) if asked.origin else ()
    with _folder(files) as folder, _working_in(folder):
        report = lint_paths(paths, RuleSelection.of(paths[0]))
        if report.unreadable and len(report.unreadable) >= report.files:
            first = report.unreadable[0]
            raise InputError(f"{first.place} cannot be read: {first.reason}{'' if first.reason.endswith('?') else '.'}")
        fixed = fix_source([str(path) for path in paths], named, SAFE_FIXES, RuleSelection.of(paths[0]))
        is_silent = not any(concerns_cors(text.encode("utf-8", "surrogatepass")) for _, text in files)
        drawn = drawing.linted(report, fixed, added, is_silent=is_silent and not report.findings)
        target = str(paths[0])
        printed = {
            f"corsense lint {target} --format json": lint_document(report).printed(),
            f"corsense fix {target} --format json": fix_result_document(fixed, written=False).printed(),
        }
    said = drawing.NO_CORS if is_silent and not report.findings else drawing.sentence_about(report.findings)
    return Answer(asked.kind, said, drawn, printed, link_to(asked))


def _policy(asked: Question, _: Progress | None) -> Answer:
    from corsense.check.request import read_origin
    from corsense.faults import PolicyError
    from corsense.playground import drawing
    from corsense.playground.link import link_to
    from corsense.playground.written_policy import written_policy
    from corsense.report.policy_documents import faults_document, policy_explanation_document, policy_json

    try:
        policy = written_policy(asked.text)
    except PolicyError as error:
        printed = {"corsense policy check --format json": policy_json(faults_document(error.faults))}
        return Answer(asked.kind, "The policy has faults.", drawing.faults(error.faults), printed, link_to(asked))
    printed = {"corsense policy check --format json": policy_json(faults_document(()))}
    if not asked.origin:
        return Answer(asked.kind, "The policy is valid.", drawing.policy(policy, None), printed, link_to(asked))
    origin = read_origin(asked.origin)
    decision = policy_explanation_document(policy, origin)
    printed[f"corsense policy explain {origin} --format json"] = decision.printed()
    return Answer(asked.kind, decision.message, drawing.policy(policy, origin), printed, link_to(asked))


def _configuration(asked: Question, _: Progress | None) -> Answer:
    from corsense.layers.reading import read_configuration
    from corsense.lint import lint_paths
    from corsense.playground import drawing
    from corsense.playground.link import link_to
    from corsense.report.document import lint_document
    from corsense.report.policy_documents import policy_json
    from corsense.report.reading import reading_document
    from corsense.suppression import RuleSelection

    files = asked.files or ((configuration_name(asked.text) or "nginx.conf", asked.text),)
    paths = [Path(files[0][0])] if len(files) == 1 else [Path()]
    with _folder(files) as folder, _working_in(folder):
        readings = [read_configuration(Path(name)) for name, _ in files]
        report = lint_paths(paths, RuleSelection.of(paths[0]))
        drawn = drawing.configured(readings, report)
        printed = {f"corsense lint {paths[0]} --format json": lint_document(report).printed()}
        for reading in readings:
            printed[f"corsense policy import {reading.file} --format json"] = policy_json(reading_document(reading))
    is_silent = not report.findings and not any(reading.places or reading.unknown for reading in readings)
    said = drawing.NO_HEADERS if is_silent else drawing.sentence_about(report.findings)
    return Answer(asked.kind, said, drawn, printed, link_to(asked))


_ANSWERS: dict[str, Callable[[Question, Progress | None], Answer]] = {
    "console": _console,
    "recording": _recording,
    "request": _request,
    "source": _source,
    "policy": _policy,
    "configuration": _configuration,
}


def _counting(progress: Progress | None, what: str) -> Callable[[int, int], None] | None:
    """Progress for the page, a hundred times at most."""
    if progress is None:
        return None
    call, last = progress, -1

    def advance(done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // max(total, 1)
        if percent != last:
            last = percent
            call(what, done, total)

    return advance


@contextmanager
def _folder(files: tuple[tuple[str, str], ...]) -> Iterator[Path]:
    """A folder with these files, in the memory of the page."""
    folder = Path(tempfile.mkdtemp(prefix="corsense-"))
    try:
        for name, text in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
