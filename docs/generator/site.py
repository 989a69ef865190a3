"""The site: pages by hand and generated ones, put together below build/docs and built by Zensical.

python -m docs.generator.site             builds build/site; a warning or a broken link fails it
python -m docs.generator.site --serve     serves it, on this machine alone
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from docs.generator import playground
from docs.generator.reference import pages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BUILD = ROOT / "build"
REPOSITORY = "https://github.com/corsense/corsense/blob/main"
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def main(arguments: list[str]) -> int:
    """Build the site, or serve it."""
    if arguments == ["--serve"]:
        prepare(BUILD)
        return zensical(BUILD, "serve", capture=False).returncode
    return build(BUILD, capture=False).returncode


def build(folder: Path, *, capture: bool = True) -> subprocess.CompletedProcess[str]:
    """Build the site into `folder/site`; a warning or a broken link fails it."""
    prepare(folder)
    return zensical(folder, "build", "--strict", "--clean", capture=capture)


def prepare(folder: Path) -> None:
    """Write the pages and the configuration into `folder`."""
    assemble(folder / "docs")
    shutil.copy(DOCS / "zensical.toml", folder / "zensical.toml")


def zensical(folder: Path, *arguments: str, capture: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Zensical in a folder."""
    program = Path(sys.executable).parent / "zensical"
    return subprocess.run([program, *arguments], cwd=folder, capture_output=capture, text=True, check=False)


def assemble(folder: Path) -> None:
    """Write every page of the site into `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    playground.build(folder / "playground")
    for source in sorted(DOCS.rglob("*")):
        target = folder / source.relative_to(DOCS)
        if source.is_file() and source.suffix in (".md", ".png", ".svg", ".css", ".js") and not _is_apart(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".md":
                target.write_text(for_site(source.read_text(encoding="utf-8"), source), encoding="utf-8")
            else:
                shutil.copy(source, target)
    for name, text in pages():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _is_apart(source: Path) -> bool:
    """Whether a file belongs to the generator, or to the playground, which has pages and files of its own."""
    return not {"generator", "playground"}.isdisjoint(source.relative_to(DOCS).parts)


def for_site(text: str, source: Path) -> str:
    """A page whose links to files outside of docs/ lead to the repository."""

    def link(found: re.Match[str]) -> str:
        target = Path(os.path.normpath(source.parent / found[2]))
        if target.is_relative_to(DOCS):
            return found[0]
        return f"[{found[1]}]({REPOSITORY}/{target.relative_to(ROOT).as_posix()}{found[3] or ''})"

    return _LINK.sub(link, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
