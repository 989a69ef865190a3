"""Each rule on good and bad source: place, severity and sentence of everything that is found.

The cases are in `cases`, a file a rule: a title after `==`, the source (after the usual imports and `app = FastAPI()`), and after
`--` the findings. `python -m tests.lint.test_rules` writes the findings anew; read the difference before you commit it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corsense.finding import Finding
from corsense.lint import lint_text
from corsense.lint.rules import OF_LAYERS, OF_MODULES, OF_STACKS
from tests.lint.marked import HEADER

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*.txt"))


def cases_of(file: Path) -> list[tuple[str, str, str]]:
    """Title, source and findings of each case of a file."""
    found = []
    for part in re.split(r"^== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, _, snapshot = part.partition("--\n")
        title, _, source = head.partition("\n")
        found.append((title, source, snapshot.strip("\n")))
    return found


def snapshot_of(source: str) -> str:
    """The findings of a source, a line each and the remedy below it."""
    return "\n".join(line for finding in lint_text(HEADER + source) for line in _lines(finding))


def _lines(finding: Finding) -> list[str]:
    place = finding.place
    assert place is not None
    first = HEADER.count("\n")
    where = f"{place.line - first}:{place.column}-{(place.end_line or place.line) - first}:{place.end_column}"
    remedy = [f"    instead: {finding.remedy}"] if finding.remedy is not None else []
    return [f"{where} {finding.severity} {finding.cause.slug}: {finding.message}", *remedy]


ALL = [(file.stem, *case) for file in FILES for case in cases_of(file)]


@pytest.mark.parametrize(("rule", "title", "source", "snapshot"), ALL, ids=[f"{rule}: {title}" for rule, title, _, _ in ALL])
def test_a_rule_finds_what_its_case_says(rule: str, title: str, source: str, snapshot: str) -> None:
    assert snapshot_of(source) == snapshot
    assert (rule in snapshot) is not title.startswith("good")


def test_every_rule_has_a_good_and_a_bad_case() -> None:
    modules = [rule for rules in (OF_LAYERS, OF_STACKS, OF_MODULES) for rule in rules]
    rules = {module.SLUG for module in modules if module.SLUG}  # a policy's faults have many causes
    reported = {file.stem: {title.partition(":")[0] for title, _, _ in cases_of(file)} for file in FILES}
    assert {rule: reported.get(rule) for rule in sorted(rules)} == {rule: {"good", "bad"} for rule in sorted(rules)}


def rewrite() -> None:
    """Write the findings of all cases anew."""
    for file in FILES:
        parts = [f"== {title}\n{source}--\n{snapshot_of(source)}\n" for title, source, _ in cases_of(file)]
        file.write_text("\n".join(part.replace("--\n\n", "--\n") for part in parts), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
