"""`Candidate`: an edit to try for a finding; `Case`: the finding, and what is known around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from corsense.app.description import AppDescription, LayerInfo
from corsense.check.results import Result
from corsense.finding import Finding, Place

TextEdit: TypeAlias = Callable[[str], str | None]


def edited(edit: Callable[..., str | None], *given: object) -> TextEdit:
    """The repair that hands a text to `edit`, and what was `given` with it."""
    return lambda text: edit(text, *given)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to remove a cause: `apply` turns the text of the file of `place` into its repaired text, or None.

    - `opens`: origins, and `patterns` expressions, that may be let in by it; `shuts`: origins that the finding says are let in by
      mistake.
    - `guess`: why it is unsafe, as the end of a sentence; None for a safe one. A safe fix keeps every origin allowed that is
      listed for good reason, and allows only those named by the user or by the finding.
    - `moves`: it moves a statement; `proven_only`: it is safe only where the failing request can be replayed.
    - `closes`: it replaces a `*` with names, so that other pages lose access on purpose.
    - `reveals`: it makes a policy in the source take effect that had no effect before.
    """

    place: Place
    title: str
    apply: TextEdit
    opens: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    shuts: tuple[str, ...] = ()
    guess: str | None = None
    moves: bool = False
    proven_only: bool = False
    reveals: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A finding, the results it was made from, the app, and the origins that the user named: only these may gain access where a
    finding does not name one itself. `has_corsense`: the program depends on corsense, or will. `asked` are all results: what the
    pages want, whatever came of it. `with_credentials`: the user said that pages send them."""

    finding: Finding
    affected: Sequence[Result]
    app: AppDescription
    named: Sequence[str]
    has_corsense: bool = False
    asked: Sequence[Result] = ()
    with_credentials: bool = False

    @property
    def layer(self) -> LayerInfo | None:
        """The CORS layer that the finding points at."""
        return next((layer for layer in self.app.cors_layers if layer.place == self.finding.place), None)
