"""`corsense policy diff` where one of the policies is that of a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import typer

from corsense.cli.process import NOTHING_FOUND, SOMETHING_FOUND, fail

if TYPE_CHECKING:
    from corsense.layers.reading import PlacedPolicy
    from corsense.policy import Policy
    from corsense.policy.comparison import PolicyDiff


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a comparison: a policy, and the place that it was read from."""

    name: str
    policy: Policy
    place: PlacedPolicy | None = None


def diff_layers(before: str, after: str | None, *, as_json: bool) -> NoReturn:
    """Compare policies, each place of a configuration by itself, and say which headers both layers set."""
    from corsense.report.policy_documents import changes_document

    first, second = _sides(before), _sides(after)
    if len(first) > 1 and len(second) > 1:
        fail(
            f"both {before} and {after} have several policies; `corsense policy import` prints each, to compare them one by one."
        )
    compared = [(one, other, one.policy.diff(other.policy)) for one in first for other in second]
    if as_json:
        places = [
            {
                "before": one.name,
                "after": other.name,
                **changes_document(changes),
                "warnings": _warnings(one, other),
            }
            for one, other, changes in compared
        ]
        from corsense.report.policy_documents import policy_json

        print(policy_json({**places[0], "places": places}))
    else:
        print("\n\n".join(_text(one, other, changes, several=len(compared) > 1) for one, other, changes in compared))
    found = any(changes or _warnings(one, other) for one, other, changes in compared)
    raise typer.Exit(SOMETHING_FOUND if found else NOTHING_FOUND)


def _sides(source: str | None) -> list[_Side]:
    from corsense.cli.importing import is_layer, policies_of
    from corsense.cli.named_policy import valid_policy

    if source is None or not is_layer(source):
        return [_Side(source or "env", valid_policy(source))]
    return [_Side(f"{source}: {place.where}", place.policy, place) for place in policies_of(source) if place.policy is not None]


def _warnings(one: _Side, other: _Side) -> list[str]:
    from corsense.cli.importing import doubling, notes

    found: list[str] = []
    for side, behind in ((one, other), (other, one)):
        if side.place is not None:
            found += notes(side.place)
            if behind.place is None and ":" in behind.name:
                found += doubling(side.place, behind.name)
    return found


def _text(one: _Side, other: _Side, changes: PolicyDiff, *, several: bool) -> str:
    heading = [f"{one.name} -> {other.name}"] if several else []
    return "\n".join([*heading, str(changes), *(f"! {warning}" for warning in _warnings(one, other))])
