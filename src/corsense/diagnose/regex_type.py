"""`allow_origin_regex` of another type than Starlette can match with: a list, a number, bytes."""

from __future__ import annotations

from corsense.app.description import LayerInfo, Opaque
from corsense.app.traceback import ParsedTraceback
from corsense.diagnose.observation import Diagnosis, Observation
from corsense.diagnose.regexes import not_a_string

_PATTERNS = ("re.Pattern", "_regex.Pattern", "regex.Pattern")
_MATCHER = "is_allowed_origin"
"""The method of Starlette's middleware that matches an origin with the expression."""


def regex_type_fault(layer: LayerInfo) -> Diagnosis | None:
    """An `allow_origin_regex` of Starlette's middleware that is neither a string nor a compiled expression of one."""
    given = layer.arguments.get("allow_origin_regex")
    if layer.policy is not None or given is None or isinstance(given, str):
        return None
    if isinstance(given, Opaque) and given.type in _PATTERNS:
        return None
    written = _written_as_bytes(given)
    texts = [text for text in given if isinstance(text, str)] if isinstance(given, list | tuple | set | frozenset) else []
    texts = texts if written is None else [written]
    message, remedy = not_a_string(_named(given), texts, is_bytes=written is not None)
    evidence: dict[str, object] = {"argument": "allow_origin_regex", "values": texts}
    return Diagnosis("origin-regex-not-a-string", message, layer.place, evidence, "error", remedy)


def _written_as_bytes(given: object) -> str | None:
    """The expression that is given as bytes, compiled or not, as text."""
    if isinstance(given, bytes):
        return given.decode("latin-1")
    return given.text if isinstance(given, Opaque) and given.type.endswith("[bytes]") else None


def _named(given: object) -> str:
    if isinstance(given, Opaque):
        return "a compiled expression of bytes" if given.type.endswith("[bytes]") else given.type
    if isinstance(given, list | tuple | set | frozenset | dict):
        return f"a {type(given).__name__}"
    return repr(given)


def crash_of_regex(observation: Observation, traceback: ParsedTraceback) -> Diagnosis | None:
    """The fault of the expression that Starlette's middleware crashes on when it matches an origin; None for other crashes."""
    if traceback.type != "TypeError" or not any(frame.function == _MATCHER for frame in traceback.culprit.frames[-1:]):
        return None
    return next((found for layer in observation.cors_layers if (found := regex_type_fault(layer)) is not None), None)
