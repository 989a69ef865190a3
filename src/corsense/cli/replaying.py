"""`corsense policy replay`: the routes of the app, the logs, and the error where nothing can be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corsense.cli.process import fail

if TYPE_CHECKING:
    from corsense.app.description import AppDescription
    from corsense.policy import Policy
    from corsense.replay.fields import Field
    from corsense.replay.replaying import Reading
    from corsense.replay.result import ReplayResult
    from corsense.replay.shapes import Template
    from corsense.replay.tally import Policies


def read_keys(given: Sequence[str]) -> Mapping[Field, str]:
    """What `--field` says: the key of each field. The command ends with status 2 where one is unknown."""
    from corsense.errors import nearest, quoted
    from corsense.replay.fields import Field

    found: dict[Field, str] = {}
    for text in given:
        name, equals, key = text.partition("=")
        try:
            found[Field(name.strip().lower().replace("_", "-"))] = key.strip()
        except ValueError:
            near = nearest(name, [each.value for each in Field])
            hint = f"did you mean {near}?" if near else f"use one of {', '.join(each.value for each in Field)}."
            fail(f"--field {quoted(text)} names no field; {hint}")
        if not equals or not key.strip():
            fail(f"--field {quoted(text)} has no key; write for example --field origin=http.headers.origin.")
    return found


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy, and the `source` that named it on the command line."""

    policy: Policy
    source: str

    @property
    def may_be_app(self) -> bool:
        """Whether the source can name an app: `module:name`, not a file or the environment."""
        return ":" in self.source and not self.source.startswith("env:") and not self.source.endswith((".toml", ".json"))


def judge_logs(
    logs: Sequence[str],
    tried: NamedPolicy,
    current: NamedPolicy | None,
    app_name: str | None,
    python: str | None,
    reading: Reading,
    *,
    silent: bool,
) -> ReplayResult:
    """Judge logs by the policy that is tried. The routes of the app `app_name`, or of an app that has one of the policies, name
    the paths. The command ends with status 2 where nothing can be judged."""
    from corsense.cli.progress import progress
    from corsense.errors import InputError
    from corsense.replay.replaying import replay
    from corsense.replay.shapes import Shapes

    named = [each.source for each in (tried, current) if each is not None and each.may_be_app]
    apps = {source: app for source in named if (app := _described(source, python)) is not None}
    routes_of = apps.get(tried.source) or (apps.get(current.source) if current is not None else None)
    if app_name is not None:
        routes_of = _described(app_name, python, demanded=True)
    shapes = Shapes() if routes_of is None else Shapes.of_app(_templates(routes_of))
    try:
        with progress(silent) as advance:
            result = replay(
                logs, _policies(tried, apps), _policies(current, apps) if current is not None else None, shapes, reading, advance
            )
    except InputError as error:
        fail(str(error))
    if not result.judged:
        fail(_nothing_judged(result))
    return result


def _described(source: str, python: str | None, *, demanded: bool = False) -> AppDescription | None:
    """What the app is made of that `source` names; None where it names a policy. With `demanded` the command ends there."""
    from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
    from corsense.app.session import AppSession
    from corsense.app.target import AppTarget
    from corsense.cli.interpreter import interpreter_for

    try:
        target = AppTarget.parse(source)
        interpreter = interpreter_for(target.directory, python, silent=True)
        with AppSession.start(target, python=interpreter.path, policy=not demanded, output="none") as session:
            return None if not demanded and session.policy_document is not None else session.description
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        if demanded:
            fail(f"{error} {error.remedy}" if error.remedy else str(error))
        return None  # it has been loaded as a policy


def _templates(app: AppDescription) -> list[Template]:
    """The routes in the order in which they serve a path: what is mounted after the routes of what is mounted."""
    from corsense.replay.shapes import Template

    found = [
        Template(route.path, frozenset(route.methods), below=route.kind in ("mount", "static", "frontend"))
        for route in app.routes
    ]
    return sorted(found, key=lambda template: template.below)


def _policies(named: NamedPolicy, apps: Mapping[str, AppDescription]) -> Policies:
    from corsense.check.policy import policies_of_routes
    from corsense.replay.tally import Policies

    app = apps.get(named.source)
    return Policies(named.policy, policies_of_routes(app) if app is not None else {})


def _nothing_judged(result: ReplayResult) -> str:
    if result.requests == 0:
        read = (
            f"none of the {result.broken.count:,} lines could be read" if result.broken.count else "these logs hold no requests"
        )
        sample = f", such as {result.broken.samples[0]}" if result.broken.samples else ""
        return f"{read}{sample}; name their format with --log-format."
    if result.without_origin == result.requests:
        return (
            f"none of the {result.requests:,} requests in these logs has an Origin header, so nothing was judged. If pages of "
            "other origins call the API, the log does not keep the header: docs/how-to/replay.md has the setting for each server."
        )
    return (
        f"none of the {result.requests:,} requests in these logs comes from a page of another origin "
        f"({result.without_origin:,} without Origin, {result.own_host:,} of the API's own host, "
        f"{result.not_from_browsers:,} that no browser sends), so nothing was judged."
    )
