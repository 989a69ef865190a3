"""Which requests of a log change their verdict, and what a log does not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense import Policy
from corsense.replay.judging import Missing
from corsense.replay.replaying import Reading
from tests.replay.logs import ADMIN, APP, EVIL, POLICY, Hit, allowed, caddy, entries, judged, preflight, written


def of(folder: Path, *hits: Hit) -> str:
    return written(folder, map(caddy, hits))


def test_requests_that_the_answers_allowed_and_the_policy_refuses_are_lost(tmp_path: Path) -> None:
    result = judged(of(tmp_path, allowed(APP), allowed(ADMIN), allowed(ADMIN), Hit(EVIL)))
    assert entries(result) == {"lost": [(ADMIN, "allowed", "origin-not-allowed", 2)], "gained": []}
    assert (result.judged, result.origins, result.baseline) == (4, 3, "answers")


def test_requests_that_the_answers_refused_and_the_policy_allows_are_gained(tmp_path: Path) -> None:
    result = judged(of(tmp_path, Hit(APP), allowed(ADMIN)), policy=Policy(origins=[APP, ADMIN]))
    assert entries(result) == {"lost": [], "gained": [(APP, "refused", "allowed", 1)]}


def test_another_policy_takes_the_place_of_the_answers(tmp_path: Path) -> None:
    log = of(tmp_path, allowed(ADMIN), Hit(APP), Hit(EVIL))
    result = judged(log, current=Policy(origins=[APP, EVIL]))
    assert entries(result) == {"lost": [(EVIL, "allowed", "origin-not-allowed", 1)], "gained": []}
    assert result.baseline == "policy"


def test_without_answers_in_the_log_every_refusal_is_reported(tmp_path: Path) -> None:
    result = judged(of(tmp_path, Hit(APP), Hit(EVIL)))
    assert entries(result)["lost"] == [(EVIL, None, "origin-not-allowed", 1)]
    assert result.baseline == "none"
    assert result.found


def test_a_preflight_is_judged_by_the_method_and_the_headers_it_asks_for(tmp_path: Path) -> None:
    log = of(
        tmp_path, preflight("PUT", "content-type"), preflight("DELETE"), preflight("PUT", "X-Trace, Content-Type"), allowed(APP)
    )
    assert sorted(entries(judged(log))["lost"]) == [
        (APP, "allowed", "header-not-allowed", 1),
        (APP, "allowed", "method-not-allowed", 1),
    ]


def test_a_preflight_that_was_refused_for_its_method_was_refused(tmp_path: Path) -> None:
    asked = {"Access-Control-Request-Method": "PUT"}
    refused = Hit(APP, "OPTIONS", headers=asked, status=204, answer={"Access-Control-Allow-Origin": APP})
    assert entries(judged(of(tmp_path, refused)))["gained"] == [(APP, "refused", "allowed", 1)]


def test_a_request_with_cookies_needs_credentials(tmp_path: Path) -> None:
    answer = {"Access-Control-Allow-Origin": APP, "Access-Control-Allow-Credentials": "true"}
    with_cookies = Hit(APP, headers={"Cookie": "REDACTED"}, answer=answer)
    log = of(tmp_path, with_cookies, allowed(APP))
    assert entries(judged(log))["lost"] == [(APP, "allowed", "credentials-not-allowed", 1)]
    assert not judged(log, policy=Policy(origins=[APP], credentials=True)).found


def test_a_star_in_the_answer_did_not_let_cookies_pass(tmp_path: Path) -> None:
    star = Hit(APP, headers={"Cookie": "REDACTED"}, answer={"Access-Control-Allow-Origin": "*"})
    result = judged(of(tmp_path, star), policy=Policy(origins=[APP], credentials=True))
    assert entries(result)["gained"] == [(APP, "refused", "allowed", 1)]


def test_an_actual_request_needs_the_permission_that_its_preflight_got(tmp_path: Path) -> None:
    log = of(
        tmp_path,
        allowed(APP, method="DELETE"),
        allowed(APP, headers={"Authorization": "REDACTED"}),
        allowed(APP, method="POST", headers={"Content-Type": "application/json"}),
        allowed(APP, method="POST", headers={"Content-Type": "text/plain;charset=UTF-8"}),
    )
    result = judged(log, policy=Policy(origins=[APP]))
    assert sorted(entries(result)["lost"]) == [
        (APP, "allowed", "header-not-allowed", 2),
        (APP, "allowed", "method-not-allowed", 1),
    ]


def test_a_websocket_is_judged_where_the_policy_watches_websockets(tmp_path: Path) -> None:
    log = of(tmp_path, Hit(EVIL, headers={"Upgrade": "websocket", "Connection": "Upgrade"}, status=101))
    assert not judged(log, current=Policy(origins="*")).found
    watching = Policy(origins=[APP], websockets=True)
    assert entries(judged(log, policy=watching, current=Policy(origins=[APP])))["lost"] == [
        (EVIL, "allowed", "origin-not-allowed", 1)
    ]


def test_an_error_without_cors_headers_says_nothing_of_the_verdict_before(tmp_path: Path) -> None:
    result = judged(of(tmp_path, allowed(APP), Hit(APP, status=502), Hit(APP, status=404)))
    assert not result.found
    assert result.unanswered == 2


def test_pages_of_the_own_host_and_what_no_browser_sends_are_counted_apart(tmp_path: Path) -> None:
    log = of(
        tmp_path,
        Hit("https://api.example.com", "POST"),
        Hit(None),
        Hit("not an origin"),
        Hit(APP, method="x" * 40),
        Hit(f"https://{'a' * 400}.example"),
        allowed(APP),
    )
    result = judged(log)
    assert (result.requests, result.judged, result.own_host, result.without_origin, result.not_from_browsers) == (6, 1, 1, 1, 3)


def test_a_log_that_never_shows_cookies_is_no_proof_that_none_were_sent(tmp_path: Path) -> None:
    log = of(tmp_path, allowed(APP))
    assert Missing.CREDENTIALS in judged(log).missing
    assert Missing.CREDENTIALS not in judged(log, policy=Policy(origins=[APP], credentials=True)).missing
    assert Missing.CREDENTIALS not in judged(of(tmp_path, allowed(APP), Hit(APP, headers={"Cookie": "a=b"}))).missing


def test_a_log_without_the_requested_method_does_not_give_an_all_clear_for_preflights(tmp_path: Path) -> None:
    line = '{"time":"2026-11-01T10:00:00Z","method":"OPTIONS","uri":"/x","status":204,"origin":"https://app.example.com"}'
    log = written(tmp_path, [line])
    narrow = Policy(origins=[APP])
    assert set(judged(log, policy=narrow).missing) == {Missing.METHOD, Missing.REQUESTED_HEADERS}
    everything = Policy(origins=[APP], methods=["*"], request_headers=["*", "Authorization"], credentials=True)
    assert judged(log, policy=everything).missing == {}


def test_what_both_policies_refuse_does_not_depend_on_what_is_missing(tmp_path: Path) -> None:
    log = of(tmp_path, Hit(APP))
    assert judged(log, policy=Policy(origins=[APP]), current=Policy(origins=[APP])).missing == {}


def test_a_resolver_is_not_asked_and_its_origins_are_reported_as_open(tmp_path: Path) -> None:
    policy = Policy(origins=[APP], origin_resolver=lambda origin: True)
    result = judged(of(tmp_path, allowed(APP), allowed(ADMIN)), policy=policy)
    assert result.missing[Missing.RESOLVER] == 1
    assert not result.found


def test_the_first_and_the_last_day_are_those_of_the_requests(tmp_path: Path) -> None:
    day = 86_400
    times = [1_790_000_000.5, 1_790_000_000.5 + 3 * day, 0, 99_999_999_999, None]
    log = of(tmp_path, *(allowed(ADMIN, time=time) for time in times))
    result = judged(log)
    assert [str(result.lost.period.first), str(result.lost.period.last)] == ["2026-09-21", "2026-09-24"]
    assert result.undated == 3


@pytest.mark.parametrize(
    "time",
    [
        1_790_000_000,
        1_790_000_000_123,
        1_790_000_000_123_456,
        1_790_000_000_123_456_789,
        "2026-09-21T14:13:20.000Z",
        "2026-09-21 14:13:20+02:00",
        "21/Sep/2026:14:13:20 +0000",
        "[21/Sep/2026:14:13:20 +0000]",
    ],
)
def test_times_are_read_as_servers_write_them(tmp_path: Path, time: object) -> None:
    assert str(judged(of(tmp_path, allowed(ADMIN, time=time))).period.first) == "2026-09-21"


def test_many_invented_origins_are_counted_and_only_the_most_frequent_kept(tmp_path: Path) -> None:
    invented = [allowed(f"https://{number}.example") for number in range(300)]
    result = judged(of(tmp_path, *invented, allowed(ADMIN), allowed(ADMIN)))
    assert (result.lost.requests, result.lost.origins) == (302, 301)
    assert result.lost.affected[0].origin == ADMIN
    assert len(result.lost.affected) == 100
    assert result.lost.left_out == 201


def test_an_engine_that_does_not_exist_is_refused_in_one_sentence(tmp_path: Path) -> None:
    from corsense.errors import InputError

    with pytest.raises(InputError, match="'polars' is not an engine; use duckdb, spark://"):
        judged(of(tmp_path, Hit()), policy=POLICY, reading=Reading(engine="polars"))
