"""`corsense watch`: the last check again, whenever source changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corsense.cli.checking import Credentials, EngineChoice
from corsense.cli.options import (
    BaseUrl,
    BehindProxy,
    Clients,
    Factory,
    Headers,
    Ignore,
    Origins,
    Python,
    Requests,
    Select,
    TimeLimit,
)
from corsense.cli.process import COULD_NOT_WORK, NOTHING_FOUND, SOMETHING_FOUND, cannot_load, fail

if TYPE_CHECKING:
    from corsense.check.request import CheckRequest
    from corsense.dev.watching import Watch


def watch(
    target: Annotated[
        str | None,
        typer.Argument(
            help="package.module:app. Default: what the last `corsense check` in this folder checked, with its options.",
            show_default=False,
        ),
    ] = None,
    origin: Origins = None,
    request: Requests = None,
    header: Headers = None,
    credentials: Annotated[Credentials | None, typer.Option(help="Whether the page sends cookies.")] = None,
    engine: Annotated[
        EngineChoice | None, typer.Option(help="The browser engine whose rules apply. Default: chromium.", show_default=False)
    ] = None,
    run_endpoints: Annotated[
        bool,
        typer.Option("--run-endpoints", help="Run the endpoints for real, after every change; by default a stand-in answers."),
    ] = False,
    base_url: BaseUrl = None,
    behind_proxy: BehindProxy = None,
    client: Clients = None,
    factory: Factory = False,
    python: Python = None,
    select: Select = None,
    ignore: Ignore = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Information too, and every request of the first check.")
    ] = False,
    time_limit: TimeLimit = 30.0,
) -> None:
    """Check an app again whenever its source changes, and print only what the change did: fixed, new, still there.

    Without a target and options of a check, the last `corsense check` of this folder is made again. Watches the Python files, the
    `.env` files and the configuration below the folder of the app. Ctrl-C ends it. Needs `pip install 'corsense[dev]'`.

    Exit status: as that of the last check: 0 nothing found, 1 something found, 2 the app could not be checked.
    """
    options: dict[str, Any] = {
        "origin": origin,
        "request": request,
        "header": header,
        "credentials": credentials,
        "engine": engine,
        "run_endpoints": run_endpoints,
        "base_url": base_url,
        "behind_proxy": behind_proxy,
        "client": client,
        "factory": factory,
        "python": python,
        "select": select,
        "ignore": ignore,
    }
    if target is None and all(value is None or value is False for value in options.values()):
        target, options = _of_last_check(options)
    _run(target, options, verbose, time_limit)


def _of_last_check(options: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Target and options of the last check in this folder. Endpoints that it ran do not run again by themselves."""
    from corsense.dev.last_check import last_check

    found = last_check(os.getcwd())
    if found is None:
        print("corsense: no check was made in this folder; watching the app that `fastapi dev` would run.", file=sys.stderr)
        return None, dict(options)
    if found.left_out:
        named = f" {found.target}" if found.target else ""
        fail(
            f"the last check in this folder used {' and '.join(found.left_out)}, whose values are not kept; "
            f"name them again: corsense watch{named} {found.left_out[0]} ..."
        )
    known = {name: value for name, value in found.options.items() if name in options and _is_kind(name, value)}
    if known.pop("run_endpoints", False):
        print("corsense: endpoints do not run after every change; --run-endpoints runs them.", file=sys.stderr)
    return found.target, {**options, **known}


def _is_kind(name: str, value: object) -> bool:
    """Whether a value that was kept is one of an option: another version, or another program, may have written it."""
    if name in ("origin", "request", "client", "select", "ignore"):
        return isinstance(value, list)
    if name in ("run_endpoints", "behind_proxy", "factory"):
        return isinstance(value, bool)
    kinds = {"credentials": Credentials, "engine": EngineChoice}
    return isinstance(value, str) and (name not in kinds or value in set(kinds[name]))


def _run(target: str | None, options: Mapping[str, Any], verbose: bool, time_limit: float) -> None:
    from corsense.app.errors import AppLoadError
    from corsense.errors import InputError

    try:
        prepared, folders = _prepared(target, options, verbose, time_limit)
    except InputError as error:
        fail(str(error))
    except AppLoadError as error:
        cannot_load(error)
    try:
        from corsense.dev.files import changed_files
    except ModuleNotFoundError as error:
        if error.name != "watchfiles":
            raise
        fail("watching files needs watchfiles, which is not installed; run: pip install 'corsense[dev]'")
    try:
        for files in changed_files(folders):
            if files:
                prepared.again(files)
            else:
                prepared.first()
                prepared.lines.plain()
                place, waited_for = os.path.relpath(folders[0]), prepared.waits_for
                until = f"Waiting until {waited_for} can be loaded: watching" if waited_for else "Watching"
                prepared.lines.plain([(f"{until} {place} for changes. Ctrl-C ends.", "dim")])
    except KeyboardInterrupt:
        print(file=sys.stderr)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        fail(f"the files of {folders[0]} cannot be watched ({error}); set WATCHFILES_FORCE_POLLING=1 to look at them in turn.")
    found = prepared.found_something
    raise typer.Exit(COULD_NOT_WORK if found is None else SOMETHING_FOUND if found else NOTHING_FOUND)


def _prepared(target: str | None, options: Mapping[str, Any], verbose: bool, time_limit: float) -> tuple[Watch, list[str]]:
    """The check, and the folders to watch. Raises InputError for options that cannot be used, AppLoadError for a target that
    names no app."""
    from corsense.app.target import AppTarget
    from corsense.cli.checking import asked_for
    from corsense.cli.configured import configuration_for, with_configuration
    from corsense.cli.interpreter import interpreter_for
    from corsense.cli.terminal import terminal
    from corsense.dev.watching import Watch
    from corsense.errors import InputError, quoted
    from corsense.report.fix_command import app_target, fix_command
    from corsense.report.fix_hint import FixHint
    from corsense.suppression import RuleSelection

    if target is not None and ("://" in target or target.lower().endswith(".har")):
        raise InputError(f"{quoted(target)} has no source that changes; name the app, for example main:app.")
    once = asked_for(
        options["origin"],
        options["request"],
        options["header"],
        Credentials(options["credentials"]) if options["credentials"] else None,
        EngineChoice(options["engine"]) if options["engine"] else EngineChoice.CHROMIUM,
        options["run_endpoints"],
        options["base_url"],
        options["behind_proxy"],
        options["client"],
    )

    def ask() -> CheckRequest:
        selection = RuleSelection.of(Path(), options["select"], options["ignore"])
        return with_configuration(replace(once, selection=selection), configuration_for(target))

    named = AppTarget.parse(target, factory=options["factory"])
    interpreter = interpreter_for(named.directory, options["python"])
    hint = FixHint(
        fix_command([app_target(target, named.name)], {name.replace("_", "-"): each for name, each in options.items()})
    )
    lines = replace(terminal(), write=partial(print, flush=True))  # each answer at once, into a pipe too
    watched = Watch(target, ask, lines, interpreter.path, options["factory"], time_limit, verbose, hint)
    folders = sorted({named.directory, *named.paths}, key=len)
    return watched, [
        one for one in folders if not any(one != other and one.startswith(os.path.join(other, "")) for other in folders)
    ]
