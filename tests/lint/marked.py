"""Programs whose lines say themselves what the linter is to find there: `# finds slug, slug`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from corsense.finding import Finding
from corsense.lint import lint_paths, lint_text

HEADER = """\
import os
from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
app = FastAPI()
"""

_COMMENT = re.compile(r"# finds ([a-z, -]+)$")

Finds = list[tuple[str, int, str]]


def program(body: str) -> str:
    """A program: the usual imports and an app, then what is different."""
    return HEADER + dedent(body)


def wanted(sources: Mapping[str, str]) -> Finds:
    """File, line and slug of what the comments announce."""
    return sorted(
        (file, number, slug.strip())
        for file, text in sources.items()
        for number, line in enumerate(text.split("\n"), 1)
        if (comment := _COMMENT.search(line))
        for slug in comment[1].split(",")
    )


def places(findings: tuple[Finding, ...], folder: Path | None = None) -> Finds:
    """File, line and slug of findings, files as paths from `folder`."""
    return sorted(
        (
            Path(finding.place.file).relative_to(folder).as_posix() if folder is not None else finding.place.file,
            finding.place.line,
            finding.cause.slug,
        )
        for finding in findings
        if finding.place is not None
    )


def finds_what_it_says(body: str) -> None:
    """The linter finds in a program what its comments announce, and nothing else."""
    source = program(body)
    assert places(lint_text(source)) == wanted({"main.py": source})


def write(folder: Path, sources: Mapping[str, str]) -> None:
    """Write the files of a tree."""
    for name, text in sources.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")


def tree_finds_what_it_says(folder: Path, sources: Mapping[str, str]) -> None:
    """The same for a tree of files."""
    write(folder, sources)
    report = lint_paths([folder])
    assert (report.skipped, report.unreadable) == ((), ())
    assert places(report.findings, folder) == wanted({name: dedent(text) for name, text in sources.items()})
