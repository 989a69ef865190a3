"""What is different between two checks of one app."""

from __future__ import annotations

from dataclasses import replace

from corsense.causes import cause
from corsense.check.results import CheckTarget, Report
from corsense.dev.changes import changes
from corsense.finding import Finding, Place

TARGET = CheckTarget("app", "main:app")


def finding(slug: str, message: str, line: int, file: str = "main.py") -> Finding:
    found = cause(slug)
    return Finding(found, message, found.severity, Place(file, line))


SLASH = finding("origin-trailing-slash", "'https://a.example/' ends with a slash.", 4)
WILDCARD = finding("wildcard-with-credentials", "allow_origins=['*'] with allow_credentials=True.", 9)


def report(*findings: Finding) -> Report:
    return Report(TARGET, (), findings)


def test_a_finding_whose_line_has_moved_is_still_there() -> None:
    moved = replace(SLASH, place=Place("main.py", 40))
    found = changes(report(SLASH), report(moved))
    assert (found.fixed, found.new, found.still) == ((), (), (0,))
    assert found.is_empty


def test_a_line_that_a_message_names_may_move_too() -> None:
    before = finding("cors-not-outermost", "It is outside CORSMiddleware (main.py:12).", 20)
    now = finding("cors-not-outermost", "It is outside CORSMiddleware (main.py:13:5).", 21)
    assert changes(report(before), report(now)).is_empty


def test_what_is_gone_is_fixed_and_what_was_not_there_is_new() -> None:
    found = changes(report(SLASH), report(WILDCARD))
    assert (found.fixed, found.new, found.still) == ((SLASH,), (0,), ())


def test_another_wrong_value_is_another_finding() -> None:
    other = finding("origin-trailing-slash", "'https://b.example/' ends with a slash.", 4)
    found = changes(report(SLASH), report(other))
    assert (found.fixed, found.new) == ((SLASH,), (0,))


def test_the_same_fault_in_another_file_is_new() -> None:
    other = replace(SLASH, place=Place("other.py", 4))
    found = changes(report(SLASH), report(SLASH, other))
    assert (found.fixed, found.new, found.still) == ((), (1,), (0,))


def test_of_two_alike_one_can_be_fixed() -> None:
    found = changes(report(SLASH, SLASH), report(SLASH))
    assert (len(found.fixed), found.new, found.still) == (1, (), (0,))


def test_information_counts_where_it_is_asked_for() -> None:
    information = replace(SLASH, severity="info")
    assert changes(report(), report(information)).is_empty
    assert changes(report(), report(information), information=True).new == (0,)


def test_a_warning_that_becomes_information_is_fixed() -> None:
    found = changes(report(SLASH), report(replace(SLASH, severity="info")))
    assert (found.fixed, found.new) == ((SLASH,), ())
