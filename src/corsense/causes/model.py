"""`Cause`: an entry of the catalogue; its page is the docstring of its module."""

from __future__ import annotations

import inspect
import os
import re
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

SECTIONS = ("What it does", "Why is this bad", "Example", "Use instead", "Fix safety", "References")
"""The headings of a cause's page, in the order they appear."""

HOME = "https://github.com/corsense/corsense"
"""Where corsense is published."""

DOCUMENTATION = ""
"""Where the documentation is published, such as `https://corsense.github.io/corsense`. Empty as long as it is not: links lead to
the source then, so that none is dead."""

DOCUMENTATION_VARIABLE = "CORSENSE_DOCUMENTATION"
"""The environment variable that names another copy of the documentation."""

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of trouble between a page and an API.

    `code` (`CORS201`) and `slug` (`origin-trailing-slash`) are stable names; `severity` is the default; a finding may differ.
    `page` is the documentation in Markdown: the title, then the sections of `SECTIONS`.
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

    @property
    def url(self) -> str:
        """The address of the page: in the documentation, where its address is known, else in the published source."""
        if published := documentation():
            return f"{published}/reference/causes/{self.code}/"
        return f"{HOME}/blob/main/src/corsense/causes/{self.slug.replace('-', '_')}.py"

    def section(self, heading: str) -> str:
        """The Markdown below one heading of the page (one of `SECTIONS`). Raises KeyError when the page has no such heading."""
        parts = _HEADING.split(self.page)
        return dict(zip(parts[1::2], parts[2::2], strict=True))[heading].strip()

    def code_blocks(self, heading: str) -> tuple[str, ...]:
        """The Python source of each code block below one heading. Raises KeyError when the page has no such heading."""
        return tuple(_PYTHON.findall(self.section(heading) + "\n"))


def documentation() -> str:
    """Where the documentation is, without a slash at the end; empty where no address is known."""
    return os.environ.get(DOCUMENTATION_VARIABLE, DOCUMENTATION).rstrip("/")


def define(code: str, slug: str, severity: Severity, docstring: str | None) -> Cause:
    """Make a `Cause` from its module's docstring. Raises ValueError when the module has none (as under `python -OO`)."""
    if not docstring:
        raise ValueError(f"the module of {slug} has no docstring to serve as its page; run Python without -OO")
    return Cause(code, slug, severity, inspect.cleandoc(docstring))
