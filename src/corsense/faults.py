"""`PolicyError`: every fault of a policy, reported at once; each `Fault` says what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from corsense.causes import cause


@dataclass(frozen=True, slots=True)
class Fault:
    """One invalid value of a policy.

    - `field`: the keyword (`"origins"`), `"origin"` for a pattern parsed on its own, or the name of the setting it came from.
    - `value`: the offending value itself: the member of a list, not the list.
    - `slug`: the cause in the catalogue; `corsense rule SLUG` prints its page. `code` is the same as `CORS###`.
    - `message`: one sentence: what is wrong, and why.
    - `remedy`: what to write instead.
    """

    field: str
    value: object
    slug: str
    message: str
    remedy: str

    @property
    def code(self) -> str:
        """The code of the cause, `CORS###`."""
        return cause(self.slug).code

    def __str__(self) -> str:
        return f"{self.field}: {self.message} {self.remedy} [{self.code} {self.slug}]"


class PolicyError(ValueError):
    """A policy, or one origin pattern, is refused. `faults` holds every fault found, not only the first."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        if len(self.faults) == 1:
            return str(self.faults[0])
        # The first fault goes on the first line, which is all that some tools show of an error.
        lines = "\n  ".join(f"{number}. {fault}" for number, fault in enumerate(self.faults, 1))
        return f"the policy has {len(self.faults)} faults: {lines}"
