"""How well `corsense lint` judges labelled sites of public repositories: its recall of faults and the precision of its findings.

A label file has one JSON object a line:

    repo, commit   what to check out, into FOLDER/owner+name@first-12-digits-of-commit
    path, line     where the CORS layer or the handwritten header stands (line null: the whole file, or the class in `anchor`)
    expected       slugs that must be found there; ["clean"]: any error or warning there is a false alarm
    arguable       slugs that count neither way
    faults         (optional) slugs of the same site that stand elsewhere in the tree

The whole checkout is linted once. A finding belongs to a site if it stands there, or if the layer it names stands there.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corsense.finding import Finding
from corsense.lint import lint_paths

SLUGS = {
    "wildcard-origins-with-credentials": "wildcard-with-credentials",
    "wildcard-origins-no-credentials": "wildcard-origins",
    "manual-acao-header": "manual-cors-headers",
    "reflects-origin-by-hand": "reflected-origin",
    "origins-is-a-string": "origins-not-a-list",
    "default-wildcard-from-settings": "wildcard-default-setting",
    "insecure-http-origin-with-credentials": "insecure-origin-with-credentials",
    "expose-headers-wildcard-with-credentials": "expose-wildcard-with-credentials",
}
REMARKS = frozenset({"clean", "http-and-localhost-in-production-list", "regex-unanchored-irrelevant"})
"""Labels that call for no finding."""


@dataclass(frozen=True)
class Site:
    """A labelled place: lines `first` to `last` of a file."""

    name: str
    file: Path
    first: int
    last: int
    expected: frozenset[str]
    arguable: frozenset[str]


def main() -> None:
    """Print each difference, then the counts."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench sites", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("labels", type=Path, help="the label file")
    parser.add_argument("folder", type=Path, help="the folder of checkouts")
    parser.add_argument("--only", default="", help="repositories whose name contains this")
    parser.add_argument("--unlabelled", action="store_true", help="also print errors and warnings at places without a label")
    asked = parser.parse_args()
    by_tree: defaultdict[Path, list[dict[str, Any]]] = defaultdict(list)
    for line in asked.labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if asked.only in label["repo"]:
            by_tree[tree_of(label, asked.folder)].append(label)
    counts: Counter[str] = Counter()
    for tree, labels in by_tree.items():
        if tree.is_dir():
            judge(tree, [site for label in labels for site in site_of(label, tree)], counts, unlabelled=asked.unlabelled)
        else:
            counts["sites without a checkout"] += len(labels)
    print(report(counts))


def tree_of(label: dict[str, Any], folder: Path) -> Path:
    """Where a label's repository is checked out."""
    return folder / f"{label['repo'].replace('/', '+')}@{label['commit'][:12]}"


def site_of(label: dict[str, Any], tree: Path) -> Iterator[Site]:
    """The lines that a label is about."""
    file = tree / label["path"]
    if not file.is_file():
        print(f"{label['id']}: {label['path']} is not in the checkout")
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    first, last = lines_of(label, text)
    expected = frozenset(SLUGS.get(slug, slug) for slug in label["expected"]) - REMARKS
    arguable = frozenset(SLUGS.get(slug, slug) for slug in label.get("arguable", ()))
    yield Site(f"{label['id']} {label['repo']} {label['path']}:{label['line']}", file, first, last, expected, arguable)


def lines_of(label: dict[str, Any], text: str) -> tuple[int, int]:
    """The call at the label's line; of handwritten headers the function around it."""
    try:
        nodes = [node for node in ast.walk(ast.parse(text)) if hasattr(node, "lineno")]
    except SyntaxError:
        return label["line"] or 1, label["line"] or text.count("\n")
    line = label["line"]
    if line is None:
        words = label.get("anchor", "").replace(".", " ").split()
        named = [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in words]
        return (named[0].lineno, named[0].end_lineno or 0) if named else (1, text.count("\n") + 1)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef) if label["form"] == "manual header" else (ast.Call,)
    holding = [node for node in nodes if isinstance(node, kinds) and node.lineno <= line <= (node.end_lineno or 0)]
    if not holding:
        return line, line
    found = min(holding, key=lambda node: ((node.end_lineno or 0) - node.lineno, -node.col_offset))
    return found.lineno, found.end_lineno or found.lineno


def judge(tree: Path, sites: list[Site], counts: Counter[str], *, unlabelled: bool) -> None:
    """Lint a tree and compare with its labels."""
    findings = lint_paths([tree]).findings
    claimed: set[int] = set()
    for site in sites:
        here = [finding for finding in findings if belongs(finding, site)]
        claimed |= {id(finding) for finding in here}
        found = {finding.cause.slug for finding in here}
        alarms = {f.cause.slug for f in here if f.severity != "info"} - site.expected - site.arguable
        missed = site.expected - found
        counts["sites"] += 1
        counts["sites right"] += not (alarms or missed)
        counts["faults"] += len(site.expected)
        counts["faults found"] += len(site.expected & found)
        counts["findings right"] += len(site.expected & found)
        counts["false alarms"] += len(alarms)
        if alarms or missed:
            print(f"{site.name}\n    missed {sorted(missed)}, false alarms {sorted(alarms)}, found {sorted(found)}")
    for finding in findings:
        if unlabelled and id(finding) not in claimed and finding.severity != "info" and finding.place is not None:
            print(f"unlabelled: {finding.place.file}:{finding.place.line} {finding.cause.slug} {finding.message}")


def belongs(finding: Finding, site: Site) -> bool:
    """Whether a finding stands at a site, or names the layer that does."""
    place, evidence = finding.place, finding.evidence
    layer_file, layer_line = evidence.get("cors_file"), evidence.get("cors_line")
    if layer_file is not None and isinstance(layer_line, int):
        return Path(str(layer_file)).absolute() == site.file.absolute() and site.first <= layer_line <= site.last
    return place is not None and Path(place.file).absolute() == site.file.absolute() and site.first <= place.line <= site.last


def report(counts: Counter[str]) -> str:
    """The counts with recall and precision."""
    right, alarms, faults = counts["findings right"], counts["false alarms"], counts["faults"]
    rates = (
        f"recall {counts['faults found'] / faults if faults else 1:.3f}, "
        f"precision {right / (right + alarms) if right + alarms else 1:.3f}, "
        f"sites right {counts['sites right']}/{counts['sites']}"
    )
    return "\n".join([*(f"{name}: {number}" for name, number in counts.items()), rates])


if __name__ == "__main__":
    main()
