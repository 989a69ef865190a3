"""The JSON Schemas of the documents, by the name of the command that prints each."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import Any

DOCUMENTS = MappingProxyType(
    {
        "check": ("corsense.report.document", "CheckDocument"),
        "explain": ("corsense.report.document", "ExplainDocument"),
        "fix": ("corsense.report.repairs", "FixResultDocument"),
        "lint": ("corsense.report.document", "LintDocument"),
        "policy-diff": ("corsense.report.policy_documents", "PolicyDiffDocument"),
        "policy-explain": ("corsense.report.policy_documents", "PolicyExplanationDocument"),
        "replay": ("corsense.report.replayed", "ReplayDocument"),
        "rule": ("corsense.report.rule_page", "RuleDocument"),
        "tighten": ("corsense.report.policy_proposal", "TightenDocument"),
    }
)
"""Module and class of each document."""


def document_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, a key of `DOCUMENTS`."""
    module, model = DOCUMENTS[name]
    schema: dict[str, Any] = getattr(import_module(module), model).json_schema()
    return schema
