"""`corsense schema`: print the JSON Schema of a document."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer


class Described(StrEnum):
    """What has a schema: the documents that commands print, and what people write."""

    CHECK = "check"
    EXPLAIN = "explain"
    FIX = "fix"
    LINT = "lint"
    CONFIG = "config"
    POLICY = "policy"
    POLICY_DIFF = "policy-diff"
    POLICY_EXPLAIN = "policy-explain"
    REPLAY = "replay"
    RULE = "rule"
    TIGHTEN = "tighten"


def schema(
    document: Annotated[Described, typer.Argument(help="The document to describe.")],
) -> None:
    """Print a JSON Schema: of what `--format json` prints, of the configuration (`config`), of a policy file (`policy`)."""
    print(json.dumps(_schema_of(document), indent=2))


def _schema_of(document: Described) -> dict[str, Any]:
    match document:
        case Described.CONFIG:
            from corsense.config import configuration_schema

            return configuration_schema()
        case Described.POLICY:
            from corsense.policy import Policy

            return Policy.json_schema()
        case _:
            from corsense.report.schemas import document_schema

            return document_schema(document.value)
