"""The JSON documents of `corsense policy`: its faults, and what it decides about an origin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from corsense import __version__

if TYPE_CHECKING:
    from corsense.policy import Fault, Policy


def policy_json(document: Mapping[str, Any]) -> str:
    """A document of `corsense policy` as JSON text."""
    return json.dumps({"corsense": __version__, "schema": 1, **document}, indent=2, default=str)


def faults_document(faults: Iterable[Fault]) -> dict[str, Any]:
    """What `corsense policy check` prints."""
    return {"faults": [fault_document(fault) for fault in faults]}


def fault_document(fault: Fault) -> dict[str, str]:
    """One fault of a policy."""
    return {
        "field": fault.field,
        "value": fault.value if isinstance(fault.value, str) else repr(fault.value),
        "code": fault.code,
        "slug": fault.slug,
        "message": fault.message,
        "remedy": fault.remedy,
    }


def decision_document(policy: Policy, origin: str) -> dict[str, Any]:
    """What `corsense policy explain` prints: whether pages of an origin are allowed, and why."""
    decision = policy.decide(origin)
    return {
        "origin": origin,
        "allowed": decision.allowed,
        "reason": decision.reason,
        "credentials": decision.credentials,
        "message": policy.explain(origin),
    }
