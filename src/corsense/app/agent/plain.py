"""Arguments of layers as JSON that keeps their types: `corsense.app.decoding` turns it back into values."""

from __future__ import annotations

import math
from typing import Any

LONGEST_LIST = 20_000
LONGEST_TEXT = 20_000
_DEEPEST = 4
_OPAQUE_TEXT = 200
_COLLECTIONS: dict[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}


def plain(value: Any, depth: int = 0) -> Any:
    """None, bool, int and str stand for themselves; all else is a list that begins with the name of its type. What is not plain
    data becomes `["opaque", TYPE, TEXT]`."""
    kind = type(value)
    if value is None or kind is bool or (kind is int and abs(value) < 1 << 63):
        return value
    if kind is str and len(value) <= LONGEST_TEXT:
        return value
    if kind is bytes and len(value) <= LONGEST_TEXT:
        return ["bytes", value.decode("latin-1")]
    if kind is float and math.isfinite(value):
        return ["float", value]
    if depth < _DEEPEST and kind in _COLLECTIONS:
        return [_COLLECTIONS[kind], *(plain(item, depth + 1) for item in list(value)[:LONGEST_LIST])]
    if depth < _DEEPEST and kind is dict:
        return ["dict", *([plain(key, depth + 1), plain(item, depth + 1)] for key, item in list(value.items())[:LONGEST_LIST])]
    return [
        "opaque",
        f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.") + _detail(value),
        _text(value)[:_OPAQUE_TEXT],
    ]


def _detail(value: Any) -> str:
    """A compiled expression, and whether it is one of bytes, which matches no text."""
    return "[bytes]" if type(value).__name__ == "Pattern" and isinstance(getattr(value, "pattern", None), bytes) else ""


def _text(value: Any) -> str:
    try:
        text = value.pattern if type(value).__name__ == "Pattern" else str(value)
        return text.decode("latin-1") if isinstance(text, bytes) else text if isinstance(text, str) else str(text)
    except Exception:
        return ""
