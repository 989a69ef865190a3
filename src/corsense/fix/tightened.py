"""The source of an app with a proposed policy in it, tried before it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.policy import policy_elsewhere
from corsense.errors import InputError
from corsense.faults import PolicyError
from corsense.finding import Edit, Fix
from corsense.fix.edits.least_policy import tighten_policy
from corsense.fix.result import FixOutcome, FixResult
from corsense.observe.request_tuple import ALLOWED, ObservedRequests, RequestTuple
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy


@dataclass(frozen=True, slots=True)
class SourceProposal:
    """The edit of the source, and the policy of the app that was `patched` with it, if it could be loaded; without an edit,
    `reason`: why there is none."""

    fix: Fix | None
    reason: str = ""
    patched: Policy | None = None


@dataclass(frozen=True, slots=True)
class ProvenChange:
    """The policies of an app `before` and `after` an edit that was verified, as documents."""

    before: dict[str, Any]
    after: dict[str, Any]


def policy_fix(source: str, policy: Policy, today: Policy, observed: Iterable[ObservedRequests], python: str) -> SourceProposal:
    """The fix that gives the app `package.module:app` this policy in place of that of `today`.

    It is verified when the app, loaded again with the edit, allows every tuple that the policy allows, and none that is refused
    today. Raises AppLoadError, AppHungError and AppStoppedError when it cannot be loaded.
    """
    return _fix_of(
        source, policy, python, lambda patched: all(_is_between(seen.request, policy, patched, today) for seen in observed)
    )


def fix_of_proposal(source: str, policy: Policy, today: Policy, proven: ProvenChange, python: str) -> FixResult:
    """The repair that applies a proposed policy later, to the code as it is then.

    What was proven of the app is proven still if it has the same policy before, and after the same edit. Raises what `policy_fix`
    raises.
    """
    before = today.document()
    if before == proven.after:
        return FixResult("app", source, (), (), ())
    proposed = _fix_of(source, policy, python, lambda patched: before == proven.before and patched.document() == proven.after)
    fix = proposed.fix
    if fix is None:
        return FixResult("app", source, (), (), (), refused=proposed.reason)
    if not fix.verified:
        why = "cannot be loaded with it" if fix.verified is None else "has changed since the proposal"
        reason = f"the app {why}; propose again from the observations."
        return FixResult("app", source, (FixOutcome(fix.title, None, None, fix.verified, reason),), (), (), refused=reason)
    return FixResult("app", source, (FixOutcome(fix.title, None, None, True, None, applied=True),), fix.edits, ())


def _fix_of(source: str, policy: Policy, python: str, accepts: Callable[[Policy], bool]) -> SourceProposal:
    folder = Path.cwd()
    with AppSession.start(AppTarget.parse(source, directory=folder), python=python) as session:
        layers = [layer for layer in session.description.cors_layers if layer.place is not None]
    if len(layers) != 1 or layers[0].place is None:
        return SourceProposal(
            None, f"{source} has {'no' if not layers else 'more than one'} CORS layer that was written as a call."
        )
    place = layers[0].place
    try:
        before = Path(place.file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return SourceProposal(None, f"{place.file} cannot be read: {error}.")
    after = tighten_policy(before, place.line, policy)
    if after is None:
        return SourceProposal(
            None, f"the policy of the CORS layer at {place.file}:{place.line} is made elsewhere. Paste the policy."
        )
    edit = Edit(place.file, before, after)
    patched: Policy | None = None
    try:
        patched = policy_elsewhere(source, folder, python, {str(Path(edit.file).absolute()): edit.after})
    except PolicyError:
        verified: bool | None = False
    except (InputError, AppLoadError, AppHungError, AppStoppedError):
        verified = None
    else:
        verified = accepts(patched)
    return SourceProposal(Fix("Allow what was observed, and nothing else.", (edit,), verified), patched=patched)


def _is_between(request: RequestTuple, least: Policy, patched: Policy, today: Policy) -> bool:
    allowed = verdict_on(request, patched) == ALLOWED
    needed = verdict_on(request, least) == ALLOWED
    return allowed if needed else not allowed or verdict_on(request, today) == ALLOWED
