"""The examples of the documents and of public docstrings are code that users' type checkers accept: mypy --strict and pyright."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.pages import DOCUMENTS, ROOT, blocks

PACKAGE = ROOT / "src" / "corsense"
FENCED = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)

WRONG_ON_PURPOSE = {
    "causes-flag_not_a_bool-0",
    "causes-nested_origins-0",
    "causes-origin_regex_not_a_string-0",
    "causes-unknown_keyword-0",
}
"""Examples of a fault that a type checker finds as well."""


def examples() -> Iterator[tuple[str, str]]:
    """Each example with a name that says where it stands."""
    for page in DOCUMENTS:
        for number, block in enumerate(found for found in blocks(page) if found.language == "python"):
            yield "-".join((*page.relative_to(ROOT).with_suffix("").parts, str(number))), block.text
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "```python" not in text:
            continue
        module = "-".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for number, found in enumerate(match for doc in docstrings(ast.parse(text)) for match in FENCED.finditer(doc)):
            yield f"{module}-{number}", textwrap.dedent(found[2])


def docstrings(tree: ast.Module) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and (doc := ast.get_docstring(node)):
            yield doc


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("examples")
    written = {name: folder / f"{name.replace('-', '_')}.py" for name, _ in examples()}
    for name, source in examples():
        written[name].write_text(source, encoding="utf-8")
    # What a page calls main.py is what its other examples import; the README's stands for all.
    for page in reversed(DOCUMENTS):
        for block in blocks(page):
            if block.title and block.title.endswith(".py"):
                (folder / block.title).write_text(block.text, encoding="utf-8")
    return written


def names_with_errors(files: dict[str, Path], *command: str) -> set[str]:
    """The examples that the checker refuses."""
    folder = next(iter(files.values())).parent
    called = [sys.executable, "-m", *command, *sorted(path.name for path in files.values())]
    ran = subprocess.run(called, cwd=folder, capture_output=True, text=True, timeout=600)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    refused = set(re.findall(r"(\w+)\.py:\d+\S* (?:-|error:)", ran.stdout))
    assert (ran.returncode == 1) == bool(refused), ran.stdout + ran.stderr
    return {name for name, path in files.items() if path.stem in refused}


@pytest.mark.parametrize(
    "checker", [["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]], ids=lambda words: words[0]
)
def test_what_users_write_has_the_types_they_expect(checker: list[str]) -> None:
    command = [sys.executable, "-m", *checker, "tests/typing/public.py"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_there_are_examples_in_the_documents_and_in_docstrings() -> None:
    homes = {name.partition("-")[0] for name, _ in examples()}
    assert {"README", "docs", "causes", "middleware"} <= homes


def test_mypy_accepts_every_example_but_those_of_a_fault_that_it_finds_too(files: dict[str, Path]) -> None:
    cache = next(iter(files.values())).parent / "cache"
    assert names_with_errors(files, "mypy", "--strict", "--scripts-are-modules", "--cache-dir", str(cache)) == WRONG_ON_PURPOSE


def test_pyright_accepts_every_example_but_those_of_a_fault_that_it_finds_too(files: dict[str, Path]) -> None:
    assert names_with_errors(files, "pyright", "--pythonpath", sys.executable) == WRONG_ON_PURPOSE
