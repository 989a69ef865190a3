"""`corsense policy`: show a policy, check it, compare two, and ask it about an origin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli.named_policy import is_environment, load_named, refuse, under_another_name, valid_policy
from corsense.cli.options import Python
from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.report.formats import TextOrJson
from corsense.report.policy_documents import (
    fault_document,
    faults_document,
    policy_diff_document,
    policy_explanation_document,
    policy_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corsense.policy import Fault, PolicyDiff
    from corsense.readers.policy import RunningPolicyError

app = typer.Typer(
    help="Look at a policy: what it allows, whether it is valid, how it differs from another, how it treats an origin, and "
    "how much of it is used.\n\n"
    "POLICY is module:policy, module:app, a .toml or .json file, the configuration of a proxy such as nginx.conf, or 'env'. "
    "Without it, the policy is that of the environment, "
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


Printed = Annotated[TextOrJson, typer.Option(help="How to print the answer.")]


@app.command(short_help="Print a policy as Python that can be pasted.")
def show(source: Source = None, python: Python = None, format: Printed = TextOrJson.TEXT) -> None:
    """Print the policy, as Python that can be pasted. Exit status: 0, or 1 when an app runs with a policy that has faults."""
    from corsense.faults import PolicyError
    from corsense.readers.policy import RunningPolicyError

    try:
        policy = load_named(source, python)
    except RunningPolicyError as running:
        _show_running(running, source, format)
        raise typer.Exit(SOMETHING_FOUND) from None
    except PolicyError as error:
        refuse(source, error.faults)
    if format is TextOrJson.JSON:
        print(policy_json({"policy": policy.document()}))
    else:
        _print_policy(repr(policy))


def _show_running(running: RunningPolicyError, source: str | None, format: TextOrJson) -> None:
    keywords = {
        name: list(value) if isinstance(value, set | frozenset | tuple) else value for name, value in running.keywords.items()
    }
    if format is TextOrJson.JSON:
        print(policy_json({"policy": keywords, "faults": [fault_document(fault) for fault in running.faults]}))
        return
    _print_policy(running.written)
    print("\nThe app runs with this policy. corsense's middleware would refuse it:\n")
    _print_faults(running.faults, source)


def _print_policy(call: str) -> None:
    """Print a policy as source that can be pasted: on one line where it fits, else a line an argument."""
    import ast

    from corsense.cli.terminal import terminal

    lines = terminal()
    try:
        tree = ast.parse(call, mode="eval").body
    except SyntaxError:  # a function has no source of its own
        tree = None
    if len(call) <= lines.width or not isinstance(tree, ast.Call) or tree.args:
        lines.exact(call)
        return
    lines.exact(f"{ast.unparse(tree.func)}(")
    for keyword in tree.keywords:
        written = f"    {keyword.arg}={ast.unparse(keyword.value)},"
        if len(written) <= lines.width or not isinstance(keyword.value, ast.List):
            lines.exact(written)
            continue
        for row in (f"    {keyword.arg}=[", *(f"        {ast.unparse(entry)}," for entry in keyword.value.elts), "    ],"):
            lines.exact(row)
    lines.exact(")")


def _print_faults(faults: Sequence[Fault], source: str | None) -> None:
    from corsense.cli.terminal import terminal
    from corsense.report.policy_faults import print_faults

    print_faults(faults, source, Path.cwd(), terminal())


@app.command(short_help="List everything that is wrong with a policy.")
def check(source: Source = None, format: Printed = TextOrJson.TEXT) -> None:
    """List everything that is wrong with the policy. Exit status: 0 nothing, 1 something, 2 there is no policy to check."""
    from corsense.faults import PolicyError

    faults: tuple[Fault, ...] = ()
    try:
        load_named(source)
    except PolicyError as error:
        faults = error.faults
    if any(fault.slug == "no-origins" for fault in faults) and len(faults) == 1 and is_environment(source):
        fail(f"there is no policy to check. {faults[0].remedy}{under_another_name(source)}")
    if format is TextOrJson.JSON:
        print(policy_json(faults_document(faults)))
    elif faults:
        _print_faults(faults, source)
    else:
        print("Nothing wrong found.")
    raise typer.Exit(SOMETHING_FOUND if faults else NOTHING_FOUND)


@app.command(short_help="Show who gains and who loses access.")
def diff(
    before: Annotated[
        str, typer.Argument(metavar="BEFORE", help="module:policy, module:app, a .toml or .json file, nginx.conf, or 'env'.")
    ],
    after: Source = None,
    format: Printed = TextOrJson.TEXT,
) -> None:
    """Show who gains and who loses access when one policy replaces another. Exit status: 0 no one, 1 someone.

    Either may be the configuration of a proxy, such as nginx.conf. With an app as the other, it also says which headers both
    set."""
    from corsense.cli.importing import is_layer

    if is_layer(before) or is_layer(after):
        from corsense.cli.layer_diff import diff_layers

        diff_layers(before, after, as_json=format is TextOrJson.JSON)
    changes = valid_policy(before).diff(valid_policy(after))
    if format is TextOrJson.JSON:
        print(policy_diff_document(changes).printed())
    else:
        _print_changes(changes)
    raise typer.Exit(SOMETHING_FOUND if changes else NOTHING_FOUND)


def _print_changes(changes: PolicyDiff) -> None:
    from corsense.cli.terminal import terminal

    lines = terminal()
    for row in str(changes).splitlines():
        lines.plain([(row, {"+": "green", "-": "red"}.get(row[0], ""))], hang=2)


@app.command(short_help="Say whether an origin is allowed, and why.")
def explain(
    origin: Annotated[str, typer.Argument(help="The origin of a page, such as https://app.example.com.")],
    source: Source = None,
    format: Printed = TextOrJson.TEXT,
) -> None:
    """Say whether the policy allows pages of an origin, and why. Exit status: 0 it does, 1 it does not."""
    answer = policy_explanation_document(valid_policy(source), origin)
    print(answer.printed() if format is TextOrJson.JSON else answer.message)
    raise typer.Exit(NOTHING_FOUND if answer.allowed else SOMETHING_FOUND)


@app.command(short_help="List logged requests whose verdict a policy changes.")
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
    format: Printed = TextOrJson.TEXT,
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
    if format is TextOrJson.JSON:
        from corsense.report.replayed import replay_document

        print(replay_document(result).printed())
    else:
        from corsense.report.replayed import replay_text

        print(replay_text(result))
    raise typer.Exit(SOMETHING_FOUND if result.found else NOTHING_FOUND)
