"""`Cause`: an entry of the catalogue; its page is the docstring of its module."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of trouble between a page and an API.

    `code` (`CORS201`) and `slug` (`origin-trailing-slash`) are stable names; `severity` is the usual one, a finding may differ.
    `page` is the documentation in Markdown: the title, then what it does, why it is bad, an example, what to use instead, how safe the
    fix is, references.
    """

    code: str
    slug: str
    severity: Severity
    page: str

    @property
    def title(self) -> str:
        """The first line of the page, without the full stop."""
        return self.page.splitlines()[0].removeprefix("# ").rstrip(".")

    @property
    def documentation(self) -> str:
        """Where to read more: the command that prints the page."""
        return f"corsense rule {self.code}"


def define(code: str, slug: str, severity: Severity, docstring: str | None) -> Cause:
    """Make a `Cause` of its module's docstring. Raises ValueError when the module has none."""
    if not docstring:
        raise ValueError(f"the module of {slug} has no docstring to serve as its page")
    return Cause(code, slug, severity, inspect.cleandoc(docstring))
