"""Which request headers the security schemes of a program read: `HTTPBearer()`, `APIKeyHeader(name="X-Key")`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from corsense.lint.evaluation import Evaluator
from corsense.lint.program import Module
from corsense.lint.values import External

_OF_AUTHORIZATION = (
    "HTTPBearer",
    "HTTPBasic",
    "HTTPDigest",
    "OAuth2PasswordBearer",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2",
)
NAMED = re.compile(rb"HTTPBearer|HTTPBasic|HTTPDigest|OAuth2|APIKeyHeader")
"""A file whose bytes have none of these makes no scheme."""


def headers_read(evaluator: Evaluator, module: Module) -> Iterator[str]:
    """The headers that the schemes which a module makes read."""
    for name in (*_OF_AUTHORIZATION, "APIKeyHeader"):
        for call in module.calls_of(name):
            for each in evaluator.evaluate(call.func, evaluator.frame_of(module, call)):
                if isinstance(each.value, External) and each.value.name.startswith("fastapi.security"):
                    yield from _of_scheme(call, name)


def _of_scheme(call: ast.Call, name: str) -> Iterator[str]:
    if name != "APIKeyHeader":
        yield "Authorization"
        return
    given = next((word.value for word in call.keywords if word.arg == "name"), None)
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        yield given.value
