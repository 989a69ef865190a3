"""Paths without their values: the route of an app that a path belongs to, or what its segments are made of.

An engine turns each path into a *shape*: every segment that may be a value becomes the name of its class. Only segments that the
app's own routes spell (without an app: a few words of protocols) stay as they are, so a shape never holds a value of a path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from corsense.middleware.route_template import CONVERTORS, convertor_pattern

DEEPEST = 12
"""Segments of a path that are looked at; what is below is `REST`."""
REST = "{...}"
LONGEST_SEGMENT = 100

CLASSES: tuple[tuple[str, str, str], ...] = (
    ("{number}", r"^[0-9]+$", "1234567890123"),
    ("{decimal}", r"^[0-9]+\.[0-9]+$", "1.5"),
    ("{uuid}", r"^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$",
     "12345678-1234-4234-8234-123456789abc"),
)  # fmt: skip
"""Classes of segments: name, a regular expression for both RE2 and `java.util.regex`, and an example that a route is tried with.
They are what Starlette's path convertors tell apart."""
VALUE = "{value}"
VALUE_EXAMPLE = "corsense-value"

PROTOCOL_WORDS = ("api", "rest", "rpc", "graphql", "ws", "mcp", *(f"v{number}" for number in range(1, 10)))
"""The segments that stay in the shape of a path when no app is known: they belong to protocols, not to people."""

UNKNOWN = ""
"""The route of a path that no route of the app serves."""

_PARAMETER = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A route of an app: the `path` as it was written, its `methods` (empty: any), and whether it serves everything below."""

    path: str
    methods: frozenset[str] = frozenset()
    below: bool = False

    def pattern(self) -> re.Pattern[str]:
        """What matches the paths of this route, as Starlette's `compile_path` would. Parameters with a convertor of the app's own
        match one segment."""
        text, end = "", 0
        for found in _PARAMETER.finditer(self.path):
            text += re.escape(self.path[end : found.start()]) + f"(?:{convertor_pattern(found[2])})"
            end = found.end()
        text += re.escape(self.path[end:])
        return re.compile(text.rstrip("/") + "(?:/.*)?" if self.below else text)

    def literals(self) -> Iterable[str]:
        """The segments that hold no parameter."""
        return (segment for segment in self.path.split("/") if segment and "{" not in segment)

    def mixed(self) -> Iterable[str]:
        """Patterns of the segments that hold a parameter and something else, such as `report-{id}.csv`."""
        for segment in self.path.split("/"):
            if "{" in segment and not _PARAMETER.fullmatch(segment):
                yield _mixed_pattern(segment)


def _mixed_pattern(segment: str) -> str:
    text, end = "", 0
    for found in _PARAMETER.finditer(segment):
        text += re.escape(segment[end : found.start()]) + convertor_pattern(found[2]).replace(".*", "[^/]*")
        end = found.end()
    return f"^{text}{re.escape(segment[end:])}$"


@dataclass(frozen=True, slots=True)
class Shapes:
    """How paths become shapes, and shapes routes.

    - `words`: segments that stay as they are.
    - `classes`: what other segments may be: name, pattern, and an example for `route`.
    """

    words: tuple[str, ...] = PROTOCOL_WORDS
    classes: tuple[tuple[str, str, str], ...] = CLASSES
    templates: tuple[Template, ...] = ()
    _patterns: tuple[re.Pattern[str], ...] = ()
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of_app(cls, templates: Sequence[Template]) -> Shapes:
        """Those of an app with these routes, in the order in which its router tries them."""
        words = sorted({word for template in templates for word in template.literals()})
        mixed = dict.fromkeys(pattern for template in templates for pattern in template.mixed())
        own = tuple((f"{{mixed{number}}}", pattern, _example(pattern)) for number, pattern in enumerate(mixed))
        return cls(tuple(words), own + CLASSES, tuple(templates), tuple(template.pattern() for template in templates))

    def route(self, shape: str, method: str) -> str:
        """The template of the route that serves paths of this shape, `UNKNOWN` where none does. Without an app the shape
        itself."""
        if not self.templates:
            return shape
        key = (shape, method)
        if key not in self._known:
            if len(self._known) > 100_000:
                self._known.clear()
            self._known[key] = self._route(shape, method)
        return self._known[key]

    def _route(self, shape: str, method: str) -> str:
        path = self._example_path(shape)
        partial = UNKNOWN
        for template, pattern in zip(self.templates, self._patterns, strict=True):
            if pattern.fullmatch(path):
                if not template.methods or method in template.methods:
                    return template.path
                partial = partial or template.path
        return partial

    def _example_path(self, shape: str) -> str:
        examples: Mapping[str, str] = {name: example for name, _, example in self.classes}
        return "/".join(
            examples.get(segment, VALUE_EXAMPLE if segment in (VALUE, REST) else segment) for segment in shape.split("/")
        )


def _example(pattern: str) -> str:
    """A text that a pattern of `_mixed_pattern` matches: each parameter as short as it can be."""
    text = pattern[1:-1]
    for expression, example in (
        (CONVERTORS["uuid"], CLASSES[2][2]), (CONVERTORS["float"], "1"), ("[0-9]+", "1"), ("[^/]+", "x"), ("[^/]*", "x"),
    ):  # fmt: skip
        text = text.replace(expression, example)
    return re.sub(r"\\(.)", r"\1", text)
