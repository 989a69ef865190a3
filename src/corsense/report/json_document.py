"""`Document`: what a command prints as JSON. Only the schemas need pydantic, which takes longer to import than most answers take,
and which a page in a browser does not have."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Document:
    """A part of a document; a subclass is a frozen dataclass of its annotations. Unknown fields are refused by its schema."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, kw_only=True)(cls)

    def printed(self) -> str:
        """The document as JSON text. A file name that is not text has its bytes escaped as Python does in `os.fsdecode`."""
        return printed(self)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of the document."""
        from pydantic import TypeAdapter

        return TypeAdapter(cls).json_schema()


def printed(document: object) -> str:
    """A document, or a value of one, as JSON text with two spaces of indentation."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=_plain)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(document, indent=2, default=_plain)
    return text


def _plain(value: object) -> object:
    """What JSON has for a value of another type: an object for a dataclass, a list for a set, text for a date and all others."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return value.isoformat() if isinstance(value, date) else str(value)
