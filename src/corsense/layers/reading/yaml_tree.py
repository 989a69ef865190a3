"""YAML and JSON as a tree that knows its lines, read from the parser's events within bounds.

Aliases are shared and not copied, so a file whose aliases multiply costs no more than its text; depth and size are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from corsense.layers.reading.extra import needed
from corsense.layers.reading.result import UnreadableConfiguration

MOST_NODES = 100_000
DEEPEST = 60


@dataclass(eq=False, slots=True)
class Node:
    """A value with its line: `text` of a scalar, `items` of a sequence, or `pairs` of a mapping."""

    line: int
    text: str | None = None
    items: list[Node] | None = None
    pairs: list[tuple[Node, Node]] | None = None
    is_quoted: bool = False

    def get(self, *names: str) -> Node | None:
        """The value at a path of keys; None where there is none. Keys are compared without regard to case."""
        found: Node | None = self
        for name in names:
            if found is None:
                return None
            found = found._value(name)
        return found

    def _value(self, name: str) -> Node | None:
        merged = None
        for key, value in self.pairs or ():
            if key.text is not None and key.text.lower() == name.lower():
                return value
            if key.text == "<<" and not key.is_quoted and value is not self:
                for each in value.items if value.items is not None else [value]:
                    merged = merged or (each._own(name) if each is not self else None)
        return merged

    def _own(self, name: str) -> Node | None:
        """A value of the mapping itself."""
        return next((value for key, value in self.pairs or () if key.text is not None and key.text.lower() == name.lower()), None)

    def entries(self) -> Iterator[tuple[str, Node]]:
        """The keys and values of a mapping."""
        for key, value in self.pairs or ():
            if key.text is not None:
                yield key.text, value

    def texts(self) -> list[tuple[str, int]]:
        """The scalars of a sequence with their lines, or the one scalar."""
        if self.text is not None:
            return [(self.text, self.line)]
        return [(item.text, item.line) for item in self.items or () if item.text is not None]

    @property
    def is_true(self) -> bool:
        return self.text is not None and self.text.lower() in ("true", "yes", "on")


@dataclass(slots=True)
class _Builder:
    file: str
    documents: list[Node] = field(default_factory=list)
    _open: list[tuple[Node, list[Node]]] = field(default_factory=list)
    _anchors: dict[str, Node] = field(default_factory=dict)
    _count: int = 0

    def put(self, node: Node, anchor: str | None) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise UnreadableConfiguration(self.file, node.line, f"There are more than {MOST_NODES} values.")
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.documents.append(node)
            return
        parent, waiting = self._open[-1]
        if parent.items is not None:
            parent.items.append(node)
        else:
            waiting.append(node)
            if len(waiting) == 2 and parent.pairs is not None:
                parent.pairs.append((waiting[0], waiting[1]))
                waiting.clear()

    def start(self, node: Node, anchor: str | None) -> None:
        self.put(node, anchor)
        if len(self._open) >= DEEPEST:
            raise UnreadableConfiguration(self.file, node.line, f"The values are nested more than {DEEPEST} deep.")
        self._open.append((node, []))

    def alias(self, name: str, line: int) -> None:
        node = self._anchors.get(name)
        if node is None:
            raise UnreadableConfiguration(self.file, line, f"There is no anchor &{name[:40]}.")
        if any(node is parent for parent, _ in self._open):
            raise UnreadableConfiguration(self.file, line, f"*{name[:40]} stands inside itself.")
        self.put(node, None)

    def event(self, event: Any, yaml: Any) -> None:
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent():
                text = event.value if event.tag is None or event.tag.startswith("tag:yaml.org") else f"${{{event.tag}}}"
                self.put(Node(line, text=text, is_quoted=event.style in ("'", '"')), event.anchor)
            case yaml.SequenceStartEvent():
                self.start(Node(line, items=[]), event.anchor)
            case yaml.MappingStartEvent():
                self.start(Node(line, pairs=[]), event.anchor)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
            case yaml.AliasEvent():
                self.alias(event.anchor, line)
            case yaml.DocumentStartEvent():
                self._anchors.clear()
            case _:
                pass


def read_tree(text: str, file: str) -> list[Node]:
    """The documents of a YAML or JSON text.

    Raises:
        UnreadableConfiguration: it is neither, or too deep or too large.
        MissingExtra: PyYAML is not installed.
    """
    yaml = needed("yaml")
    builder = _Builder(file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.event(event, yaml)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise UnreadableConfiguration(file, mark.line + 1 if mark is not None else None, f"This is no YAML: {problem}.") from None
    return builder.documents
