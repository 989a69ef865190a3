"""What the button of the inspector's page does: `prepare` finds the edits, by the code of `corsense fix`, and `apply_fix` writes
them.

The edits are proven before the page shows them: the app is loaded again with them, the call passes, and no other page gains
access. They are proven once more before they are written. What is written is what the page shows, or nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace

from corsense.app.errors import AppHungError, AppLoadError, AppStoppedError
from corsense.app.session import AppSession
from corsense.check.app import AppCheck, Survey
from corsense.dev.inspector.announcing import command_to_fix
from corsense.dev.inspector.explaining import explained_by
from corsense.dev.inspector.named_origins import is_of_developer
from corsense.dev.inspector.session import Explanation, Session
from corsense.errors import InputError
from corsense.finding import Edit
from corsense.fix.app import AppFix
from corsense.fix.edits.diff import holds_secret
from corsense.fix.result import FixResult
from corsense.fix.write import WriteError, write_all
from corsense.report.finding_block import changed_lines
from corsense.suppression import RuleSelection

_WRITING = threading.Lock()
_UNKNOWN = "This cause is not known any more; make the request again."
_NO_FIX = "There is no proven fix for this cause; the page says what to do."


def prepare(explanation: Explanation) -> tuple[Edit, ...]:
    """The edits that `corsense fix` makes for an explanation, safe and proven. None where it makes none, where the app cannot
    be loaded to prove them, or where a page may not show them because they hold a secret."""
    check = explanation.check
    if check is None or not any(finding.fix is not None and finding.fix.edits for finding in explanation.findings):
        return ()
    try:
        with _loaded(check) as session:
            return _edits(_fixed(explanation, check, session, explanation.survey), explanation)
    except (AppLoadError, AppHungError, AppStoppedError):
        return ()


def apply_fix(session: Session, number: int) -> str:
    """Write the edits of an explanation, all files or none, and return a sentence about what was done. Pressed twice, it writes
    once.

    Raises InputError where there is nothing to write, and where the source has changed so that the fix is another one or is not
    proven any more; then nothing is written.
    """
    with _WRITING:
        explanation = session.explanation(number)
        if explanation is None:
            raise InputError(_UNKNOWN)
        if explanation.applied is not None:
            return explanation.applied
        if not explanation.edits:
            raise InputError(_why_none(session, explanation))
        edits = _edits(_found_again(explanation), explanation)
        if _changes(edits) != _changes(explanation.edits):
            session.offer(number, edits)
            raise InputError(_why_not_these(explanation.edits, edits))
        done = _written(edits)
        session.mark(number, done)
        return done


def _loaded(check: AppCheck) -> AppSession:
    return AppSession.start(check.target, time_limit=check.time_limit, output="none")


def _fixed(explanation: Explanation, check: AppCheck, session: AppSession, found: Survey | None) -> FixResult:
    """What `corsense fix` makes of the findings of an explanation alone."""
    slugs = frozenset(finding.cause.slug for finding in explanation.findings)
    asked = replace(check.asked, selection=RuleSelection(select=slugs, start=check.asked.selection.start))
    return AppFix(check.target, asked, time_limit=check.time_limit, output="none").run(session, found)


def _found_again(explanation: Explanation) -> FixResult | None:
    """The repair of the source as it is now; None where the cause is not found in it. Raises InputError when the app cannot be
    loaded."""
    check, judged = explanation.check, explanation.judged
    if check is None or judged is None:
        return None
    try:
        with _loaded(check) as session:
            found = explained_by(judged, check.survey(session), check)
            return _fixed(explanation, check, session, found) if found is not None else None
    except (AppLoadError, AppHungError, AppStoppedError) as error:
        why = " ".join(str(getattr(error, "message", error)).split()).rstrip(".")
        raise InputError(f"The app cannot be loaded to prove the fix, so nothing was written: {why}.") from None


def _edits(result: FixResult | None, explanation: Explanation) -> tuple[Edit, ...]:
    """The edits of a repair that removes the cause, where everything in it is proven and a page may show it."""
    if result is None or not _repairs(result, explanation.finding.cause.slug) or any(map(holds_secret, result.edits)):
        return ()
    return result.edits


def _repairs(result: FixResult, slug: str) -> bool:
    """Whether a repair removes a cause, and everything in it is proven."""
    done = [outcome for outcome in result.repairs if outcome.applied]
    causes = {outcome.finding.cause.slug for outcome in done if outcome.finding is not None}
    return slug in causes and all(outcome.verified for outcome in done)


def _changes(edits: Iterable[Edit]) -> list[tuple[str, str, str]]:
    """What a page shows of edits: the lines that change, wherever in its file each stands."""
    return [(change.file, change.sign, change.text) for edit in edits for change in changed_lines(edit)]


def _written(edits: Sequence[Edit]) -> str:
    """Write edits, and say so. Raises InputError."""
    try:
        write_all(edits)
    except WriteError as error:
        raise InputError(_sentence(str(error))) from None
    return f"Changed {_named(edits)}."


def _why_none(session: Session, explanation: Explanation) -> str:
    """Why there is nothing to apply, with what to do instead."""
    command = command_to_fix(session, explanation)
    if explanation.check is None:
        return f"The cause was found in the recorded request alone, so no fix is proven. This command looks for one: {command}"
    if not _is_of_developer(explanation):
        return explanation.finding.remedy or _NO_FIX
    result = _found_again(explanation)
    edits = _edits(result, explanation)
    if edits:
        session.offer(explanation.number, edits)
        return "The fix was not on the page yet, so nothing was written. The page shows it now."
    outcomes = result.repairs if result is not None else ()
    guess = next((outcome.guess for outcome in outcomes if not outcome.is_safe and not outcome.applied), None)
    if guess is not None:
        return f"The fix is not safe ({guess}), so the page does not apply it. This command does: {command} --unsafe-fixes"
    if result is not None and any(map(holds_secret, result.edits)):
        return f"The lines that change hold what looks like a secret, which the page does not show. Run: {command}"
    return _NO_FIX


def _is_of_developer(explanation: Explanation) -> bool:
    """Whether the page of an explanation is one that is being developed."""
    check, judged = explanation.check, explanation.judged
    app = explanation.survey.app if explanation.survey is not None else None
    return check is not None and judged is not None and is_of_developer(judged.call.page, app, check.target)


def _why_not_these(shown: Sequence[Edit], edits: Sequence[Edit]) -> str:
    """Why the edits that a page shows are not those of the source as it is now."""
    if edits:
        return f"{_named(shown)} has changed, and the fix with it, so nothing was written. The page shows the new fix."
    return (
        f"{_named(shown)} has changed, and the fix is not proven any more, so nothing was written. Make the request again once "
        "the server has reloaded."
    )


def _named(edits: Iterable[Edit]) -> str:
    return " and ".join(edit.file for edit in edits)


def _sentence(text: str) -> str:
    """A message of a command as a sentence of its own."""
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text
