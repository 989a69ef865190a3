"""What the rules about the spelling of one origin share."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.causes import Severity
from corsense.diagnose.origins import pattern_remedy
from corsense.lint.layers import CorsLayer
from corsense.lint.origins import written_origins
from corsense.lint.violations import Violation


def misspelt(layer: CorsLayer, slug: str, sentence: str) -> Iterator[Violation]:
    """A violation for each entry with the fault `slug`; `sentence` has places for what is `{written}` and what was `{meant}`."""
    for found in written_origins(layer):
        if found.slug != slug:
            continue
        evidence: dict[str, object] = {"allowed": found.entry.text}
        if found.meant is not None:
            evidence["sent"] = found.meant
        if found.entry.setting is not None:
            evidence["setting"] = found.entry.setting.name
        message = sentence.format(written=repr(found.entry.text), meant=repr(found.meant))
        if found.is_repeated:
            message += " The list has the right one as well."
        remedy = f"Write {found.meant!r}." if found.meant is not None and not found.is_repeated else None
        if remedy is None and slug in ("glob-in-origins", "regex-in-origins"):
            remedy = pattern_remedy(found.entry.text)
        severity: Severity | None = "info" if found.is_repeated else None
        yield Violation(slug, message, found.entry.spot, evidence, severity, remedy, layer)
