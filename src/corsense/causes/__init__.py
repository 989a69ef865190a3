"""The catalogue of causes: one module a cause, its docstring the page that `corsense rule` prints."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from corsense.causes.model import Cause, Severity

__all__ = ["Cause", "Severity", "catalogue", "cause"]


def cause(slug: str) -> Cause:
    """The cause called `slug`. Raises KeyError when the catalogue has none of that name. Only that cause's module is imported."""
    try:
        module = importlib.import_module(f"corsense.causes.{slug.replace('-', '_')}")
    except ModuleNotFoundError as error:
        raise KeyError(slug) from error
    found: Cause = module.CAUSE
    return found


@cache
def catalogue() -> tuple[Cause, ...]:
    """Every cause, in the order of the codes."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if module.name != "model")
    return tuple(sorted((cause(name.replace("_", "-")) for name in names), key=lambda found: found.code))
