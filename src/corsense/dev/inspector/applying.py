"""What the button of the inspector's page does: `prepare` finds the edits, by the code of `corsense fix`, and `apply_fix` writes
them.

The edits are proven before the page shows them: the app is loaded again with them, the call passes, and no other page gains
access. What is written is what the page shows, or nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.check.pointing import source_of
from corsense.dev.inspector.session import Explanation, Session
from corsense.errors import InputError
from corsense.finding import Edit
from corsense.fix.app import AppFix
from corsense.fix.edits.diff import holds_secret
from corsense.fix.result import FixResult
from corsense.fix.write import WriteError, write_all
from corsense.suppression import RuleSelection

_WRITING = threading.Lock()
_UNKNOWN = "This cause is not known any more; make the request again."
_NO_EDITS = "There is no proven fix for this cause; the page says what to do."


def prepare(explanation: Explanation) -> tuple[Edit, ...]:
    """The edits that `corsense fix` makes for an explanation, safe and proven. None where it makes none, where the app cannot
    be loaded to prove them, or where a page may not show them because they hold a secret."""
    check = explanation.check
    if check is None or not any(finding.fix is not None and finding.fix.edits for finding in explanation.findings):
        return ()
    slugs = frozenset(finding.cause.slug for finding in explanation.findings)
    asked = replace(check.asked, selection=RuleSelection(select=slugs, start=check.asked.selection.start))
    try:
        with AppSession.start(check.target, time_limit=check.time_limit, output="none") as session:
            result = AppFix(check.target, asked, time_limit=check.time_limit, output="none").run(session, explanation.survey)
    except (AppLoadError, AppHungError, AppStoppedError):
        return ()
    if not _repairs(result, explanation.finding.cause.slug) or any(map(holds_secret, result.edits)):
        return ()
    return result.edits


def apply_fix(session: Session, number: int) -> str:
    """Write the edits of an explanation, all files or none, and return a sentence about what was done. Pressed twice, it writes
    once.

    Raises InputError where there is nothing to write, or a file has changed since the edits were proven; then nothing is written.
    """
    with _WRITING:
        explanation = session.explanation(number)
        if explanation is None:
            raise InputError(_UNKNOWN)
        if explanation.applied is not None:
            return explanation.applied
        done = _written(explanation.edits)
        session.mark(number, done)
        return done


def _written(edits: Sequence[Edit]) -> str:
    """Write edits, and say so. Raises InputError."""
    if not edits:
        raise InputError(_NO_EDITS)
    for edit in edits:
        if source_of(edit.file) != edit.before:
            raise InputError(
                f"{edit.file} has changed since the fix was proven, so nothing was written; make the request again once the "
                "server has reloaded."
            )
    try:
        write_all(edits)
    except WriteError as error:
        raise InputError(str(error)) from None
    return f"Changed {' and '.join(edit.file for edit in edits)}."


def _repairs(result: FixResult, slug: str) -> bool:
    """Whether a repair removes a cause, and everything in it is proven."""
    done = [outcome for outcome in result.repairs if outcome.applied]
    causes = {outcome.finding.cause.slug for outcome in done if outcome.finding is not None}
    return slug in causes and all(outcome.verified for outcome in done)
