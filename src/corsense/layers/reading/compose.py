"""Compose files: the labels that configure Traefik, and origins in the environment of services."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from corsense.errors import quoted
from corsense.layers.reading.judging import origin_fault
from corsense.layers.reading.result import Remark, UnreadableConfiguration
from corsense.layers.reading.traefik import TraefikFile, TraefikPlace
from corsense.layers.reading.yaml_tree import Node

# Variables that name origins of CORS, not other origins (`ORIGIN_SERVER`).
_ORIGINS = re.compile(
    r"(?:^|_)(?:CORS(?:_\w+)?_ORIGINS?|ALLOW(?:ED)?_(?:CORS_)?ORIGINS?|CORS_ALLOW(?:ED)?_ORIGINS?|TRUSTED_ORIGINS)$"
)
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")


def read_compose(documents: list[Node], file: str) -> tuple[list[TraefikPlace], list[Remark]]:
    """The places that labels make, and what is wrong with origins in environments. Raises UnreadableConfiguration."""
    read = TraefikFile(file)
    remarks: list[Remark] = []
    for root in documents:
        if root.pairs is None:
            raise UnreadableConfiguration(file, root.line, "This is no Compose file: a mapping must be at the top.")
        services = root.get("services")
        for _, service in services.entries() if services is not None else ():
            for labels in (service.get("labels"), service.get("deploy", "labels")):
                for key, value, line in _pairs(labels):
                    filled = _VARIABLE.search(value.replace("$$", ""))
                    read.take_label(key, "\0" if filled else value.replace("$$", "$"), line)
            for key, value, line in _pairs(service.get("environment")):
                remarks += _origins(key, value, line, file)
    read.settle_labels()
    return list(read.places()), remarks


def _pairs(node: Node | None) -> Iterator[tuple[str, str, int]]:
    """The entries of labels or an environment, which are a mapping, or a list of `name=value`."""
    for key, value in node.entries() if node is not None else ():
        if value.text is not None:
            yield key, value.text, value.line
    for text, line in node.texts() if node is not None and node.items is not None else ():
        name, equals, given = text.partition("=")
        if equals:
            yield name.strip(), given, line


def _origins(name: str, value: str, line: int, file: str) -> Iterator[Remark]:
    """Origins in a variable that no browser sends. How the app reads the variable is not known, so only what is wrong in every
    reading is reported."""
    if not _ORIGINS.search(name.upper()) or _VARIABLE.search(value):
        return
    for origin in _listed(value):
        if value.lstrip().startswith("[") and re.search(r"[,\s]", origin.strip()):
            message = f"{name} has one entry with several values ({quoted(origin)}), which equals no origin."
            yield Remark("joined-values", message, file, line, "warning", "Write each origin as an entry of its own.")
            continue
        fault = origin_fault(origin) if origin not in ("*", "null") else None
        if fault is not None and fault.slug in _SURE:
            message = f"{name} lists {quoted(origin)}. No browser sends that, so it allows no page, unless the app changes it."
            yield Remark(fault.slug, message, file, line, "warning", fault.remedy)


_SURE = {"origin-trailing-slash", "origin-has-path", "origin-default-port", "origin-not-normalised"}


def _listed(value: str) -> list[str]:
    """The origins of a JSON list, or of a text with commas or spaces."""
    text = value.strip()
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        return [each for each in found if isinstance(each, str) and "://" in each]
    return [part.strip("'\"") for part in re.split(r"[,;\s]+", text) if "://" in part]
