"""`header-not-allowed` in source: the app reads a token from `Authorization`, and its CORS layer does not allow that header."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.marks import Mark
from corsense.lint.program import Module
from corsense.lint.routes import routes_of
from corsense.lint.rules.method_not_allowed import listed
from corsense.lint.stacks import Stack
from corsense.lint.values import External

SLUG = "header-not-allowed"

_BEARERS = ("HTTPBearer", "HTTPBasic", "HTTPDigest", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "OAuth2")
_IMPORTS = 2


def marks(stack: Stack, evaluator: Evaluator) -> Iterator[Mark]:
    """Headers that the app's security schemes read and the list lacks."""
    read: list[str] | None = None
    for layer in stack.answering:
        given = layer.argument("allow_headers")
        if layer.is_ours or (not given and not layer.complete) or not layer.argument("allow_origins"):
            continue
        lists = [listed(each.value) for each in given] if given else [()]
        allowed = lists[0]
        if len(lists) != 1 or allowed is None or "*" in allowed:
            continue
        names = {header.lower() for header in allowed}
        read = _headers_read(stack, evaluator) if read is None else read
        missing = [header for header in read if header.lower() not in names]
        if missing:
            told = f"allow_headers={list(allowed)!r}" if given else "Without allow_headers no header is allowed: it"
            message = f"{told} lacks {', '.join(missing)}, which the app reads: preflights of requests that send it are refused."
            evidence = {"headers": missing, "allow_headers": list(allowed)}
            remedy = f"allow_headers={[*allowed, *missing]!r}"
            yield Mark(SLUG, message, layer.keyword_spot("allow_headers"), evidence, "warning", remedy, layer)


def _headers_read(stack: Stack, evaluator: Evaluator) -> list[str]:
    modules = {route.module for route in routes_of(evaluator, stack.scope, stack.name)} | {stack.scope.module}
    found: list[str] = []
    for module in sorted(_with_imports(evaluator, modules), key=lambda module: str(module.path)):
        for call in module.calls:
            found += _header_of(evaluator, module, call)
    return list(dict.fromkeys(found))


def _with_imports(evaluator: Evaluator, modules: set[Module]) -> set[Module]:
    """Modules with what they import of the program, and what those do."""
    found, edge = set(modules), set(modules)
    for _ in range(_IMPORTS):
        edge = {inner for module in edge for inner in _imports(evaluator, module)} - found
        found |= edge
    return found


def _imports(evaluator: Evaluator, module: Module) -> Iterator[Module]:
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom):
            for name in (node.module or "", *(f"{node.module or ''}.{alias.name}".strip(".") for alias in node.names)):
                inner = evaluator.program.imported(module, name, node.level)
                if inner is not None:
                    yield inner


def _header_of(evaluator: Evaluator, module: Module, call: ast.Call) -> list[str]:
    last = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
    if last not in (*_BEARERS, "APIKeyHeader"):
        return []
    for each in evaluator.evaluate(call.func, evaluator.frame_of(module, call)):
        if isinstance(each.value, External) and each.value.name.startswith("fastapi.security"):
            if last != "APIKeyHeader":
                return ["Authorization"]
            name = next((word.value for word in call.keywords if word.arg == "name"), None)
            return [name.value] if isinstance(name, ast.Constant) and isinstance(name.value, str) else []
    return []
