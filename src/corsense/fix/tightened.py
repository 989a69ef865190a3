"""The source of an app with a proposed policy in it, tried before it is offered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.app.target import AppTarget
from corsense.check.policy import policy_elsewhere
from corsense.errors import InputError
from corsense.faults import PolicyError
from corsense.finding import Edit, Fix
from corsense.fix.edits.least_policy import tighten_policy
from corsense.observe.request_tuple import ALLOWED, ObservedRequests, RequestTuple
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy


@dataclass(frozen=True, slots=True)
class SourceProposal:
    """The edit of the source; or, where there is none, `reason`: why."""

    fix: Fix | None
    reason: str = ""


def policy_fix(source: str, policy: Policy, today: Policy, observed: Iterable[ObservedRequests], python: str) -> SourceProposal:
    """The fix that gives the app `package.module:app` this policy in place of that of `today`.

    It is verified when the app, loaded again with the edit, allows every tuple that the policy allows, and none that is refused
    today. Raises AppLoadError, AppHungError and AppStoppedError when it cannot be loaded.
    """
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
    try:
        patched = policy_elsewhere(source, folder, python, {str(Path(edit.file).absolute()): edit.after})
    except PolicyError:
        verified: bool | None = False
    except (InputError, AppLoadError, AppHungError, AppStoppedError):
        verified = None
    else:
        verified = all(_is_between(seen.request, policy, patched, today) for seen in observed)
    return SourceProposal(Fix("Allow what was observed, and nothing else.", (edit,), verified))


def _is_between(request: RequestTuple, least: Policy, patched: Policy, today: Policy) -> bool:
    allowed = verdict_on(request, patched) == ALLOWED
    needed = verdict_on(request, least) == ALLOWED
    return allowed if needed else not allowed or verdict_on(request, today) == ALLOWED
