"""A policy as Python source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from corsense.policy.document import document
from corsense.policy.policy import Policy

_WIDTH: Final = 100
_STEP: Final = "    "


def written_policy(policy: Policy, *, name: str = "Policy", indent: str = "") -> str:
    """`Policy(...)`, on several lines where one is too long; all lines but the first begin with `indent`. A resolver has no place
    in it."""
    given = document(policy)
    return written_call(name, given, indent=indent)


def written_call(name: str, given: Mapping[str, Any], *, indent: str = "") -> str:
    """A call with keywords whose values are text, numbers, booleans or lists of text."""
    return written_arguments(name, [f"{key}={_value(value, indent + _STEP)}" for key, value in given.items()], indent=indent)


def written_arguments(name: str, arguments: list[str], *, indent: str = "") -> str:
    """A call with these arguments."""
    line = f"{name}({', '.join(arguments)})"
    if "\n" not in line and len(indent) + len(line) <= _WIDTH:
        return line
    rows = "".join(f"{indent}{_STEP}{argument},\n" for argument in arguments)
    return f"{name}(\n{rows}{indent})"


def _text(value: str) -> str:
    """A string literal, raw where that reads better."""
    raw = "\\" in value and not value.endswith("\\") and '"' not in value and value.isprintable() and value.isascii()
    return f'r"{value}"' if raw else json.dumps(value)


def _value(value: Any, indent: str) -> str:
    if not isinstance(value, list):
        return _text(value) if isinstance(value, str) else repr(value)
    line = f"[{', '.join(map(json.dumps, value))}]"
    if len(indent) + len(line) <= _WIDTH:
        return line
    rows = "".join(f"{indent}{_STEP}{json.dumps(item)},\n" for item in value)
    return f"[\n{rows}{indent}]"
