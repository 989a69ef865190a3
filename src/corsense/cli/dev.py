"""`corsense dev`: serve the app as `fastapi dev` does, with the inspector."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli.options import Factory, Python
from corsense.cli.process import COULD_NOT_WORK, NOTHING_FOUND, cannot_load, fail

if TYPE_CHECKING:
    from corsense.app.target import AppTarget

_RUNNING_IN = "CORSENSE_DEV_PYTHON"
"""Variable with the interpreter of the app that this program was started again in."""


def dev(
    target: Annotated[
        str | None,
        typer.Argument(
            help="package.module:app, or the path of a file. Default: the app that `fastapi dev` would run.", show_default=False
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on. 0.0.0.0: every one of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on. 0: a free one.", envvar="PORT", min=0, max=65_535)] = 8000,
    reload: Annotated[bool, typer.Option("--reload/--no-reload", help="Start anew whenever source changes.")] = True,
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(help="A folder whose changes count. Repeatable. Default: the working directory.", show_default=False),
    ] = None,
    root_path: Annotated[str, typer.Option(help="The path under which a proxy in front serves the app.")] = "",
    app: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable that holds the app in its module.", show_default=False)
    ] = None,
    entrypoint: Annotated[
        str | None,
        typer.Option("--entrypoint", "-e", metavar="MODULE:APP", help="The app, as for `fastapi dev`.", show_default=False),
    ] = None,
    factory: Factory = False,
    proxy_headers: Annotated[
        bool, typer.Option("--proxy-headers/--no-proxy-headers", help="Believe X-Forwarded-For and X-Forwarded-Proto.")
    ] = True,
    forwarded_allow_ips: Annotated[
        str | None,
        typer.Option(metavar="ADDRESSES", help="Whose X-Forwarded headers are believed. Default: loopback.", show_default=False),
    ] = None,
    python: Python = None,
) -> None:
    """Serve an app as `fastapi dev` does, by uvicorn with reload, and show what browsers do with its cross-origin requests.

    The terminal prints each cause once, as `corsense check` does, when a browser refuses a request or hides something of the
    answer. The page /__corsense__ lists every cross-origin request with the browser's verdict; it opens on this machine only.
    Ctrl-C ends it. Needs `pip install 'corsense[dev]'`.

    Exit status: 0 it was ended, 2 the app could not be served.
    """
    from corsense.app.errors import AppLoadError
    from corsense.errors import InputError

    try:
        found = _target(_named_once(target, app, entrypoint), app, factory)
        _run_in_its_interpreter(found, python)
        _insist_on_a_module(found)
    except AppLoadError as error:
        cannot_load(error)
    except InputError as error:
        fail(str(error))
    _refuse_production()
    os.environ.setdefault("FASTAPI_ENV", "development")  # as `fastapi dev` does
    try:
        from corsense.dev.serving import Serving
    except ModuleNotFoundError as error:
        if error.name != "uvicorn":
            raise
        fail("serving needs uvicorn, which is not installed; run: pip install 'corsense[dev]'")
    folders = tuple(str(folder) for folder in reload_dir or ())
    serving = Serving(found, host, port, reload, folders, root_path, proxy_headers, forwarded_allow_ips)
    try:
        could = serving.run(lambda line: print(line, flush=True))
    except InputError as error:
        fail(str(error))
    raise typer.Exit(NOTHING_FOUND if could else COULD_NOT_WORK)


def _named_once(target: str | None, app: str | None, entrypoint: str | None) -> str | None:
    """The target, however it was given. Raises InputError when it was given twice."""
    from corsense.errors import InputError, quoted

    if entrypoint is not None and (target is not None or app is not None):
        other = quoted(target) if target is not None else f"--app {app}"
        raise InputError(f"--entrypoint {quoted(entrypoint)} conflicts with {other}; drop one of them.")
    return target if entrypoint is None else entrypoint


def _target(target: str | None, app: str | None, factory: bool) -> AppTarget:
    """The app. Raises AppLoadError and InputError."""
    from corsense.app.target import AppTarget
    from corsense.errors import InputError, quoted

    if target is not None and ("://" in target or target.lower().endswith(".har")):
        raise InputError(f"{quoted(target)} is no app that can be served; name it, for example main:app.")
    found = AppTarget.parse(target, factory=factory)
    if app is None:
        return found
    if not all(part.isidentifier() for part in app.split(".")):
        raise InputError(f"--app {quoted(app)} is not a name; name the variable that holds the app.")
    return replace(found, attribute=app)


def _run_in_its_interpreter(found: AppTarget, option: str | None) -> None:
    """Become the same command in the interpreter of the app, where that is another one. Raises AppLoadError and InputError."""
    from corsense.cli.interpreter import interpreter_for

    interpreter = interpreter_for(found.directory, option, silent=_RUNNING_IN in os.environ)
    if interpreter.is_own or os.environ.get(_RUNNING_IN) == interpreter.path:
        return
    from corsense.dev.elsewhere import command_in, environment_for

    os.execve(interpreter.path, command_in(interpreter.path, sys.argv[1:]), environment_for(interpreter.path, _RUNNING_IN))


def _insist_on_a_module(found: AppTarget) -> None:
    """Raises InputError when the module of a target does not exist. It is not imported."""
    from corsense.dev.elsewhere import is_module
    from corsense.errors import InputError, nearest, quoted

    if is_module(found.module, found.paths):
        return
    names = [file.stem for folder in found.paths for file in Path(folder).glob("*.py")]
    near = nearest(found.module, names)
    instead = f"did you mean {near}?" if near is not None else "name the app as package.module:app, or the path of its file."
    raise InputError(f"there is no module {quoted(found.module)} in {found.paths[0]}; {instead}")


def _refuse_production() -> None:
    from corsense.dev.inspector.production import production_sign

    sign = production_sign()
    if sign is not None:
        fail(
            f"corsense dev is for development and does not start in production ({sign}); serve with `fastapi run` there, or "
            "correct that variable if this is a development machine."
        )
