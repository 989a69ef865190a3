"""Formats that state a policy as one: HTTPRoute of the Kubernetes Gateway API, and the CORS of AWS API Gateway.

No program of theirs was compared with what is read. Source: Gateway API, `HTTPCORSFilter`; AWS, `Cors` of ApiGatewayV2 and
`x-amazon-apigateway-cors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from corsense.layers.reading.expressions import OriginMatch
from corsense.layers.reading.result import Remark
from corsense.layers.reading.trial import HeaderLine, LayerAnswer, Trial, Unread, is_template
from corsense.layers.reading.yaml_tree import Node

_LABELS = "(?:[a-z0-9_-]+\\.)+"
_LISTS = {
    "access-control-allow-methods": ("allowmethods", "allowedmethods"),
    "access-control-allow-headers": ("allowheaders", "allowedheaders"),
    "access-control-expose-headers": ("exposeheaders", "exposedheaders"),
}


@dataclass(slots=True)
class StatedPlace:
    """A table with a policy, whose implementation answers preflights and names the origin that it allows."""

    where: str
    file: str
    line: int | None
    table: Node
    speaks_of: str
    is_static: bool = False
    is_proxy: bool = True
    notes: tuple[Remark, ...] = ()

    def answer(self, trial: Trial) -> LayerAnswer:
        allowed = self._allowed(trial)
        status = 204 if trial.is_preflight else None
        if allowed is None:
            return LayerAnswer(status, (HeaderLine("vary", "Origin", self.line),), self.line)
        lines = [allowed, HeaderLine("vary", "Origin", self.line)]
        credentials = _first(self.table, "allowcredentials")
        if credentials is not None and credentials.is_true:
            lines.append(HeaderLine("access-control-allow-credentials", "true", credentials.line))
        for name, options in _LISTS.items():
            node = _first(self.table, *options)
            values = node.texts() if node is not None else []
            if values and node is not None and (trial.is_preflight != name.startswith("access-control-expose")):
                lines.append(HeaderLine(name, ", ".join(text for text, _ in values), node.line))
        age = _first(self.table, "maxage", "maxageseconds")
        if age is not None and age.text and trial.is_preflight:
            lines.append(HeaderLine("access-control-max-age", age.text.removesuffix("s"), age.line))
        return LayerAnswer(status, tuple(lines), self.line)

    def _allowed(self, trial: Trial) -> HeaderLine | None:
        origins = _first(self.table, "alloworigins", "allowedorigins")
        for text, line in origins.texts() if origins is not None else ():
            if is_template(text):
                raise Unread("An origin is filled in from elsewhere, which corsense does not know.", line)
            if text == "*":
                credentials = _first(self.table, "allowcredentials")
                reflects = credentials is not None and credentials.is_true
                return HeaderLine("access-control-allow-origin", trial.origin if reflects else "*", line)
            if "*" in text:
                if trial.matches(_glob(text, line), line):
                    return HeaderLine("access-control-allow-origin", trial.origin, line)
            elif trial.equals(text, line):
                return HeaderLine("access-control-allow-origin", text, line)
        return None


def _first(table: Node, *names: str) -> Node | None:
    return next((found for name in names if (found := table.get(name)) is not None), None)


def _glob(text: str, line: int) -> OriginMatch:
    """An origin with a star in front of its host, which stands for one label or more."""
    import re

    scheme, separator, rest = text.partition("://")
    if not separator or not rest.startswith("*.") or "*" in rest[2:]:
        raise Unread(f"{text!r} has a star where corsense does not know what it stands for.", line)
    return OriginMatch(f"{re.escape(scheme)}://{_LABELS}{re.escape(rest[2:])}", text)


def read_gateway_api(documents: list[Node], file: str) -> tuple[list[StatedPlace], list[Remark]]:
    """The CORS filters of HTTPRoutes."""
    places: list[StatedPlace] = []
    for root in documents:
        kind = root.get("kind")
        if kind is None or kind.text not in ("HTTPRoute", "GRPCRoute"):
            continue
        name = root.get("metadata", "name")
        rules = root.get("spec", "rules")
        for number, rule in enumerate(rules.items or [] if rules is not None else [], 1):
            filters = rule.get("filters")
            for each in filters.items or [] if filters is not None else []:
                table = each.get("cors")
                if table is not None:
                    where = f"HTTPRoute {name.text if name is not None else 'unnamed'}, rule {number}"
                    places.append(StatedPlace(where, file, each.line, table, "the gateway"))
    return places, []


def read_api_gateway(documents: list[Node], file: str) -> tuple[list[StatedPlace], list[Remark]]:
    """The CORS tables of HTTP APIs, wherever they stand in a description, a template or an OpenAPI document."""
    places = []
    for root in documents:
        for table, title in _tables(root):
            places.append(StatedPlace(title, file, table.line, table, "API Gateway"))
    return places, []


def _tables(root: Node) -> Iterator[tuple[Node, str]]:
    waiting: list[tuple[Node, str]] = [(root, "the API")]
    seen: set[int] = set()
    while waiting:
        node, title = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        origins = _first(node, "alloworigins", "allowedorigins")
        if origins is not None and origins.texts():
            yield node, title
            continue
        for key, value in reversed(list(node.entries())):
            waiting.append((value, title if key.lower() in ("properties", "resources") else f"{key}" if value.pairs else title))
        waiting += [(item, title) for item in reversed(node.items or [])]
