"""`corsense policy tighten`: the least policy that keeps every legitimate request that was observed."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corsense._terminal import accept
from corsense.cli.options import Python
from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail

if TYPE_CHECKING:
    from corsense.fix.result import FixResult
    from corsense.fix.tightened import SourceProposal
    from corsense.observe.lines import Observations
    from corsense.observe.tighten import PolicyProposal
    from corsense.policy import Policy


class TightenFormat(StrEnum):
    """How to print the proposal."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


def tighten(
    observations: Annotated[
        list[str], typer.Argument(metavar="OBSERVATIONS...", help="Folders or files that the middleware wrote with observe=....")
    ],
    current: Annotated[
        str | None,
        typer.Option(
            metavar="POLICY",
            help="The policy of today: package.module:app, package.module:policy, a .toml or .json file, or 'env'.",
        ),
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="The API has no logins: accept origins that succeed without credentials.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Apply the verified diff to the code of --current.")] = False,
    format: Annotated[TightenFormat, typer.Option(help="How to print the proposal.")] = TightenFormat.TEXT,
    python: Python = None,
) -> None:
    """Propose the least policy that keeps every legitimate observed request: which origins, methods, headers and credentials were
    used, with the evidence for each; what was unused; who would lose access; what was left out, and why. A proposal needs 7 days
    and 100 successful requests, and it allows nothing that --current refuses.

    Exit status: 0 nothing to tighten; 1 a proposal; 2 there is no proposal, for example because there is too little evidence.
    """
    from corsense.errors import InputError
    from corsense.observe.tighten import tighten as propose
    from corsense.readers.observations import read_observations

    try:
        if write and (current is None or not _is_code(current)):
            raise InputError("--write needs the code to change; give --current package.module:app.")
        seen = read_observations(observations)
        today = None if current is None else _current(current, python)
        proposal = propose(seen.requests, today, anonymous=anonymous, unkept=seen.unkept)
        source = _source(current, proposal, seen, python)
        if write:
            _write(source)
    except InputError as error:
        fail(str(error))
    _print(proposal, current, source, seen.broken, format, write)
    changed = proposal.current is None or bool(proposal.current.diff(proposal.policy))
    raise typer.Exit(SOMETHING_FOUND if changed and not write else NOTHING_FOUND)


def _is_code(current: str) -> bool:
    return ":" in current and not current.startswith("env:")


def fix_from_file(path: str, target: str | None, python: str | None) -> FixResult:
    """The repair that applies a proposal which `corsense policy tighten --format json` printed into a file. Raises InputError."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.cli.interpreter import interpreter_for
    from corsense.cli.process import cannot_load
    from corsense.errors import InputError, quoted
    from corsense.faults import PolicyError
    from corsense.fix.tightened import ProvenChange, fix_of_proposal
    from corsense.readers.policy import load_policy

    if not path.endswith(".json"):
        raise InputError(f"{quoted(path)} is not a proposal; make one with corsense policy tighten --format json.")
    try:
        policy = load_policy(path, Path.cwd())
    except PolicyError as error:
        raise InputError(f"{quoted(path)} holds no valid policy: {error.faults[0]}") from None
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    before, after, source = (found.get(name) for name in ("today", "fixed", "current"))
    if not (isinstance(before, dict) and isinstance(after, dict) and isinstance(source, str)):
        raise InputError(
            f"{quoted(path)} has no verified diff of an app; make one with corsense policy tighten --current main:app."
        )
    source = target or source
    try:
        interpreter = interpreter_for(str(Path.cwd()), python).path
        return fix_of_proposal(source, policy, _current(source, python), ProvenChange(before, after), interpreter)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        cannot_load(error)


def _current(current: str, python: str | None) -> Policy:
    """The policy of today; also one that corsense would refuse, as far as it can be understood."""
    from corsense.cli.named_policy import load_named, refuse
    from corsense.policy import Policy, PolicyError
    from corsense.policy.keywords import HATCHES
    from corsense.readers.policy import RunningPolicyError

    try:
        return load_named(current, python)
    except RunningPolicyError as running:
        given: dict[str, Any] = {name: value for name, value in running.keywords.items() if value is not None}
        try:
            return Policy(**{**given, **dict.fromkeys(HATCHES, True)})
        except (PolicyError, TypeError):
            refuse(current, running.faults)
    except PolicyError as error:
        refuse(current, error.faults)


def _source(current: str | None, proposal: PolicyProposal, seen: Observations, python: str | None) -> SourceProposal | None:
    """The edit of the code, where --current names code that has to change."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.cli.interpreter import interpreter_for
    from corsense.fix.tightened import SourceProposal, policy_fix

    if current is None or not _is_code(current) or proposal.current is None or proposal.current == proposal.policy:
        return None
    try:
        return policy_fix(
            current, proposal.policy, proposal.current, seen.requests, interpreter_for(str(Path.cwd()), python).path
        )
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        return SourceProposal(None, f"{current} is not an app whose code can be changed: {error}")


def _write(source: SourceProposal | None) -> None:
    from corsense.errors import InputError
    from corsense.fix.write import WriteError, write_all

    if source is None:
        return
    if source.fix is None or not source.fix.verified:
        raise InputError(f"nothing was written: {source.reason or 'the diff could not be verified.'}")
    try:
        write_all(source.fix.edits)
    except WriteError as error:
        fail(str(error))


def _print(
    proposal: PolicyProposal,
    current: str | None,
    source: SourceProposal | None,
    broken: int,
    format: TightenFormat,
    written: bool,
) -> None:
    if format is TightenFormat.JSON:
        from corsense.report.policy_proposal import tighten_document

        accept("json")
        print(tighten_document(proposal, current, source, broken).printed())
    elif format is TightenFormat.HTML:
        from corsense.report.html.proposal import html_proposal

        print(html_proposal(proposal, source, broken), end="")
    else:
        from corsense.report.policy_proposal import tighten_text

        print(tighten_text(proposal, source, broken, diff=not written))
        if written and source is not None and source.fix is not None:
            print(f"\nWrote {', '.join(edit.file for edit in source.fix.edits)}.")
