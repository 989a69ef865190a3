from __future__ import annotations

from corsense.fix.access import AccessTable, Grant, faults_of, origins_to_try
from corsense.origin.untrusted import UNTRUSTED

OURS, THEIRS = "https://app.example.com", UNTRUSTED[0]
NEWS = "GET /news"


def access(*allowed: tuple[str, bool]) -> AccessTable:
    tried = frozenset((origin, cookies, NEWS) for origin in (OURS, THEIRS, "null") for cookies in (False, True))
    return AccessTable(tried, frozenset((origin, cookies, NEWS) for origin, cookies in allowed))


def test_whom_somebody_named_may_come_in() -> None:
    assert faults_of(access(), access((OURS, True), (OURS, False)), Grant(frozenset([OURS])), [OURS]) == ()


def test_whom_nobody_named_is_reported_with_the_cookies() -> None:
    (reported,) = faults_of(access((THEIRS, False)), access((THEIRS, False), (THEIRS, True)), Grant(frozenset([OURS])), [])
    assert reported == f"pages of {THEIRS} would gain access unexpectedly with cookies"


def test_an_expression_names_those_it_matches_whole() -> None:
    after = access((OURS, False), (THEIRS, False))
    reported = faults_of(access(), after, Grant(frozenset(), (r"https://[a-z]+\.example\.com",)), [])
    assert len(reported) == 1
    assert THEIRS in reported[0]


def test_a_star_names_everybody_without_cookies() -> None:
    grant = Grant(frozenset(), everyone=frozenset([NEWS]))
    assert faults_of(access(), access((THEIRS, False)), grant, []) == ()
    assert faults_of(access(), access((THEIRS, True)), grant, []) != ()


def test_a_star_that_opens_one_request_names_nobody_for_another() -> None:
    grant = Grant(frozenset(), everyone=frozenset(["GET /other"]))
    assert faults_of(access(), access((THEIRS, False)), grant, []) != ()


def test_what_a_star_opens_on_purpose_stays_open() -> None:
    grant = Grant(frozenset([OURS]), everyone=frozenset([NEWS]))
    before = access((OURS, False), (THEIRS, False))
    assert faults_of(before, access((OURS, False)), grant, [OURS]) == ("GET /news would be closed to the pages that `*` allows",)
    closing = Grant(frozenset([OURS]))
    assert faults_of(before, access((OURS, False)), closing, [OURS]) == ()


def test_who_should_have_access_keeps_it_unless_shut_out_on_purpose() -> None:
    before = access((OURS, False), ("null", False), (THEIRS, False))
    assert faults_of(before, access(), Grant(frozenset(), shut=frozenset(["null"])), [OURS, "null"]) == (
        "pages of https://app.example.com would lose their access",
    )


def test_the_origins_that_a_careless_policy_confuses_with_ours_are_tried() -> None:
    tried = origins_to_try([OURS])
    assert {
        OURS, "null", "http://app.example.com", "https://app.example.com.evil.com", "https://evilapp.example.com",
        "https://evil.example.com", "https://evilexample.com", "https://pp.example.com", "https://app.example.co",
        "https://appxexample.com", "https://app.examplexcom", "https://app.example.com:1337", "https://x.vercel.app",
    } <= set(tried)  # fmt: skip
    assert len(tried) == len(set(tried))
