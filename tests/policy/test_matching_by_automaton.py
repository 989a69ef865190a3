"""No expression of a user's is ever run by `re` on what a request sends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import corsense
from corsense import Policy
from corsense.middleware.compiled import CompiledPolicy
from corsense.origin.regex import OriginRegex

ROOT = Path(corsense.__file__).parent
PATH_OF_A_REQUEST = [*sorted((ROOT / "policy").glob("*.py")), *sorted((ROOT / "middleware").glob("*.py")),
                     *sorted((ROOT / "origin").glob("*.py"))]  # fmt: skip
MATCHING = {"match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn", "compile"}
NOT_ON_IT = {"reach.py"}
"""Looks at expressions that Starlette matches; no policy imports it."""


def test_re_is_given_only_expressions_that_corsense_wrote_itself() -> None:
    given = {call for path in PATH_OF_A_REQUEST if path.name not in NOT_ON_IT for call in calls_of_re(path)}
    assert given == {"printed(tree).encode()", "''.join([*parts, re.escape(text[end:])])"}  # an automaton's, a route template's


def calls_of_re(path: Path) -> Iterator[str]:
    """The first argument of each call of a function of `re`, as source, where it is not a text that stands there."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in MATCHING
            and not isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            and ast.unparse(node.args[0]) != "_PLAIN"  # a text of the module
        ):
            yield ast.unparse(node.args[0])


@pytest.mark.parametrize(
    "pattern", [r"https://[a-z]+\.example\.com", r"https://(?:a|b|ab)+\.example\.com", "https://a\\.example"]
)
def test_what_a_policy_matches_with_is_not_the_expression_that_was_given(pattern: str) -> None:
    given = re.compile(pattern)
    compiled = CompiledPolicy(Policy(origin_regex=given))
    assert isinstance(compiled.regex, OriginRegex)
    assert getattr(compiled.regex.match, "__self__", None) is not given
    assert getattr(getattr(compiled.regex.match, "__self__", None), "pattern", None) != pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"https://(?:a|b|ab)+\.example\.com",
        r"(?:(?:a|ab)(?:c|bc)?)+\.example\.com",
        r"https://(?:[a-z]+)*\.example\.com",
        r"https://(?:(?:a?){20}a{20}|x)\.example\.com",
        r"https://(?:.*\.)*.*\.example\.com",
    ],
)
def test_an_origin_that_would_take_a_backtracking_search_forever_takes_a_step_a_byte(pattern: str) -> None:
    compiled = CompiledPolicy(Policy(origin_regex=pattern, dangerously_allow_broad_regex=True))
    for filling in ("ab", "a", "abc", "a.", "aab"):
        origin = f"https://{filling * 130}"[:300] + "!"
        assert not compiled.admits(origin.encode())
        assert not compiled.policy.allows_origin(origin)


def test_what_requests_send_makes_nothing_grow() -> None:
    compiled = CompiledPolicy(Policy(origin_regex=r"https://(?:a|b|ab)+\.example\.com"))
    for number in range(5_000):
        compiled.admits(b"https://%d.example.org" % number)
    assert len(compiled._known) <= 1_024
