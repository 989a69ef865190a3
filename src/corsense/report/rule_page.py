"""The JSON document of a rule: its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from corsense import __version__
from corsense.report.json_document import Document

if TYPE_CHECKING:
    from corsense.causes import Cause


class RuleDocument(Document):
    """What `corsense rule NAME --format json` prints; `page` is Markdown."""

    corsense: str
    schema: Literal[1] = 1
    code: str
    slug: str
    severity: Literal["error", "warning", "info"]
    title: str
    page: str
    documentation: str


def rule_document(cause: Cause) -> RuleDocument:
    """The page of a cause."""
    return RuleDocument(
        corsense=__version__,
        code=cause.code,
        slug=cause.slug,
        severity=cause.severity,
        title=cause.title,
        page=cause.page,
        documentation=cause.documentation,
    )


def rule_text(cause: Cause) -> str:
    """The page as text."""
    return f"# {cause.code} {cause.slug} ({cause.severity})\n\n{cause.page}\n"
