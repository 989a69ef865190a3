"""Repair source that is not run: what the linter finds, judged by what the linter finds afterwards."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from corsense.check.pointing import NOTHING_PATCHED, below_here, is_users, source_of, text_of
from corsense.errors import InputError, no_such_path
from corsense.finding import Edit, Finding, Fix, Place
from corsense.fix import edits
from corsense.fix.candidate import Candidate, edited
from corsense.fix.list_candidates import origin_candidates, plain_candidates
from corsense.fix.protect import DECISIONS, ProtectionTarget, protect, why_not
from corsense.fix.regex_candidates import expression_candidates
from corsense.fix.requested import apply_requested
from corsense.fix.result import FixOptions, FixOutcome, FixResult, unused_note
from corsense.fix.write import encoding_of
from corsense.suppression import EVERYTHING, UNUSED, RuleSelection

if TYPE_CHECKING:
    from corsense.lint import LintReport

_ROUNDS = 4
_ATTEMPTS = 6
_UNTRIED = "no request can be tried on source alone; name the app, for example main:app, to have it proven"
_SHARED = "other code may read that value too"
_CORS = "CORSMiddleware"
_ADDING = re.compile(r"(\w+)\.add_middleware\(")
_REFUSED = (
    "wildcard-with-credentials", "expose-wildcard-with-credentials", "insecure-origin-with-credentials", "null-origin",
    "origins-not-a-list", "origin-trailing-slash", "origin-has-path", "origin-without-scheme", "origin-default-port",
    "origin-not-normalised", "origin-regex-not-a-string", "regex-in-origins", "regex-too-broad", "regex-unescaped-dot",
    "public-suffix-origin",
)  # fmt: skip
"""What `Policy` refuses where Starlette's middleware starts."""

_MOST_READ = 2_000_000
"""So many characters of source are read by `offered_fixes`, a file once for each finding in it: each edit parses it."""

_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class OfferedFixes:
    """The findings of the linter, those with a safe edit of their file with that edit as their fix, which is not tried.

    `with_app` counts those whose edit only the app can prove, `app` is that app as `corsense fix` takes it where it is known.
    `complete` is False where there were too many findings to look at all.
    """

    findings: tuple[Finding, ...]
    with_app: int = 0
    app: str | None = None
    complete: bool = True


def offered_fixes(
    findings: Sequence[Finding], named: Sequence[str] = (), texts: Mapping[str, str] = NOTHING_PATCHED
) -> OfferedFixes:
    """What `corsense fix` can do about findings of the linter, from the text of their files alone: nothing is linted again.
    `named` are the origins that the user named, `texts` what files contain in place of what is on the disk, by absolute path."""
    offered, apps, left = list(findings), list[str | None](), _MOST_READ
    for index, finding in enumerate(findings):
        if finding.severity == "info" or left < 0:
            continue
        for candidate in _candidates(finding, named):
            file = candidate.place.file
            before = text_of(file, texts) if is_users(file) else None
            left -= len(before or "")
            after = candidate.apply(before) if before is not None and candidate.guess is None else None
            if before is None or after is None:
                continue
            if candidate.proven_only:
                apps.append(_app_of(finding))
            else:
                offered[index] = replace(finding, fix=Fix(candidate.title, (Edit(file, before, after),)))
            break
    known = {app for app in apps if app is not None}
    return OfferedFixes(tuple(offered), len(apps), known.pop() if len(known) == 1 else None, left >= 0)


def _app_of(finding: Finding) -> str | None:
    """The app that gets the CORS layer of a finding, where the layer and the app are at the top of one file."""
    file, line = finding.evidence.get("cors_file"), finding.evidence.get("cors_line")
    text = source_of(file) if isinstance(file, str) else None
    if text is None or not isinstance(line, int):
        return None
    lines = text.split("\n")
    adding = _ADDING.match(lines[line - 1]) if 0 < line <= len(lines) else None
    if adding is None or re.search(rf"(?m)^{adding[1]}\s*(?::[^=\n]+)?=", text) is None:
        return None
    return f"{file}:{adding[1]}"


@dataclass(frozen=True, slots=True)
class _Step:
    finding: Finding
    candidate: Candidate
    guess: str | None

    @property
    def key(self) -> _Key:
        return (*_identity(self.finding), self.candidate.title)


@dataclass(slots=True)
class _Attempt:
    report: LintReport
    texts: dict[str, str] = field(default_factory=dict)
    steps: list[_Step] = field(default_factory=list)
    granted: tuple[str, ...] = ()


def fix_source(
    paths: Sequence[str], named: Sequence[str], fix_options: FixOptions, selection: RuleSelection = EVERYTHING
) -> FixResult:
    """The edits for what the linter finds below the paths. A fix is proven when the repaired source is valid, the finding is
    gone, and no other appeared. `named` are the origins that the user named, `selection` says which findings count.

    Raises:
        InputError: a path does not exist, or files cannot be read.
    """
    fixing = _SourceFix([Path(path) for path in paths], tuple(named), fix_options, selection)
    return fixing.run()


@dataclass(frozen=True, slots=True)
class _SourceFix:
    paths: Sequence[Path]
    named: tuple[str, ...]
    fix_options: FixOptions
    selection: RuleSelection

    def run(self) -> FixResult:
        first = self._lint({})
        if first.unreadable:
            reported = ", ".join(f"{skipped.place} ({skipped.reason})" for skipped in first.unreadable[:5])
            raise InputError(f"these files cannot be read: {reported}.")
        refused: dict[_Key, tuple[_Step, str]] = {}
        for _ in range(_ATTEMPTS):
            attempt = self._attempt(first, frozenset(refused))
            failed = _failed(first, attempt)
            if not failed:
                return self._fix_result(first, attempt, refused)
            refused |= failed
        return self._fix_result(first, _Attempt(first), refused)

    def _lint(self, texts: Mapping[str, str]) -> LintReport:
        from corsense.lint import lint_paths

        contents = {Path(below_here(path)): _encoded(path, text) for path, text in texts.items()}
        try:
            return lint_paths(self.paths, self.selection, contents)
        except FileNotFoundError as error:
            raise no_such_path(Path(str(error))) from None

    def _attempt(self, first: LintReport, refused: frozenset[_Key]) -> _Attempt:
        attempt = _Attempt(first)
        for _ in range(_ROUNDS):
            steps = list(self._steps(attempt.report, attempt.texts, refused, guesses=self.fix_options.unsafe))
            texts = _applied(steps, attempt.texts)
            texts, granted = apply_requested(
                texts, self._files(attempt.report, texts), self.fix_options, _refused_by_corsense(attempt.report)
            )
            if texts == attempt.texts and self.fix_options.protect:
                texts, granted = self._protected(attempt.report, texts)
            if texts == attempt.texts:
                break
            attempt.texts, attempt.granted = texts, (*attempt.granted, *granted)
            attempt.steps += steps
            attempt.report = self._lint(texts)
        return attempt

    def _protected(self, report: LintReport, texts: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
        """The texts with protection for each app that the linter says lacks it, and what was done. A layer that corsense would
        refuse keeps its place."""
        kept = _refused_by_corsense(report)
        touched: set[str] = set()
        titles: list[str] = []
        for finding in report.findings:
            target = _protection_target(finding)
            if target is None or kept.keys() & set(map(_absolute, target.layers)):
                continue
            if touched & set(map(_absolute, target.places)):
                continue  # lines of the report are those of its texts: this waits for the next round
            after, done = protect(texts, target)
            touched |= {file for file in after if after[file] != texts.get(file)}
            texts, titles = after, [*titles, *done]
        return texts, tuple(dict.fromkeys(titles))

    def _files(self, report: LintReport, texts: Mapping[str, str]) -> list[str]:
        """The files that configure CORS: those with findings, and those that name the middleware."""
        found = [str(finding.evidence.get("cors_file", "")) for finding in report.findings]
        if self.fix_options.adopt or self.fix_options.environment is not None:
            found += [str(file) for file in _files_below(self.paths)]
        return list(dict.fromkeys([*(os.path.abspath(file) for file in found if file), *texts]))

    def _steps(self, report: LintReport, texts: Mapping[str, str], refused: frozenset[_Key], *, guesses: bool) -> Iterator[_Step]:
        """For each finding the best of what is not refuted, what is safe first."""
        for finding in report.findings:
            if finding.severity == "info":
                continue
            possible = [
                step for step in self._possible(finding, texts) if (guesses or step.guess is None) and step.key not in refused
            ]
            if possible:
                yield min(possible, key=lambda step: step.guess is not None)

    def _possible(self, finding: Finding, texts: Mapping[str, str]) -> Iterator[_Step]:
        for candidate in _candidates(finding, self.named):
            before = text_of(candidate.place.file, texts) if is_users(candidate.place.file) else None
            if before is not None and candidate.apply(before) is not None:
                yield _Step(finding, candidate, candidate.guess or (_UNTRIED if candidate.proven_only else None))

    def _fix_result(self, first: LintReport, attempt: _Attempt, refused: Mapping[_Key, tuple[_Step, str]]) -> FixResult:
        done = [_repair(step, verified=True, applied=True) for step in attempt.steps]
        done += [FixOutcome(title, None, None, True, None, applied=True, by_lint=True) for title in attempt.granted]
        settled = {_identity(step.finding) for step in attempt.steps}
        failed = [
            _repair(step, verified=False, reason=reason)
            for step, reason in refused.values()
            if _identity(step.finding) not in settled
        ]
        hidden = [] if self.fix_options.unsafe else self._hidden(attempt, frozenset(refused))
        left = tuple(finding for finding in attempt.report.findings if finding.severity != "info")
        notes = [f"{skipped.place} is skipped: {skipped.reason}." for skipped in first.skipped]
        notes += [unused_note(finding) for finding in first.findings if finding.cause.slug == UNUSED]
        if self.fix_options.adopt:
            notes += [
                f"{below_here(file)} keeps its middleware: corsense's would refuse to start while it has {slug}."
                for file, slug in _refused_by_corsense(attempt.report).items()
            ]
        if self.fix_options.protect:
            notes += self._of_protection(attempt)
        name = ", ".join(map(str, self.paths))
        return FixResult("source", name, (*done, *failed, *hidden), _edits(attempt.texts), left, tuple(notes))

    def _of_protection(self, attempt: _Attempt) -> Iterator[str]:
        """What a person has to decide about the protection that is there now, and where it could not be added."""
        left = [target for finding in attempt.report.findings if (target := _protection_target(finding)) is not None]
        if attempt.granted:
            yield DECISIONS
        elif not left:
            yield "Nothing to protect: no app here lets forms do something in a user's name, as far as the source shows."
        kept = _refused_by_corsense(attempt.report)
        for target in left:
            yield why_not(target, next((kept[file] for file in map(_absolute, target.layers) if file in kept), None))

    def _hidden(self, attempt: _Attempt, refused: frozenset[_Key]) -> list[FixOutcome]:
        steps = self._steps(attempt.report, attempt.texts, refused, guesses=True)
        return [_repair(step) for step in steps if step.guess is not None]


def _repair(step: _Step, *, verified: bool | None = None, applied: bool = False, reason: str | None = None) -> FixOutcome:
    return FixOutcome(step.candidate.title, step.finding, step.guess, verified, reason, applied, by_lint=True)


def _candidates(finding: Finding, named: Sequence[str]) -> Iterator[Candidate]:
    """The edits to try for a finding of the linter, the best first."""
    slug, evidence, place = finding.cause.slug, finding.evidence, finding.place
    file, line = evidence.get("cors_file"), evidence.get("cors_line")
    if place is None or not isinstance(file, str) or not isinstance(line, int):
        return
    layer = Place(file, line)
    if slug == "cors-not-outermost":
        title = "add CORSMiddleware last, so that it is outermost"
        yield Candidate(
            layer, title, lambda text: edits.move_cors_outermost(text, line, place.line), moves=True, proven_only=True
        )
    elif slug in ("wildcard-with-credentials", "null-origin", "insecure-origin-with-credentials"):
        yield from _dangers(slug, str(evidence.get("value", "")), layer, named)
    elif slug.startswith("regex-") or slug == "public-suffix-origin":
        own = plain_candidates if slug == "regex-in-origins" else None
        yield from own(slug, evidence, layer) if own is not None else expression_candidates(slug, evidence, layer, named)
    else:
        # Whoever reads source sees where a literal stands, and adds no second one beside it.
        found = [candidate for candidate in origin_candidates(slug, evidence, layer) if not candidate.title.startswith("add ")]
        yield from found
        yield from plain_candidates(slug, evidence, layer)
    sent, allowed = evidence.get("sent"), evidence.get("allowed")
    if isinstance(sent, str) and isinstance(allowed, str):
        title = f"write {sent!r} in place of {allowed!r}"
        apply = edited(edits.rewrite_literal, place.line, allowed, sent)
        yield Candidate(place, title, apply, (sent,), guess=_SHARED)
    if slug == "env-split-without-strip" and not isinstance(sent, str):
        title = "strip white space from the setting's origins"
        yield Candidate(layer, title, lambda text: edits.strip_origins(text, line))


def _dangers(slug: str, value: str, layer: Place, named: Sequence[str]) -> Iterator[Candidate]:
    line = layer.line
    if slug == "wildcard-with-credentials" and named:
        title = f"name the origins that may send cookies: {', '.join(named)}"
        yield Candidate(layer, title, lambda text: edits.wildcard_to_origins(text, line, named), tuple(named))
    elif slug == "null-origin":
        title = "remove 'null' from the list"
        yield Candidate(layer, title, lambda text: edits.remove_origin(text, line, "null"), shuts=("null",))
    elif slug == "insecure-origin-with-credentials":
        secure = value.replace("http://", "https://", 1)
        title = f"write {secure!r} in place of {value!r}"
        apply = edited(edits.replace_origin, line, value, secure)
        yield Candidate(layer, title, apply, (secure,), shuts=(value,), guess=f"pages of {value} lose access")


def _applied(steps: Sequence[_Step], texts: Mapping[str, str]) -> dict[str, str]:
    found = dict(texts)
    for step in sorted(steps, key=lambda each: (each.candidate.moves, -each.candidate.place.line)):
        before = text_of(step.candidate.place.file, found)
        after = step.candidate.apply(before) if before is not None else None
        if after is not None:
            found[os.path.abspath(step.candidate.place.file)] = after
    return found


def _failed(first: LintReport, attempt: _Attempt) -> dict[_Key, tuple[_Step, str]]:
    """The steps that have not removed their finding; all of them where new findings appeared."""
    left = {_identity(finding) for finding in attempt.report.findings}
    failed = {step.key: (step, "the finding is still there") for step in attempt.steps if _identity(step.finding) in left}
    if failed:
        return failed
    before = {_identity(finding) for finding in first.findings}
    came = [finding for finding in attempt.report.findings if finding.severity != "info" and _identity(finding) not in before]
    if not came:
        return {}
    reason = f"it would lead to {came[0].cause.slug}: {came[0].message}"
    return {step.key: (step, reason) for step in attempt.steps}


def _identity(finding: Finding) -> _Key:
    """What makes a finding the same, wherever an edit has moved its place."""
    reported = ("sent", "allowed", "value", "methods", "headers", "keyword", "setting", "layer", "prefix", "handler")
    file = finding.place.file if finding.place is not None else ""
    return (finding.cause.slug, file, *(str(finding.evidence.get(name)) for name in reported))


def _refused_by_corsense(report: LintReport) -> dict[str, str]:
    """The files with a layer of Starlette's that corsense's policy would refuse when the app starts, and the fault of each."""
    found: dict[str, str] = {}
    for finding in report.findings:
        file = finding.evidence.get("cors_file")
        if isinstance(file, str) and finding.cause.slug in _REFUSED:
            found.setdefault(os.path.abspath(file), finding.cause.slug)
    return found


def _absolute(place: Place) -> str:
    return os.path.abspath(place.file)


def _protection_target(finding: Finding) -> ProtectionTarget | None:
    """Where protection goes for an app that the linter says has none; None for other findings."""
    if finding.cause.slug != "foreign-write":
        return None
    file, line = finding.evidence.get("cors_file"), finding.evidence.get("cors_line")
    layers = (Place(file, line),) if isinstance(file, str) and isinstance(line, int) else ()
    return ProtectionTarget(layers, finding.place, str(finding.evidence.get("app") or "") or None)


def _files_below(paths: Sequence[Path]) -> Iterator[Path]:
    from corsense.lint.files import scan

    for file in scan(paths).concern:
        text = source_of(str(file))
        if text is not None and _CORS in text:
            yield file


def _encoded(path: str, text: str) -> bytes:
    with open(path, "rb") as file:
        encoding = encoding_of(file.read(), path)
    return text.encode(encoding)


def _edits(texts: Mapping[str, str]) -> tuple[Edit, ...]:
    found = ((path, source_of(path), after) for path, after in sorted(texts.items()))
    return tuple(Edit(below_here(path), before, after) for path, before, after in found if before not in (None, after) and before)
