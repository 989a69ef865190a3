"""`fix --protect`: cross-origin protection in report mode, added where it knows the trusted origins.

corsense's CORS middleware replaces Starlette's with the same arguments, because protection has to know the listed origins: beside
a layer whose list it cannot see, it would report the writes of pages that the list allows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corsense.check.pointing import is_users, text_of
from corsense.finding import Place
from corsense.fix import edits

DECISIONS = (
    'protection="report" logs what pages of other sites write, and refuses nothing. You decide two things: the hosts, which stop '
    'DNS rebinding and are never guessed (protection=CrossOriginProtection(mode="report", hosts=["api.example.com"]), with the '
    "names under which browsers reach the server), and when to enforce: once the log names no page that should write."
)
_WRITTEN = "protection="


@dataclass(frozen=True, slots=True)
class ProtectionTarget:
    """Where protection goes: the CORS layers of an app, outermost first, else the app that is constructed at `app`, under the
    name `variable` where it has several."""

    layers: tuple[Place, ...] = ()
    app: Place | None = None
    variable: str | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        return self.layers or ((self.app,) if self.app is not None else ())


def protect(texts: Mapping[str, str], target: ProtectionTarget) -> tuple[dict[str, str], tuple[str, ...]]:
    """The texts of files, by absolute path, with protection added to the target, and what was done. Nothing is done where it is
    there already, or where no edit is certain."""
    found = dict(texts)
    for place in target.places:
        before = text_of(place.file, found) if is_users(place.file) else None
        if before is None or _WRITTEN in before:
            continue
        if not target.layers:
            after, title = edits.install_protection(before, place.line, target.variable), 'install protection="report"'
        else:
            after, title = _on_layer(before, place.line)
        if after is not None:
            found[os.path.abspath(place.file)] = after
            return found, (title,)
    return found, ()


def _on_layer(text: str, line: int) -> tuple[str | None, str]:
    own = edits.protect_layer(text, line)
    if own is not None:
        return own, 'give the CORS layer protection="report"'
    adopted = edits.adopt_corsense(text)
    if adopted is None:
        return None, ""
    moved = adopted.count("\n") - text.count("\n")  # an import on a line of its own, above the layer
    return edits.protect_layer(adopted, line + moved), 'import CORSMiddleware from corsense, and give it protection="report"'


def is_protected(texts: Mapping[str, str], target: ProtectionTarget) -> bool:
    """Whether protection is written where it would go."""
    return any(_WRITTEN in (text_of(place.file, texts) or "") for place in target.places)


def why_not(target: ProtectionTarget, fault: str | None = None) -> str:
    """Why no protection was added, and what to do. `fault` is what corsense's middleware would refuse to start with."""
    if not target.places:
        return "protection was not added: where the app is made is not known."
    where = f"{target.places[0].file}:{target.places[0].line}"
    if fault is not None:
        return f"protection was not added at {where}: corsense's middleware refuses {fault}. Fix that first."
    write = "CORSMiddleware from corsense," if target.layers else "corsense.install(app, ...)"
    return f'protection was not added at {where}: no edit is certain there. Write {write} with protection="report".'


def open_to_everybody(entries: Sequence[str]) -> str | None:
    """What to say about a list with `*`, whose pages protection trusts as long as they send no cookies."""
    if "*" not in entries:
        return None
    return "allow_origins has '*': pages of every origin are trusted to write without cookies. List the origins that may."
