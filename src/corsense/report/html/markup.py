"""HTML and SVG, written so that nothing that comes from a server or an app can become markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import TypeAlias

from corsense.readers.controls import harmless


class Markup(str):
    """Text that is HTML already. Everything else is text, and is escaped."""

    __slots__ = ()


Content: TypeAlias = "str | Iterable[Content] | None"
"""What is in an element: a `Markup` stands for itself, other text is escaped, None is left out."""

_VOID = frozenset({"meta", "link", "br", "hr", "line", "path", "rect", "circle", "polygon"})
_NOT_A_CHARACTER = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def escape(text: str) -> Markup:
    """`text` as text: markup escaped, control characters spelled out, and what is no character (a lone half of a pair) replaced
    by U+FFFD. Plain ASCII, so that the encoding of where it is written does not matter."""
    if isinstance(text, Markup):
        return text
    characters = _NOT_A_CHARACTER.sub("\ufffd", harmless(text))
    return Markup(html.escape(characters).encode("ascii", "xmlcharrefreplace").decode("ascii"))


def element(tag: str, /, *content: Content, **attributes: str | int | float | bool | None) -> Markup:
    """An element. `class_` stands for `class`, an underscore in a name for a hyphen; False and None leave an attribute out, True
    writes it without a value."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in _VOID and not content:
        return Markup(f"<{tag}{written}/>" if tag not in {"meta", "link", "br", "hr"} else f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(content)}</{tag}>")


def join(content: Iterable[Content]) -> Markup:
    """Contents one after the other."""
    parts: list[str] = []
    for item in content:
        if isinstance(item, str):
            parts.append(escape(item))
        elif item is not None:
            parts.append(join(item))
    return Markup("".join(parts))


def exact(text: str) -> Markup:
    """Text of our own that is markup or a stylesheet already. Never for what comes from outside."""
    return Markup(text)


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    return f' {name}=""' if value is True else f' {name}="{escape(str(value))}"'
