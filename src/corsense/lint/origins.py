"""The origins that a layer allows, and what is wrong with the way one is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from corsense.diagnose.origins import compare, meant_origin
from corsense.faults import PolicyError
from corsense.lint.exclusions import rules_out_wildcard
from corsense.lint.layers import CorsLayer
from corsense.lint.values import (
    Alternative,
    Entry,
    Known,
    Listed,
    Setting,
    Split,
    Spot,
    Value,
    combined,
    entries,
    text_of,
    truth,
)
from corsense.origin import OriginPattern

_REGEX = re.compile(r"[\\^$()\[\]|+]|\.\*")


@dataclass(frozen=True, slots=True)
class WrittenOrigin:
    """An entry of a list of origins with its fault: `slug`, and the origin that was `meant` where one is known.

    `is_repeated`: the list has the meant origin as well."""

    entry: Entry
    slug: str
    meant: str | None
    is_repeated: bool = False


def origin_lists(layer: CorsLayer) -> Iterator[Alternative]:
    """What `allow_origins` can be."""
    yield from layer.argument("allow_origins")


_WRITTEN: WeakKeyDictionary[CorsLayer, tuple[WrittenOrigin, ...]] = WeakKeyDictionary()


def written_origins(layer: CorsLayer) -> tuple[WrittenOrigin, ...]:
    """The entries of a layer's lists that cannot match as they are written, each once. Each rule asks for its own of them."""
    if layer not in _WRITTEN:
        _WRITTEN[layer] = tuple(_written(layer))
    return _WRITTEN[layer]


def _written(layer: CorsLayer) -> Iterator[WrittenOrigin]:
    seen: set[tuple[str, object]] = set()
    for each in origin_lists(layer):
        found = entries(each.value)
        texts = {entry.text for entry in found}
        if "*" in texts:
            continue
        for entry in found:
            key = (entry.text, entry.spot.node)
            fault = None if key in seen else _fault(entry, texts, each.value, layer.is_ours)
            if fault is not None:
                seen.add(key)
                yield fault
        if adds_slash(each.value) and found:
            yield from _with_slash(found, texts)


def adds_slash(value: Value) -> bool:
    """Whether the items are URLs of pydantic 2, which end in a slash once they are strings."""
    return isinstance(value, Setting) and value.adds_slash


def _with_slash(found: tuple[Entry, ...], texts: set[str]) -> Iterator[WrittenOrigin]:
    for entry in found[:1]:
        if not entry.text.endswith("/") and meant_origin(entry.text) == entry.text:
            yield WrittenOrigin(entry, "origin-trailing-slash", entry.text)


def _fault(entry: Entry, texts: set[str], value: Value, ours: bool) -> WrittenOrigin | None:
    text = entry.text
    if not text.strip() or text == "*":
        return None
    if text.strip() == "null":
        return WrittenOrigin(entry, "null-origin", None)
    if text != text.strip() or text.strip("\"'") != text:
        meant = meant_origin(text)
        slug = "env-split-without-strip" if isinstance(_inner(value), Split) else "origin-not-normalised"
        return WrittenOrigin(entry, slug, meant, meant in texts) if meant is not None else None
    if _is_joined(text):
        return WrittenOrigin(entry, "joined-values", None)
    if _REGEX.search(text.replace("[::1]", "")):
        return WrittenOrigin(entry, "regex-in-origins", None)
    if "*" in text:
        return None if ours and _is_pattern(text) else WrittenOrigin(entry, "glob-in-origins", None)
    meant = meant_origin(text)
    if meant is None or meant == text:
        return None
    slug = compare(meant, text).slug
    return None if slug == "origin-mismatch" else WrittenOrigin(entry, slug, meant, meant in texts)


def _is_joined(text: str) -> bool:
    """Whether a string holds several origins: joined with a separator, by a missing comma, or as the text of a list."""
    return text.count("://") > 1 or ("," in text and "://" in text) or (text.startswith("[") and "://" in text)


def _inner(value: Value) -> Value | None:
    return value.default if isinstance(value, Setting) and isinstance(value.default, Split) else value


def _is_pattern(text: str) -> bool:
    try:
        OriginPattern.parse(text)
    except PolicyError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A `*` among a layer's origins. `setting` names the variable whose default it is; `is_text`: it is not a list."""

    spot: Spot
    setting: Setting | None
    credentials: bool | None
    is_text: bool = False


def wildcards(layer: CorsLayer) -> Iterator[Wildcard]:
    """Each way in which a layer allows every origin, with whether credentials are allowed then (None: not known)."""
    flags = layer.argument("allow_credentials") or (Alternative(Known(False, layer.spot)),)
    found: list[Wildcard] = []
    asked: Wildcard | None = None
    for (origins, credentials), path in combined(layer.argument("allow_origins"), flags):
        entry = wildcard_entry(origins)
        if entry is None:
            continue
        one = Wildcard(entry.spot, entry.setting, truth(credentials), text_of(origins) is not None)
        if layer.evaluator is None or not rules_out_wildcard(path, layer.scope, layer.evaluator, entry):
            found.append(one)
        elif one.setting is not None:
            asked = one  # `["*"] if "*" in setting else setting`: it is the setting that says `*`
    for one in found:
        yield one if asked is None or one.setting is not None else replace(one, spot=asked.spot, setting=asked.setting)


def wildcard_entry(value: Value) -> Entry | None:
    """The entry that makes Starlette allow every origin: a `*` in the list, or anywhere in a string."""
    text = text_of(value)
    if text is not None:
        return text if "*" in text.text else None
    return next((entry for entry in entries(value) if entry.text == "*"), None)


def allows_credentials(layer: CorsLayer) -> bool:
    """Whether a layer allows credentials in some run of the program."""
    return any(truth(each.value) for each in layer.argument("allow_credentials"))


def restricts_origins(layer: CorsLayer) -> bool:
    """Whether a layer is seen to name the origins that it allows, in every run of the program."""
    found = layer.argument("allow_origins")
    return bool(found) and all(
        isinstance(each.value, Listed | Setting | Split) and wildcard_entry(each.value) is None for each in found
    )


def together(layer: CorsLayer, *names: str) -> Iterator[tuple[Value, ...]]:
    """The values that arguments have at the same time, where all of them are given."""
    for values, _ in combined(*(layer.argument(name) for name in names)):
        yield values
