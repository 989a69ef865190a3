"""`corsense policy export`: the same policy, in the language of a proxy or gateway."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corsense.cli.options import Python
from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail
from corsense.layers.export.names import NAMES

if TYPE_CHECKING:
    from corsense.layers.export import Site, Target
    from corsense.layers.proof import Proof
    from corsense.policy import Policy


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="POLICY", help="module:policy, module:app, a .toml or .json file, a proxy's configuration, or 'env'."
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar="LAYER", help=f"{', '.join(NAMES)}.", show_default=False)],
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help="Run the real proxy here and compare at least 100 answers with the policy; write nothing if one differs.",
        ),
    ] = False,
    app_keeps_cors: Annotated[
        bool,
        typer.Option(
            "--app-keeps-cors",
            help="Leave CORS headers that the app sets alone, and add those that are missing. Default: remove the app's.",
        ),
    ] = False,
    upstream: Annotated[str, typer.Option("--upstream", metavar="HOST:PORT", help="Where the app listens.")] = "127.0.0.1:8000",
    listen: Annotated[int, typer.Option("--listen", metavar="PORT", help="The port that the proxy listens on.")] = 8080,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Begins the names in the file; another for each policy of a proxy.")
    ] = "api",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file. Default: print.", show_default=False),
    ] = None,
    python: Python = None,
) -> None:
    """Write the configuration that enforces exactly this policy at a proxy or gateway: origins, preflights, credentials and Vary,
    on error responses too. What the layer cannot express is refused with the reason, never approximated.

    Exit status: 0 written; 1 --prove found a difference, and nothing was written; 2 the layer cannot express the policy, or the
    program is not installed."""
    from corsense.cli.named_policy import valid_policy
    from corsense.errors import InputError
    from corsense.layers.export import Site, export_policy
    from corsense.layers.export.targets import target_of

    try:
        target = target_of(to)
        site = Site.parse(upstream, listen, name)
        policy = valid_policy(source, python)
        _refuse_other_policies(source, policy, python)
        text = export_policy(policy, to, site, app_keeps_cors=app_keeps_cors)
        state = _proven(policy, to, target, app_keeps_cors) if prove else _unproven(target)
        text = _titled(text, source, to, target, state)
        if output is not None:
            _write(output, text)
    except ModuleNotFoundError as error:
        if error.name != "yaml":
            raise
        fail("policy export needs PyYAML; install it with `pip install 'corsense[layers]'`.")
    except InputError as error:
        fail(str(error))
    if output is None:
        sys.stdout.write(text)
    print(f"corsense: {f'wrote {output}; ' if output is not None else ''}{state}", file=sys.stderr)
    raise typer.Exit(NOTHING_FOUND)


def _unproven(target: Target) -> str:
    if target.program is None:
        return f"not proven here: {target.title} cannot be run on this machine; {target.remark}"
    return "not proven; run with --prove."


def _proven(policy: Policy, to: str, target: Target, app_keeps_cors: bool) -> str:
    """The sentence about a proof that found nothing; else the command ends."""
    from corsense.layers.export import export_policy
    from corsense.layers.programs import version
    from corsense.layers.proof import prove

    def written(site: Site) -> str:
        return export_policy(policy, to, site, app_keeps_cors=app_keeps_cors)

    proof = prove(policy, to, written, app_keeps_cors=app_keeps_cors)
    if proof.differences:
        _report(proof, target)
        raise typer.Exit(SOMETHING_FOUND)
    assert target.program is not None
    return f"proven with {target.title} {version(target.program)}: {proof.probes} probes, each judged as by the policy."


def _report(proof: Proof, target: Target) -> None:
    from corsense.layers.proof.compare import described

    number = len(proof.differences)
    print(
        f"corsense: {target.title} differs from the policy in {number} of {proof.probes} probes; nothing was written.",
        file=sys.stderr,
    )
    for line in described(proof):
        print(f"  {line}", file=sys.stderr)


def _titled(text: str, source: str, to: str, target: Target, state: str) -> str:
    """The text under two lines that say what it is, where the format has comments."""
    if target.comment is None:
        return text
    from corsense import __version__
    from corsense.errors import quoted

    begin, end = target.comment
    named = quoted(source).strip("'")
    first = f"The CORS policy of {named} for {target.title}, by corsense {__version__}: corsense policy export {named} --to {to}"
    lines = [first.replace("--", "- -") if end else first, state[0].upper() + state[1:]]
    return "".join(f"{begin} {line}{end}\n" for line in lines) + text


def _write(path: Path, text: str) -> None:
    """Write all of it, or nothing. Raises InputError."""
    from corsense.errors import InputError, quoted

    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except OSError as error:
        raise InputError(f"{quoted(str(path))} cannot be written: {error.strerror}.") from None


def _refuse_other_policies(source: str, policy: Policy, python: str | None) -> None:
    """Refuse an app whose routes have policies of their own. Raises CannotExpress."""
    from corsense.layers.export import CannotExpress

    others = _policies_of_routes(source, python)
    path = next((path for path, other in others.items() if other != policy), None)
    if path is not None:
        raise CannotExpress(
            f"{source} has another policy for {path}, and an export holds for all paths; export the policies one by one, by name."
        )


def _policies_of_routes(source: str, python: str | None) -> dict[str, Policy | None]:
    """The policies of the routes of an app, by path; none where `source` is a policy."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.check.policy import policies_of_routes
    from corsense.cli.interpreter import interpreter_for

    if ":" not in source or source.startswith("env") or Path(source).exists():
        return {}
    folder = Path.cwd()
    try:
        interpreter = interpreter_for(str(folder), python)
        with AppSession.start(AppTarget.parse(source, directory=folder), python=interpreter.path, policy=True) as session:
            return {} if session.policy_document is not None else policies_of_routes(session.description)
    except (AppLoadError, AppHungError, AppStoppedError):
        return {}  # no app, but something else that has a policy
