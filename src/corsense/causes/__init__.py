"""The catalogue of causes: one module per cause, whose docstring is the page that `corsense rule` prints.

The hundreds of a code give its group: 1 no CORS layer reached, 2 origins, 3 credentials and wildcards, 4 the middleware stack,
5 answers to preflights, 6 methods, headers and caches, 7 error answers, 8 redirects, 9 problems mistaken for CORS.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from corsense.causes.model import HOME, SECTIONS, Cause, Severity, documentation

__all__ = ["HOME", "SECTIONS", "Cause", "Severity", "catalogue", "cause", "documentation", "find", "names"]


def cause(slug: str) -> Cause:
    """The cause called `slug`. Raises KeyError for an unknown name. Only that cause's module is imported."""
    name = slug.replace("-", "_")
    if not name.isidentifier() or name == "model":
        raise KeyError(slug)
    try:
        module = importlib.import_module(f"corsense.causes.{name}")
    except ModuleNotFoundError as error:
        raise KeyError(slug) from error
    found: Cause = module.CAUSE
    return found


def find(name: str) -> Cause:
    """The cause with that code (`CORS201`, `cors201`, `201`) or slug. Raises KeyError when there is none."""
    wanted = name.strip().lower().replace("_", "-")
    for entry in catalogue():
        if wanted in (entry.slug, entry.code.lower(), entry.code.removeprefix("CORS")):
            return entry
    raise KeyError(name)


def names() -> list[str]:
    """Every slug and every code, for suggesting the nearest name."""
    return [name for entry in catalogue() for name in (entry.slug, entry.code)]


@cache
def catalogue() -> tuple[Cause, ...]:
    """Every cause, in the order of the codes."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if module.name != "model")
    return tuple(sorted((cause(name.replace("_", "-")) for name in names), key=lambda found: found.code))
