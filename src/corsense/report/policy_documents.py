"""The JSON documents of `corsense policy`: its faults, what it decides about an origin, and how it differs from another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from corsense import __version__
from corsense.report.json_document import Document

if TYPE_CHECKING:
    from corsense.policy import Fault, Policy, PolicyDiff


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


class PolicyExplanationDocument(Document):
    """What `corsense policy explain --format json` prints: whether pages of `origin` may read responses, the `reason` by name
    (null where they may), and the sentence that says why."""

    corsense: str
    schema: Literal[1] = 1
    origin: str
    allowed: bool
    reason: str | None
    credentials: bool
    message: str


class ChangeDocument(Document):
    """One permission more or less: the `field` of the policy, its `value`, and a sentence."""

    field: str
    value: str
    message: str


class PolicyDiffDocument(Document):
    """What `corsense policy diff --format json` prints: who gains, who loses, and what changes without either."""

    corsense: str
    schema: Literal[1] = 1
    gained: list[ChangeDocument]
    lost: list[ChangeDocument]
    changed: list[ChangeDocument]


def policy_explanation_document(policy: Policy, origin: str) -> PolicyExplanationDocument:
    """How a policy treats pages of an origin."""
    decision = policy.decide(origin)
    return PolicyExplanationDocument(
        corsense=__version__,
        origin=origin,
        allowed=decision.allowed,
        reason=decision.reason,
        credentials=decision.credentials,
        message=policy.explain(origin),
    )


def policy_diff_document(changes: PolicyDiff) -> PolicyDiffDocument:
    """What changes when one policy replaces another."""
    kinds = {kind: [ChangeDocument(**change) for change in listed] for kind, listed in changes_document(changes).items()}
    return PolicyDiffDocument(corsense=__version__, gained=kinds["gained"], lost=kinds["lost"], changed=kinds["changed"])


def changes_document(changes: PolicyDiff) -> dict[str, list[dict[str, str]]]:
    """The changes as JSON."""
    return {
        kind: [{"field": change.field, "value": change.value, "message": change.sentence} for change in getattr(changes, kind)]
        for kind in ("gained", "lost", "changed")
    }
