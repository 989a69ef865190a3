"""Which hosts belong together, by the Public Suffix List."""

from __future__ import annotations

from importlib.resources import files

import pytest
from publicsuffixlist import PublicSuffixList

from corsense.sites import is_public_suffix

RULES = [
    line.split()[0].removeprefix("*.").removeprefix("!")
    for line in (files("publicsuffixlist") / "public_suffix_list.dat").read_text("utf-8").splitlines()
    if line.strip() and not line.startswith("//")
]


def test_a_public_suffix_is_what_the_list_says_for_every_rule_of_it_and_the_names_around() -> None:
    known = PublicSuffixList()
    names = {name for rule in RULES for name in (rule, f"a.{rule}", f"b.a.{rule}", rule.partition(".")[2] or rule)}
    assert [name for name in names if is_public_suffix(name) != (known.publicsuffix(name, accept_unknown=False) == name)] == []


@pytest.mark.parametrize("host", ["", ".", "localhost", "127.0.0.1", "nothing.example", "a\nb", "com.", "..com"])
def test_what_is_no_name_of_the_list_is_no_public_suffix(host: str) -> None:
    assert not is_public_suffix(host)
