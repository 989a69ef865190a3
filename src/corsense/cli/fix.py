"""`corsense fix`: repair the source, and prove it before anything is written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corsense._terminal import accept
from corsense.cli.checking import Credentials, EngineChoice, asked_for
from corsense.cli.options import (
    BaseUrl,
    BehindProxy,
    Clients,
    Factory,
    Headers,
    Ignore,
    Origins,
    PastedCurl,
    PastedFetch,
    Python,
    Requests,
    Select,
    TimeLimit,
)
from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, cannot_load, fail
from corsense.report.formats import TextOrJson

if TYPE_CHECKING:
    from corsense.check.request import CheckRequest
    from corsense.fix.result import FixOptions, FixResult


def fix(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET",
            help="package.module:app, or files and folders of source. Default: the app that `fastapi dev` would run.",
            show_default=False,
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write/--diff", help="Write the files; by default a diff is printed.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="Also apply guesses and changes beyond CORS; each is marked.")
    ] = False,
    from_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read the origins from this environment variable, as in ALLOWED_ORIGINS.")
    ] = None,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Import CORSMiddleware from corsense; the program then needs corsense where it runs.")
    ] = False,
    protect: Annotated[
        bool,
        typer.Option(
            "--protect",
            help="Add corsense's protection in report mode: foreign writes are logged, not refused. The program then needs "
            "corsense where it runs.",
        ),
    ] = False,
    proposal: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Apply a proposal that `corsense policy tighten --format json` printed into a file."),
    ] = None,
    origin: Origins = None,
    request: Requests = None,
    header: Headers = None,
    credentials: Annotated[Credentials | None, typer.Option(help="Whether the page sends cookies.")] = None,
    engine: Annotated[EngineChoice, typer.Option(help="The browser engine whose rules apply.")] = EngineChoice.CHROMIUM,
    run_endpoints: Annotated[
        bool, typer.Option("--run-endpoints", help="Run the endpoints for real, several times; by default a stand-in answers.")
    ] = False,
    base_url: BaseUrl = None,
    behind_proxy: BehindProxy = None,
    client: Clients = None,
    curl: PastedCurl = None,
    fetch: PastedFetch = None,
    factory: Factory = False,
    python: Python = None,
    select: Select = None,
    ignore: Ignore = None,
    format: Annotated[TextOrJson, typer.Option(help="How to print the result.")] = TextOrJson.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the diffs and the last lines.")] = False,
    time_limit: TimeLimit = 30.0,
) -> None:
    """Repair the CORS of an app or of source. Each fix of an app is tried on the repaired app, in a process of its own, before
    anything is written: the failing requests pass, no other page gains access, no page loses the access it should have, and no
    replaced entry stays in a list.

    Exit status: 0 nothing to fix, or all fixed; 1 a diff was printed, or something is left; 2 the work could not be done.
    """
    from corsense.errors import InputError
    from corsense.fix.result import FixOptions
    from corsense.fix.write import WriteError, write_all
    from corsense.suppression import RuleSelection

    try:
        fix_options = FixOptions(unsafe_fixes, read_variable(from_env), adopt, protect)
        asked = asked_for(origin, request, header, credentials, engine, run_endpoints, base_url, behind_proxy, client)
        asked = replace(asked, selection=RuleSelection.of(Path(), select, ignore))
        silent = quiet or format is not TextOrJson.TEXT
        end_interrupted(write)
        if proposal is None:
            fix_result = make_fix_result(targets or [], asked, fix_options, curl, fetch, factory, time_limit, silent, python)
        else:
            fix_result = _proposed(proposal, targets or [], python)
        if write:
            write_all(fix_result.edits)
    except (InputError, WriteError) as error:
        fail(str(error))
    _print(fix_result, write, format, quiet)
    changed = bool(fix_result.edits) and not write
    raise typer.Exit(SOMETHING_FOUND if changed or not fix_result.is_done else NOTHING_FOUND)


def _proposed(proposal: str, targets: list[str], python: str | None) -> FixResult:
    from corsense.cli.tightening import fix_from_file
    from corsense.errors import InputError

    if len(targets) > 1:
        raise InputError("a proposal is applied to one app; name that one, for example main:app, or none.")
    return fix_from_file(proposal, targets[0] if targets else None, python)


def end_interrupted(write: bool) -> None:
    """With `write`, finish or undo an earlier run that was killed while it wrote; otherwise report it. Raises WriteError."""
    from corsense.fix.write import finish_interrupted, is_interrupted

    if not is_interrupted():
        return
    if write:
        print(f"corsense: {finish_interrupted()}", file=sys.stderr)
    else:
        print(
            "corsense: an earlier run was killed while it wrote; run corsense fix --write to finish or undo it.", file=sys.stderr
        )


def read_variable(name: str | None) -> str | None:
    """The name of an environment variable. Raises InputError for another name."""
    from corsense.errors import InputError, quoted

    if name is not None and not (name.isascii() and name.isidentifier()):
        raise InputError(
            f"{quoted(name)} is not the name of an environment variable; write for example --from-env ALLOWED_ORIGINS."
        )
    return name


def make_fix_result(
    targets: list[str],
    asked: CheckRequest,
    fix_options: FixOptions,
    curl: str | None,
    fetch: str | None,
    factory: bool,
    time_limit: float,
    silent: bool,
    python: str | None,
) -> FixResult:
    """The repair of what the options name; nothing is written. Raises InputError when they cannot be used; where an app cannot be
    loaded, the command ends."""
    from corsense.cli.configured import configuration_for, configured_origins, with_configuration
    from corsense.errors import InputError, quoted

    for named in targets:
        if "://" in named or named.lower().endswith(".har"):
            raise InputError(f"{quoted(named)} has no source to repair; name the app, for example main:app, or its files.")
    if curl is not None and fetch is not None:
        raise InputError("`--curl` conflicts with `--fetch`; drop one.")
    configuration = configuration_for(targets[0] if targets else None)
    sources = [target for target in targets if is_source(target)]
    if sources and len(sources) == len(targets):
        if asked.operations or asked.headers or curl is not None or fetch is not None:
            raise InputError("a request can be tried on an app only; name it, for example main:app, in place of its files.")
        return _on_source(sources, with_configuration(asked, configuration), fix_options)
    if len(targets) > 1:
        raise InputError("only one app can be fixed at a time; several targets must be existing files or folders of source.")
    target = targets[0] if targets else None
    pasted = curl if curl is not None else fetch
    if pasted is not None:
        from corsense._terminal import read_standard_input
        from corsense.check.pasted import with_pasted

        text = read_standard_input() if pasted == "-" else pasted
        # The URL of a pasted request says where it was sent, not what is to be repaired.
        kind: Literal["curl", "fetch"] = "curl" if curl is not None else "fetch"
        asked, _ = with_pasted(asked, text, kind, target, configured_origins(configuration))
    return _on_app(target, with_configuration(asked, configuration), fix_options, factory, time_limit, silent, python)


def is_source(target: str) -> bool:
    """Whether a target names source, which is repaired without loading an app."""
    return ":" not in target and (target.endswith(".py") or Path(target).is_dir())


def _on_source(paths: list[str], asked: CheckRequest, fix_options: FixOptions) -> FixResult:
    from corsense.fix.source import fix_source

    return fix_source(paths, asked.origins, fix_options, asked.selection)


def _on_app(
    target: str | None,
    asked: CheckRequest,
    fix_options: FixOptions,
    factory: bool,
    time_limit: float,
    silent: bool,
    python: str | None,
) -> FixResult:
    from corsense.app.agent_start import launch_ahead
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.cli.interpreter import interpreter_for

    try:
        named = AppTarget.parse(target, factory=factory)
        interpreter = interpreter_for(named.directory, python, silent=silent).path
        with AppSession.start(named, time_limit=time_limit, lifespan=asked.run_endpoints, python=interpreter) as session:
            from corsense.cli.progress import progress
            from corsense.fix.app import AppFix  # imported while the app is, in its own process

            launch_ahead(
                interpreter
            )  # the repaired app has to be tried in a fresh process: while this one waits, let it get ready
            _ = session.description
            with progress(silent) as advance:
                return AppFix(named, asked, fix_options, time_limit, advance, interpreter).run(session)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        cannot_load(error)


def _print(fix_result: FixResult, written: bool, format: TextOrJson, quiet: bool) -> None:
    if format is TextOrJson.JSON:
        from corsense.report.repairs import fix_result_document

        accept("json")
        print(fix_result_document(fix_result, written=written and bool(fix_result.edits)).printed())
        return
    from corsense.cli.terminal import terminal
    from corsense.report.repairs import FixText

    FixText(terminal(), quiet=quiet).print(fix_result, written=written)
