from __future__ import annotations

from corsense.check.access import Access, Grant, faults_of, origins_to_try

OURS, THEIRS = "https://app.example.com", "https://evil.example"


def access(*allowed: tuple[str, bool]) -> Access:
    tried = frozenset((origin, cookies) for origin in (OURS, THEIRS, "null") for cookies in (False, True))
    return Access(tried, frozenset(allowed))


def test_whom_somebody_named_may_come_in() -> None:
    assert faults_of(access(), access((OURS, True), (OURS, False)), Grant(frozenset([OURS])), [OURS]) == ()


def test_whom_nobody_named_is_told_with_the_cookies() -> None:
    (told,) = faults_of(access((THEIRS, False)), access((THEIRS, False), (THEIRS, True)), Grant(frozenset([OURS])), [])
    assert told == "pages of https://evil.example would be let in with cookies, whom nobody named"


def test_an_expression_names_those_it_matches_whole() -> None:
    after = access((OURS, False), (THEIRS, False))
    told = faults_of(access(), after, Grant(frozenset(), (r"https://[a-z]+\.example\.com",)), [])
    assert len(told) == 1
    assert THEIRS in told[0]


def test_a_star_names_everybody_without_cookies() -> None:
    grant = Grant(frozenset(), everyone=True)
    assert faults_of(access(), access((THEIRS, False)), grant, []) == ()
    assert faults_of(access(), access((THEIRS, True)), grant, []) != ()


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
