"""`env-split-without-strip` in source: a variable is split at commas, and nothing removes the blanks around the parts."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.rules.spelling import misspelt
from corsense.lint.values import Listed, Setting, Split, Value
from corsense.lint.violations import Violation

SLUG = "env-split-without-strip"


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Parts with blanks that are in sight, else splits of a variable that is likely to have blanks."""
    found = list(misspelt(layer, SLUG, "{written} keeps the blanks of a list that is split at commas. Browsers send {meant}."))
    if found:
        yield from found
        return
    for each in layer.argument("allow_origins"):
        split = _split(each.value)
        if split is None:
            continue
        setting = split.text
        assert isinstance(setting, Setting)
        example = "'https://a.example, https://b.example' allows only the first."
        message = f"{setting.name} is split at commas and keeps the blanks. {example}"
        remedy = f'[origin.strip() for origin in {setting.name}.split(",") if origin.strip()]'
        yield Violation(SLUG, message, split.spot, {"setting": setting.name}, "warning", remedy, layer)
        return


def _split(value: Value) -> Split | None:
    match value:
        case Split(text=Setting(blank_free=False), separator=",", strips=False):
            return value
        case Setting(default=Split() as inner):
            return _split(inner)
        case Listed(items=items):
            return next((found for item in items if (found := _split(item)) is not None), None)
        case _:
            return None
