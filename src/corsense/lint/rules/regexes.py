"""What the rules about `allow_origin_regex` share."""

from __future__ import annotations

from collections.abc import Iterator

from corsense.diagnose.regexes import regex_fault
from corsense.lint.layers import CorsLayer
from corsense.lint.values import Alternative, Known, combined, text_of, truth
from corsense.lint.violations import Violation


def regex_marks(layer: CorsLayer, slug: str) -> Iterator[Violation]:
    """A violation for each expression whose fault is `slug`."""
    flags = layer.argument("allow_credentials") or (Alternative(Known(False, layer.spot)),)
    seen: set[str] = set()
    for (regex, credentials), _ in combined(layer.argument("allow_origin_regex"), flags):
        text = text_of(regex)
        if text is None or not text.text or text.text in seen:
            continue
        fault = regex_fault(text.text, bool(truth(credentials)))
        if fault is not None and fault.slug == slug:
            seen.add(text.text)
            evidence = {"value": text.text, "admits": fault.admits}
            yield Violation(slug, fault.message, text.spot, evidence, fault.severity, fault.remedy, layer)
