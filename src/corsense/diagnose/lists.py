"""What stands in a list of strings in place of single strings: a list within the list, several values in one string. Pure
functions on values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

LISTS = ("allow_origins", "allow_methods", "allow_headers", "expose_headers")

_SEPARATORS = re.compile(r"[\s,;]+")
_HTTP = re.compile(r"(?<=[^\s,;\"'\[])(?=https?://)", re.IGNORECASE)
_EXPRESSION = re.compile(r"[\\^$()|{}]")
_METHODS = re.compile(r"GET|POST|PUT|PATCH|DELETE|OPTIONS|HEAD")
_LONGEST = 10_000


def joined_parts(entry: str, argument: str = "allow_origins") -> tuple[str, ...]:
    """The values that one string of a list holds, when it holds more than one, or is JSON; else none."""
    text = entry.strip()[:_LONGEST]
    values = _json_values(text)
    if values is not None:
        return values
    if argument == "allow_origins":
        if _EXPRESSION.search(text):
            return ()
        text = _HTTP.sub(",", text)
    elif argument == "allow_methods" and len(found := _METHODS.findall(text)) > 1 and "".join(found) == text:
        return tuple(dict.fromkeys(found))
    parts = tuple(dict.fromkeys(part.strip("\"'[]") for part in _SEPARATORS.split(text) if part.strip("\"'[]")))
    return parts if len(parts) > 1 or (len(parts) == 1 and _SEPARATORS.search(text)) else ()


def _json_values(text: str) -> tuple[str, ...] | None:
    """The strings of a JSON list; None for any other text."""
    if not text.startswith("["):
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(dict.fromkeys(read)) if isinstance(read, list) and all(isinstance(item, str) for item in read) else None


def nested_values(value: object) -> tuple[str, ...] | None:
    """The strings of a list that holds lists, those of the inner ones in their place; None for a list of strings."""
    if not isinstance(value, list | tuple | set | frozenset) or not any(_is_list(item) for item in value):
        return None
    return tuple(dict.fromkeys(_strings(value)))


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _strings(item)
