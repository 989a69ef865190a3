"""The JSON of explained messages. `corsense.report.document` has the whole document of `corsense explain`, with the report of
calls that were tried; this part takes little to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from corsense import __version__
from corsense.explain import Explanation
from corsense.report.json_document import Document, printed
from corsense.report.redaction import redacted_explanations


class LikelyCauseDocument(Document):
    """A cause that can stand behind a message; `fix` is code, `confirmation` a command or a sentence that shows whether it is the
    one."""

    code: str
    slug: str
    title: str
    fix: str
    likelihood: Literal["certain", "likely", "possible"]
    confirmation: str


class MessageDocument(Document):
    """A message found in the text. `error` is the browser's reason, null where the words do not tell one; `certain` is false
    where they leave a doubt."""

    text: str
    engine: str
    code: str
    error: str | None
    url: str | None
    origin: str | None
    method: str | None
    header: str | None
    status: int | None
    is_cors: bool
    preflight: bool | None
    certain: bool
    checked: str
    causes: list[LikelyCauseDocument]


def messages_json(explanations: Sequence[Explanation]) -> str:
    """The document of explanations whose calls were not tried (`ExplainDocument` of `corsense.report.document`)."""
    messages = [message_document(explanation) for explanation in redacted_explanations(explanations)]
    return printed({"corsense": __version__, "schema": 1, "messages": messages, "check": None})


def message_document(explanation: Explanation) -> MessageDocument:
    """The part of the document about one message."""
    message = explanation.message
    return MessageDocument(
        text=message.text,
        engine=message.engine,
        code=message.code,
        error=str(message.error) if message.error is not None else None,
        url=message.url,
        origin=message.origin,
        method=message.method,
        header=message.header,
        status=explanation.status,
        is_cors=message.is_cors,
        preflight=message.preflight,
        certain=message.certain,
        checked=explanation.checked,
        causes=[
            LikelyCauseDocument(
                code=likely_causes_of.cause.code,
                slug=likely_causes_of.cause.slug,
                title=likely_causes_of.cause.title,
                fix=likely_causes_of.fix,
                likelihood=likely_causes_of.likelihood,
                confirmation=likely_causes_of.confirmation,
            )
            for likely_causes_of in explanation.causes
        ],
    )
