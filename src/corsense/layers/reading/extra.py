"""The libraries of the extra `corsense[layers]`, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from corsense.errors import InputError


class MissingExtra(InputError):
    """A library of `corsense[layers]` is not installed. The message has the command that installs it."""


def needed(module: str) -> Any:
    """The module of a library. Raises MissingExtra."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingExtra('reading configurations of proxies needs more packages: pip install "corsense[layers]".') from None
