"""`joined-values` in source: one string of a list holds several values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corsense.lint.layers import CorsLayer
from corsense.lint.origins import written_origins
from corsense.lint.values import Listed, Setting, entries, is_complete
from corsense.lint.violations import Violation

SLUG = "joined-values"

_SEPARATED = re.compile(r"[^\s,;]+\s*[,;\s]\s*[^\s,;]")


def violations(layer: CorsLayer) -> Iterator[Violation]:
    """Entries of the lists of origins, methods and headers."""
    for origin in written_origins(layer):
        if origin.slug == SLUG:
            message = f"{origin.entry.text!r} is one string with several origins in it. It matches none of them."
            evidence: dict[str, object] = {"value": origin.entry.text, "argument": "allow_origins"}
            if origin.entry.setting is not None:
                evidence["setting"] = origin.entry.setting.name
            yield Violation(SLUG, message, origin.entry.spot, evidence, remedy=_remedy(origin.entry.setting), layer=layer)
    for argument in ("allow_methods", "allow_headers", "expose_headers"):
        yield from _of_argument(layer, argument)


def _of_argument(layer: CorsLayer, argument: str) -> Iterator[Violation]:
    seen: set[str] = set()
    for each in layer.argument(argument):
        if not isinstance(each.value, Listed | Setting) or not is_complete(each.value) or not _is_list(each.value):
            continue
        for entry in entries(each.value):
            if _SEPARATED.search(entry.text) and entry.text not in seen:
                seen.add(entry.text)
                message = f"{entry.text!r} in {argument} is one string with several values in it. It allows none of them."
                evidence = {"value": entry.text, "argument": argument}
                yield Violation(SLUG, message, entry.spot, evidence, remedy=_remedy(entry.setting), layer=layer)


def _is_list(value: Listed | Setting) -> bool:
    return isinstance(value, Listed) or isinstance(value.default, Listed)


def _remedy(setting: Setting | None) -> str:
    if setting is None:
        return "Write each value as a separate string, with commas between them."
    return f'[value.strip() for value in {setting.name}.split(",")]'
