"""A candidate policy and its rollout: which values are valid."""

from __future__ import annotations

from enum import Enum
from typing import Final

from corsense.policy import Policy


class Kept(Enum):
    """Stands for an argument of `reconfigure` that is not given: the value stays."""

    KEPT = "kept"


KEPT: Final = Kept.KEPT


def check_candidate(candidate: object, rollout: object, *, may_apply: bool) -> None:
    """Raises `TypeError` and `ValueError` for invalid arguments. `may_apply`: the policy alone decides, and no subclass."""
    if candidate is not None and not isinstance(candidate, Policy):
        raise TypeError(f"candidate must be a Policy, not {type(candidate).__name__}.")
    if isinstance(rollout, bool) or not isinstance(rollout, (int, float)) or not 0 <= rollout <= 1:
        raise ValueError(f"rollout={rollout!r} must be a share of origins from 0 to 1, such as 0.1.")
    if rollout and candidate is None:
        raise ValueError(f"rollout={rollout!r} needs a policy to roll out; give candidate=Policy(...).")
    if rollout and not may_apply:
        raise TypeError("rollout does not work with a subclass that overrides how requests are judged; use rollout=0.")
