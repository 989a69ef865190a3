"""`corsense policy`: show a policy, check it, compare two, and ask it about an origin."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from corsense.cli import NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.cli.options import Python
from corsense.cli.tightening import tighten
from corsense.report.policy_documents import decision_document, fault_document, faults_document, policy_json

if TYPE_CHECKING:
    from corsense.policy import Fault, Policy
    from corsense.readers.policy import RunningPolicyError

app = typer.Typer(
    help="Look at a policy: what it allows, whether it is valid, how it differs from another, how it treats an origin, and "
    "how much of it is used.\n\n"
    "POLICY is module:policy, module:app, a .toml or .json file, or 'env'. Without it, the policy is that of the environment, "
    ".env and [tool.corsense.policy].",
    no_args_is_help=True,
)

Source = Annotated[
    str | None,
    typer.Argument(
        metavar="POLICY",
        help="module:policy, module:app, a .toml or .json file, or 'env'; env:ALLOWED_ORIGINS where the origins are in "
        "another variable. Default: environment, .env and [tool.corsense.policy].",
        show_default=False,
    ),
]


class Format(StrEnum):
    """How to print the answer."""

    TEXT = "text"
    JSON = "json"


Printed = Annotated[Format, typer.Option(help="How to print the answer.")]


@app.command()
def show(source: Source = None, python: Python = None, format: Printed = Format.TEXT) -> None:
    """Print the policy, as Python that can be pasted. Exit status: 0, or 1 when an app runs with a policy that has faults."""
    from corsense.faults import PolicyError
    from corsense.readers.policy import RunningPolicyError

    try:
        policy = load_named(source, python)
    except RunningPolicyError as running:
        _show_running(running, format)
        raise typer.Exit(SOMETHING_FOUND) from None
    except PolicyError as error:
        refuse(source, error.faults)
    _print(format, {"policy": policy.document()}, repr(policy))


def _show_running(running: RunningPolicyError, format: Format) -> None:
    number = "a fault" if len(running.faults) == 1 else f"{len(running.faults)} faults"
    lines = [running.written, f"The app runs with it. It has {number}, which corsense's middleware would refuse:"]
    text = "\n".join([*lines, *(f"- {fault}" for fault in running.faults)])
    keywords = {
        name: list(value) if isinstance(value, set | frozenset | tuple) else value for name, value in running.keywords.items()
    }
    _print(format, {"policy": keywords, "faults": [fault_document(fault) for fault in running.faults]}, text)


@app.command()
def check(source: Source = None, format: Printed = Format.TEXT) -> None:
    """List everything that is wrong with the policy. Exit status: 0 nothing, 1 something, 2 there is no policy to check."""
    from corsense.faults import PolicyError

    faults: tuple[Fault, ...] = ()
    try:
        load_named(source)
    except PolicyError as error:
        faults = error.faults
    if any(fault.slug == "no-origins" for fault in faults) and len(faults) == 1 and _is_environment(source):
        fail(f"there is no policy to check. {faults[0].remedy}{_under_another_name(source)}")
    lines = [str(fault) for fault in faults] or ["nothing is wrong with this policy"]
    _print(format, faults_document(faults), "\n".join(lines))
    raise typer.Exit(SOMETHING_FOUND if faults else NOTHING_FOUND)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="module:policy, a .toml or .json file, or 'env'.")],
    after: Source = None,
    format: Printed = Format.TEXT,
) -> None:
    """Show who gains and who loses access when one policy replaces another. Exit status: 0 no one, 1 someone."""
    changes = valid_policy(before).diff(valid_policy(after))
    kinds = {
        kind: [{"field": change.field, "value": change.value, "message": change.sentence} for change in getattr(changes, kind)]
        for kind in ("gained", "lost", "changed")
    }
    _print(format, kinds, str(changes))
    raise typer.Exit(SOMETHING_FOUND if changes else NOTHING_FOUND)


@app.command()
def explain(
    origin: Annotated[str, typer.Argument(help="The origin of a page, such as https://app.example.com.")],
    source: Source = None,
    format: Printed = Format.TEXT,
) -> None:
    """Say whether the policy allows pages of an origin, and why. Exit status: 0 it does, 1 it does not."""
    answer = decision_document(valid_policy(source), origin)
    _print(format, answer, str(answer["message"]))
    raise typer.Exit(NOTHING_FOUND if answer["allowed"] else SOMETHING_FOUND)


@app.command()
def replay(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOGS...",
            help="Access logs, HAR files, spans, tables, folders of observations: paths, globs, addresses of object storage.",
            show_default=False,
        ),
    ],
    policy: Annotated[
        str,
        typer.Option(
            "--policy", metavar="POLICY", help="The policy to try: module:app, module:policy, a .toml or .json file, or 'env'."
        ),
    ],
    current: Annotated[
        str | None,
        typer.Option(
            "--current",
            metavar="POLICY",
            help="The policy to compare with. Default: the answers in the logs, or the verdicts in the observations.",
            show_default=False,
        ),
    ] = None,
    app_name: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="MODULE:APP",
            help="The app whose routes name the paths. Default: POLICY, where it is an app; else paths are shown as shapes.",
            show_default=False,
        ),
    ] = None,
    log_format: Annotated[
        str,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="auto, caddy, traefik, aws-waf, har, otel, or the format string of nginx (log_format) or Apache (LogFormat).",
        ),
    ] = "auto",
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=KEY",
            help="Where a JSON-lines log or a table keeps a field, such as origin=http.headers.origin. Repeatable.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="ADDRESS", help="duckdb, spark://HOST:PORT, spark://local[2], bigquery://... or athena://..."
        ),
    ] = "duckdb",
    python: Python = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    format: Printed = Format.TEXT,
) -> None:
    """List the requests in logs that a policy would refuse or allow, unlike today.

    Caddy's access log can be read as it is; docs/how-to/replay.md has the setting that adds Origin to the log of other servers.
    Exit status: 0 nothing changes, 1 something changes, 2 nothing could be judged."""
    from corsense.cli.replaying import NamedPolicy, judge_logs, read_keys
    from corsense.replay.replaying import Reading

    reading = Reading(engine, log_format, read_keys(key or []))
    tried = NamedPolicy(valid_policy(policy, python), policy)
    today = NamedPolicy(valid_policy(current, python), current) if current is not None else None
    result = judge_logs(logs, tried, today, app_name, python, reading, silent=quiet)
    if format is Format.JSON:
        from corsense.report.replayed import replay_document

        print(replay_document(result).printed())
    else:
        from corsense.report.replayed import replay_text

        print(replay_text(result))
    raise typer.Exit(SOMETHING_FOUND if result.found else NOTHING_FOUND)


def valid_policy(source: str | None, python: str | None = None) -> Policy:
    """The policy, which must be valid: its faults end the command with status 2."""
    from corsense.faults import PolicyError

    try:
        return load_named(source, python)
    except PolicyError as error:
        refuse(source, error.faults)


def refuse(source: str | None, faults: tuple[Fault, ...]) -> NoReturn:
    """End the command with the first fault of a policy, and status 2."""
    more = f" ({len(faults) - 1} more; `corsense policy check` lists them)" if len(faults) > 1 else ""
    unread = _under_another_name(source) if faults[0].slug == "no-origins" else ""
    fail(f"the policy is not valid: {faults[0]}{more}{unread}")


def load_named(source: str | None, python: str | None = None) -> Policy:
    """The policy that `source` names; code is imported with the interpreter of its environment. Raises PolicyError for one with
    faults; where there is none, the command ends."""
    from corsense.errors import InputError
    from corsense.readers.policy import load_policy

    logging.getLogger("corsense").addHandler(logging.NullHandler())  # what a layer refuses is printed here, once
    warnings.showwarning = lambda message, *_, **__: print(f"corsense: {message}", file=sys.stderr)
    try:
        if source is None or _is_environment(source):
            return _configured(_names_in(source))
        return load_policy(source, Path.cwd()) if source.endswith((".toml", ".json")) else _of_code(source, python)
    except InputError as error:
        remedy = _settings_remedy(error.__cause__)
        fail(f"{error} {remedy}" if remedy else str(error))


def _settings_remedy(cause: BaseException | None) -> str | None:
    from corsense.app.agent.missing_settings import settings_remedy

    return settings_remedy(cause) if cause is not None else None


def _of_code(source: str, python: str | None) -> Policy:
    """The policy that Python code makes. Raises `PolicyError` and `InputError`."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.cli.interpreter import interpreter_for
    from corsense.readers.policy import load_policy

    try:
        interpreter = interpreter_for(str(Path.cwd()), python)
        if interpreter.is_own:
            return load_policy(source, Path.cwd())
        from corsense.check.policy import policy_elsewhere

        return policy_elsewhere(source, Path.cwd(), interpreter.path)
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        fail(f"{error} {error.remedy}" if error.remedy else str(error))


def _is_environment(source: str | None) -> bool:
    return source is None or source == "env" or source.startswith("env:")


def _names_in(source: str | None) -> tuple[str, ...]:
    """The variables that `env:ALLOWED_ORIGINS` names for the origins."""
    named = (source or "").partition(":")[2]
    return tuple(name.strip() for name in named.split(",") if name.strip())


def _under_another_name(source: str | None) -> str:
    """The variable that probably holds the origins, where the one that was looked for is not set."""
    from dotenv import dotenv_values

    if not _is_environment(source) or _names_in(source):
        return ""
    held = {**dotenv_values(".env"), **os.environ}
    name = next((name for name, text in sorted(held.items()) if "ORIGIN" in name.upper() and (text or "").strip()), None)
    return f" {name} is set: if it holds the origins, name it with env:{name}." if name is not None else ""


def _configured(names: tuple[str, ...]) -> Policy:
    """The policy of environment, `.env` and `pyproject.toml`, the origins also from the variables `names`. Raises `PolicyError`
    and `InputError`."""
    import tomllib

    from corsense.errors import InputError
    from corsense.settings import CORSSettings, ValidationError

    try:
        return CORSSettings.named(*names)().policy
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"pyproject.toml or .env cannot be read: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))} cannot be read: {first['msg']}.") from None


def _print(format: Format, document: dict[str, Any], text: str) -> None:
    if format is Format.JSON:
        print(policy_json(document))
    else:
        print(text)


app.command()(tighten)
