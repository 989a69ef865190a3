"""`corsense schema`: print the JSON Schema of a document."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from corsense.cli import fail


def schema(document: Annotated[str, typer.Argument(metavar="check", help="The document to describe.")]) -> None:
    """Print the JSON Schema of what `--format json` prints."""
    from corsense.report.document import DOCUMENTS, Document
    from corsense.report.repairs import MendedDocument

    if document == "policy":
        from corsense.policy import Policy

        print(json.dumps(Policy.json_schema(), indent=2))
        return
    documents: dict[str, type[Document]] = {**DOCUMENTS, "fix": MendedDocument}
    if document not in documents:
        fail(f"there is no document {document!r}; choose one of {', '.join((*documents, 'policy'))}")
    print(json.dumps(documents[document].model_json_schema(by_alias=True), indent=2))
