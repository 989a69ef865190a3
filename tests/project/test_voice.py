"""The words of the product: phrases that read translated, and words of a private vocabulary, stay out of source and documents.

`CONTRIBUTING.md` says how to write; this list holds what slipped in before.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BANNED = {
    r"(?<!there )\b(?:is|are) none\b(?! of\b)": "is not one, does not count",
    r"\b(?:is|are|was|were) told\b": "is reported, gets, learns",
    r"\bforetold\b": "predicted",
    r"\bthat nobody sees\b": "headless, virtual",
    r"\bstrangers?\b": "untrusted origin, untrusted page",
    r"\bleav(?:e|es|ing) (?:\S+ ){1,4}away\b": "drop, omit",
    r"\b(?:has|have|having) (?:no|a) say\b": "does not apply, is checked",
    r"\b(?:is|are) due\b": "must be, is expected",
    r"\bis wanting\b": "is missing",
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\berrands?\b": "plan, exchange plan",
    r"\bheed(?:s|ed)?\b": "accept, honour",
    r"\bout of the blue\b": "unexpectedly",
    r"\bcomes? of it\b": "results, happens",
    r"\b(?:is|are) said\b": "is reported",
    r"\basked of\b": "requested from",
    r"\bcues?\b": "matcher",
    r"\bto the letter\b": "exactly",
    r"\b(?:in vain|thereby|thereof|therein|whosoever)\b": "without effect, by this",
    r"\b(?:do|does|did|done|doing) away with\b": "remove",
    r"\ball the same\b": "anyway, still",
    r"\bthe very (?!first\b|last\b|same\b)\w+\b": "exactly the, the ... itself",
    r"\btaken for\b": "counts as, treats as",
    r"\blooked for\b": "searched for, expected",
}
"""Regular expressions, and what to write instead."""

OWN_MEANING = {
    "src/corsense/diagnose/diagnosis.py": ('"stranger"',),
    "src/corsense/check/live.py": ('"stranger"',),
    "src/corsense/console/non_cors.py": ("were told to block",),
    "src/corsense/console/catalogue.py": ("can be told to print",),
    "src/corsense/console/firefox.py": ("or lack thereof",),
    "src/corsense/fix/edits/handwritten.py": ("in taken for",),
}
"""Values that other programs print or that documents fix."""

SUFFIXES = (".py", ".md", ".js", ".html", ".toml")


def documents() -> list[Path]:
    pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"]
    command = ["git", "ls-files", "src", "docs", "examples", *pages]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if name.endswith(SUFFIXES)]


@pytest.mark.parametrize("phrase", BANNED)
def test_a_banned_phrase_is_in_no_source_and_no_document(phrase: str) -> None:
    pattern = re.compile(phrase)
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in documents()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line) and not any(kept in line for kept in OWN_MEANING.get(str(file.relative_to(ROOT)), ()))
    ]
    assert found == [], f"write: {BANNED[phrase]}"


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        (r"(?<!there )\b(?:is|are) none\b(?! of\b)", "a result that nobody can read is none."),
        (r"\bleav(?:e|es|ing) (?:\S+ ){1,4}away\b", "leave --engine firefox away"),
        (r"\b(?:has|have|having) (?:no|a) say\b", "CORS has no say"),
    ],
)
def test_the_list_knows_the_phrases_it_was_made_for(phrase: str, sentence: str) -> None:
    assert phrase in BANNED
    assert re.search(phrase, sentence)
