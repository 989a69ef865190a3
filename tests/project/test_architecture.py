"""ARCHITECTURE.md and CONTRIBUTING.md lead to where things are."""

from __future__ import annotations

import re
from pathlib import Path

import grimp
import pytest

from docs.generator import layers

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
INSIDE = (ROOT / "docs" / "explanation" / "inside.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

LONGEST = 70
"""Lines of the document without its table of layers and its lines of dependencies: what one reads before the first change."""


def named_paths(document: str) -> list[str]:
    """The files and folders that a document names, without those that have a part to fill in."""
    named = re.findall(r"`((?:src|tests|scripts|docs|examples|bench)/[\w/.-]*)`", document)
    return list(dict.fromkeys(named))


def test_the_table_of_layers_is_that_of_today() -> None:
    assert layers.with_table(ARCHITECTURE) == ARCHITECTURE, "run scripts/architecture"


def test_the_table_has_a_row_for_every_package_and_module_of_the_top_level() -> None:
    rows = set(re.findall(r"^\| `(\w+)(?:/|\.py)` \|", layers.table(), re.MULTILINE))
    top = {
        path.stem for path in (ROOT / "src" / "corsense").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert rows == top - {"__init__"}


def test_every_layer_says_what_it_is_in_one_sentence() -> None:
    assert [row for row in layers.table().splitlines() if "|  |" in row.removesuffix("|  |")] == []


def test_a_document_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the lines"):
        layers.with_table("# Architecture\n")


def test_the_architecture_is_short() -> None:
    before, _, rest = ARCHITECTURE.partition(layers.BEGIN)
    prose = (before + rest.partition(layers.END)[2]).partition("\n## Dependencies\n")[0]
    assert len(prose.splitlines()) <= LONGEST


@pytest.mark.parametrize("path", named_paths(ARCHITECTURE + CONTRIBUTING))
def test_what_the_documents_name_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "kind", ["cause", "lint rule", "deviation of a browser", "report format", "console text", "field of a policy"]
)
def test_there_is_a_numbered_recipe(kind: str) -> None:
    recipe = re.search(rf"^### An? {kind}\n\n(1\. .+?)(?=^### |\Z)", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    assert recipe is not None
    assert "scripts/test" in recipe[1]


def test_ten_questions_are_answered_in_two_hops() -> None:
    table = ARCHITECTURE.partition("## Where do I change ...")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!\.\.\.|-)(.+?) \| (.+?) \| (.+?) \|$", table, re.MULTILINE)
    assert len(rows) >= 10
    assert [row for row in rows if not all("`" in hop for hop in row[1:])] == []


def test_the_modules_of_a_package_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert layers.main(["policy"]) == 0
    assert "policy/decision.py: " in capsys.readouterr().out
    assert layers.main(["nonsense"]) == 2
    assert "'nonsense' is not a package" in capsys.readouterr().err


def cycles() -> list[set[str]]:
    """The packages of modules that import each other, with the modules; imports within functions and for annotations count."""
    graph = grimp.build_graph("corsense", cache_dir=None)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    reached: dict[str, set[str]] = {}
    for module in imports:
        seen, waiting = set[str](), [module]
        while waiting:
            for following in imports[waiting.pop()] - seen:
                seen.add(following)
                waiting.append(following)
        reached[module] = seen
    found = {frozenset(other for other in reached[module] if module in reached[other]) for module in imports}
    return [set(cycle) for cycle in found if cycle]


def test_each_import_cycle_is_explained() -> None:
    rows = re.findall(r"^\| `([a-z/]+)/` \| (.*?) \|", INSIDE.partition("## Import cycles")[2], re.MULTILINE)
    explained = {f"corsense.{package.replace('/', '.')}": set(re.findall(r"`(\w+)`", modules)) for package, modules in rows}
    for cycle in cycles():
        (package,) = {module.rpartition(".")[0] for module in cycle}
        assert explained[package] <= {module.rpartition(".")[2] for module in cycle}
