"""The rule of a router of Traefik: which requests it takes, as far as method and headers tell.

Source: Traefik, *Routers*, *Rule*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from corsense.layers.reading.expressions import UnknownSyntax, searched
from corsense.layers.reading.trial import UNSENT, Trial, Unread

_QUOTED = r"(?:`[^`]*`|\"[^\"]*\"|'[^']*')"
_TOKEN = re.compile(rf"\s*(?:(&&|\|\||!|\(|\))|([A-Za-z]+)\(\s*({_QUOTED}(?:\s*,\s*{_QUOTED})*)?\s*\))")
_ARGUMENT = re.compile(r"`([^`]*)`|\"([^\"]*)\"|'([^']*)'")
_OF_REQUESTS = {"method", "header", "headers", "headerregexp", "headersregexp"}
_DEEPEST = 30
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its `text`, its parts, and the line. A rule that cannot be read has no parts and takes every request."""

    text: str = ""
    line: int | None = None
    tokens: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, text: str, line: int | None) -> Rule:
        tokens: list[tuple[str, tuple[str, ...]]] = []
        index = 0
        while index < len(text.rstrip()):
            found = _TOKEN.match(text, index) if len(text) < _LONGEST else None
            if found is None:
                return cls(text, line)
            arguments = tuple("".join(each) for each in _ARGUMENT.findall(found[3] or ""))
            tokens.append((found[1] or found[2].lower(), arguments))
            index = found.end()
        return cls(text, line, tuple(tokens))

    @property
    def looks_at_requests(self) -> bool:
        """Whether the method or a header matters."""
        return any(name in _OF_REQUESTS for name, _ in self.tokens)

    @property
    def places(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """What a rule requires of host, path and others."""
        return frozenset(token for token in self.tokens if token[0] not in _OF_REQUESTS and token[0].isalpha())

    def holds(self, trial: Trial, places: frozenset[tuple[str, tuple[str, ...]]] | None = None) -> bool:
        """Whether the router takes a request. `places` are the hosts and paths that it has; None: all that the rule asks for.
        Raises Unread."""
        if not self.tokens:
            return True
        return _Reader(self, trial, places).whole()


@dataclass(slots=True)
class _Reader:
    rule: Rule
    trial: Trial
    places: frozenset[tuple[str, tuple[str, ...]]] | None
    index: int = 0
    depth: int = 0

    def whole(self) -> bool:
        held = self._any()
        if self.index != len(self.rule.tokens):
            raise Unread("The rule of the router is not read.", self.rule.line)
        return held

    def _next(self) -> str:
        return self.rule.tokens[self.index][0] if self.index < len(self.rule.tokens) else ""

    def _any(self) -> bool:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unread("The rule of the router is nested too deep.", self.rule.line)
        held = self._all()
        while self._next() == "||":
            self.index += 1
            held = self._all() or held
        self.depth -= 1
        return held

    def _all(self) -> bool:
        held = self._one()
        while self._next() == "&&":
            self.index += 1
            held = self._one() and held
        return held

    def _one(self) -> bool:
        if self.index >= len(self.rule.tokens):
            raise Unread("The rule of the router is not read.", self.rule.line)
        name, arguments = self.rule.tokens[self.index]
        self.index += 1
        if name == "!":
            return not self._one()
        if name == "(":
            held = self._any()
            if self._next() != ")":
                raise Unread("The rule of the router is not read.", self.rule.line)
            self.index += 1
            return held
        return self._matcher(name, arguments)

    def _matcher(self, name: str, arguments: tuple[str, ...]) -> bool:
        if name == "method":
            return self.trial.method in arguments
        if name not in _OF_REQUESTS:
            return self.places is None or (name, arguments) in self.places
        header, value = arguments[0].lower() if arguments else "", arguments[-1] if arguments else ""
        if header in UNSENT:
            return False
        if header == "access-control-request-method" and value in (".", ".+", ".*"):
            return self.trial.is_preflight
        if header != "origin":
            return self.trial.whether(f"the header {header}", self.rule.line)
        if "regexp" not in name:
            return self.trial.equals(value, self.rule.line)
        try:
            return value in (".", ".+", ".*") or self.trial.matches(searched(value), self.rule.line)
        except UnknownSyntax as error:
            raise Unread(str(error), self.rule.line) from None
