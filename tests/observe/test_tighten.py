"""`tighten` keeps who is proven, leaves out who is not, and opens nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from corsense.errors import InputError
from corsense.observe import ALLOWED, CredentialsSent, ObservedRequests, RequestKind, RequestTuple
from corsense.observe.tighten import PolicyProposal, tighten
from corsense.observe.verdict import verdict_on
from corsense.policy import Policy
from corsense.report.policy_proposal import advice
from tests.observe.simulation import HOSTILE_SHARE, LIVE, World

DAY = date(2026, 11, 1)
APP = "https://app.example.com"


@pytest.mark.parametrize("seeds", [range(start, start + 25) for start in range(0, 200, 25)], ids=str)
def test_three_weeks_teach_a_policy_that_keeps_the_fourth_and_lets_no_attacker_in(seeds: range) -> None:
    for seed in seeds:
        world = World(seed)
        proposal = tighten(world.observed(range(21)), LIVE)
        for seen in world.observed(range(21, 28), hostile=False):
            assert verdict_on(seen.request, proposal.policy) == ALLOWED, (seed, seen, proposal.policy)
        let_in = [origin for origin in world.hostile_origins if proposal.policy.allows_origin(origin)]
        assert let_in == [], (seed, proposal.policy)
        assert not any(name.startswith("x-evil") for name in proposal.policy.request_headers), seed
        assert "PURGE" not in proposal.policy.methods, seed


def test_a_third_of_the_simulated_traffic_is_hostile() -> None:
    world = World(1)
    counts = [
        sum(seen.count for seen in world.observed(range(28), hostile=hostile, legitimate=not hostile))
        for hostile in (True, False)
    ]
    assert counts[0] / sum(counts) >= HOSTILE_SHARE - 0.01


def weeks(
    origin: str,
    method: str = "GET",
    route: str = "/me",
    credentials: CredentialsSent = CredentialsSent.COOKIES,
    *,
    days: int = 14,
    count: int = 200,
    kind: RequestKind = RequestKind.SIMPLE,
    headers: Iterable[str] = (),
    status: int = 2,
    live: str | None = ALLOWED,
) -> ObservedRequests:
    request = RequestTuple.make(origin, kind, method, headers, route, credentials, status, live)
    assert request is not None
    return ObservedRequests(request, count, DAY, DAY + timedelta(days - 1), days)


def reason(proposal: PolicyProposal, origin: str) -> str:
    return next(left.reason.value for left in proposal.left_out if left.origin == origin)


def test_every_entry_has_its_evidence_and_confidence() -> None:
    preflight = weeks(APP, "PUT", credentials=CredentialsSent.NONE, kind=RequestKind.PREFLIGHT, headers=["content-type"], count=9)
    proposal = tighten([weeks(APP), weeks(APP, "PUT", kind=RequestKind.ACTUAL, days=5, count=7), preflight], LIVE)
    assert proposal.policy == Policy(origins=[APP], credentials=True, methods=["PUT"], request_headers=["content-type"])
    entries = {(entry.field, entry.value): entry for entry in proposal.entries}
    assert set(entries) == {("origins", APP), ("credentials", APP), ("methods", "PUT"), ("request_headers", "content-type")}
    origin = entries["origins", APP]
    assert (origin.evidence.days, origin.evidence.requests, origin.evidence.authenticated) == (14, 207, 207)
    assert (origin.evidence.routes, origin.confidence.value) == (("/me",), "high")
    assert entries["methods", "PUT"].confidence.value == "low"
    assert entries["request_headers", "content-type"].evidence.successes == 0


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (weeks("null"), "opaque"),
        (weeks("https://new.example.org", days=2), "few-days"),
        (weeks("https://fails.example.org", status=4), "no-success"),
        (weeks("https://reader.example.org", route="/open"), "not-authenticated"),
        (weeks("https://app.examp1e.com", count=3), "lookalike"),
        (weeks("http://app.example.com", count=3), "lookalike"),
        (weeks("http://localhost:3000"), "development"),
        (weeks("http://0.0.0.0:4200"), "development"),
        (weeks("http://[::]:4200"), "development"),
        (weeks("http://myapp.test:8080"), "development"),
        (weeks("vscode-webview://0abcdef"), "per-installation"),
        (weeks("http://intranet.example.org"), "invalid"),
        (weeks("https://refused.example.org", live="origin-not-allowed"), "refused-today"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.request.origin,
)
def test_what_is_not_proven_is_left_out_with_the_reason(seen: ObservedRequests, why: str) -> None:
    readers = weeks(APP, route="/open", credentials=CredentialsSent.NONE)
    proposal = tighten([weeks(APP), readers, seen], LIVE)
    assert proposal.policy.origins == (APP,)
    assert reason(proposal, seen.request.origin) == why
    losers = {loss.origin for loss in proposal.losses}
    assert (seen.request.origin in losers) == (seen.request.live == ALLOWED)


def test_an_origin_that_the_current_policy_names_needs_less_evidence() -> None:
    partner = weeks("https://partner.example.org", route="/open", credentials=CredentialsSent.NONE, days=2)
    current = Policy(origins=[APP, "https://partner.example.org", "https://gone.example.org"], credentials=True, methods=["PUT"])
    proposal = tighten([weeks(APP), partner], current)
    assert proposal.policy.origins == (APP, "https://partner.example.org")
    assert proposal.policy.credentials_for(APP)
    assert not proposal.policy.credentials_for("https://partner.example.org")
    assert [(unused.field, unused.value) for unused in proposal.unused] == [
        ("origins", "https://gone.example.org"),
        ("methods", "PUT"),
    ]
    assert proposal.losses == ()


def previews(count: int, parent: str, *, days: int = 1) -> list[ObservedRequests]:
    seen = [weeks(f"https://pr-{number}.{parent}", days=days, count=5) for number in range(count)]
    return [
        replace(each, first=each.first + timedelta(index % 9), last=each.last + timedelta(index % 9))
        for index, each in enumerate(seen)
    ]


def test_many_subdomains_of_one_owner_that_come_and_go_make_a_pattern() -> None:
    proposal = tighten([weeks(APP), *previews(9, "preview.example.com")], LIVE)
    assert proposal.policy.origins == ("https://*.preview.example.com", APP)
    [pattern] = [entry for entry in proposal.entries if entry.stands_for and entry.field == "origins"]
    assert len(pattern.stands_for) == 9


@pytest.mark.parametrize("parent", ["vercel.app", "github.io", "co.uk"])
def test_subdomains_that_anybody_can_have_make_no_pattern(parent: str) -> None:
    proposal = tighten([weeks(APP), *previews(30, parent)], LIVE)
    assert proposal.policy.origins == (APP,)
    assert reason(proposal, f"https://pr-1.{parent}") == "few-days"


def test_a_new_subdomain_every_day_of_a_domain_that_is_not_established_makes_no_pattern() -> None:
    proposal = tighten([weeks(APP), *previews(12, "attacker.net")], LIVE)
    assert proposal.policy.origins == (APP,)
    left = next(left for left in proposal.left_out if left.origin == "https://pr-1.attacker.net")
    assert left.reason.value == "few-days"
    assert "if attacker.net is yours" in left.message


def test_a_few_subdomains_that_have_come_to_stay_are_listed() -> None:
    proposal = tighten([weeks(f"https://{name}.example.com") for name in ("app", "admin", "www", "my", "shop", "api")], LIVE)
    assert len(proposal.policy.origins) == 6
    assert not any("*" in origin for origin in proposal.policy.origins)


def test_a_pattern_never_opens_what_is_refused_today() -> None:
    listed = [seen.request.origin for seen in previews(9, "preview.example.com")]
    proposal = tighten([weeks(APP), *previews(9, "preview.example.com")], Policy(origins=[APP, *listed], credentials=True))
    assert not any("*" in origin for origin in proposal.policy.origins)
    wide = Policy(origins=[APP, "https://*.example.com"], credentials=True)
    assert not wide.diff(tighten([weeks(APP), *previews(9, "preview.example.com")], wide).policy).gained


def test_names_that_are_forged_on_a_single_day_or_never_followed_by_success_stay_out() -> None:
    forged = weeks(APP, "PUT", credentials=CredentialsSent.NONE, kind=RequestKind.PREFLIGHT, headers=["x-evil"], days=1)
    unanswered = weeks(APP, "PURGE", credentials=CredentialsSent.NONE, kind=RequestKind.PREFLIGHT, headers=["x-other"])
    proposal = tighten([weeks(APP), weeks(APP, "PUT", kind=RequestKind.ACTUAL), forged, unanswered], LIVE)
    assert proposal.policy.request_headers == frozenset()
    assert proposal.policy.methods == {"PUT"}


def test_what_no_request_shows_is_taken_from_the_current_policy() -> None:
    current = Policy(origins=[APP], credentials=True, expose_headers=["X-Total"], max_age=600, websockets=True)
    kept = tighten([weeks(APP)], current).policy
    assert (kept.expose_headers, kept.max_age, kept.websockets) == (("X-Total",), 600, True)


def test_an_api_without_logins_is_proposed_only_when_requested() -> None:
    seen = [weeks(APP, route="/open", credentials=CredentialsSent.NONE)]
    with pytest.raises(InputError, match="--anonymous"):
        tighten(seen)
    assert tighten(seen, anonymous=True).policy == Policy(origins=[APP])


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        ([], "there are no observations"),
        ([weeks(APP, days=6)], "cover 6 days and 200 successful requests"),
        ([weeks(APP, count=99)], "cover 14 days and 99 successful requests"),
        ([weeks(APP, status=4)], "0 successful requests"),
    ],
    ids=str,
)
def test_too_little_evidence_is_refused_with_what_is_needed(seen: list[ObservedRequests], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tighten(seen, LIVE)


def test_a_narrow_expression_stays_where_no_pattern_says_as_little() -> None:
    seen = [weeks(APP), *previews(9, "preview.example.com")]
    narrow = Policy(origins=[APP], origin_regex=r"https://pr-[0-9]+\.preview\.example\.com", credentials=True)
    kept = tighten(seen, narrow).policy
    assert kept.regex == narrow.regex
    assert kept.origins == (APP,)
    assert kept.credentials_for("https://pr-99.preview.example.com")
    wide = Policy(origin_regex=r"https://([a-z0-9_-]+\.)+example\.com", credentials=True)
    assert tighten(seen, wide).policy.origins == ("https://*.preview.example.com", APP)


def test_many_tenants_of_one_domain_make_a_pattern_and_many_sites_do_not() -> None:
    tenants = [weeks(f"https://tenant-{number}.shops.example.net", count=9) for number in range(25)]
    strangers = [weeks(f"https://{letter * 9}.org", count=9) for letter in "abcdefghijkmnpqrstuvwxyz"]
    proposal = tighten([weeks("https://admin.example.net"), *tenants, *strangers])
    assert "https://*.shops.example.net" in proposal.policy.origins
    assert len(proposal.policy.origins) == 2 + len(strangers)


def test_an_expression_that_admits_every_name_of_a_shared_suffix_does_not_stay() -> None:
    seen = [weeks(APP), *previews(9, "vercel.app")]
    broad = Policy(origins=[APP], origin_regex=r"https://.*\.vercel\.app")
    own = Policy(origins=[APP], origin_regex=r"https://pr-[\w-]+\.vercel\.app")
    seen = [replace(each, request=replace(each.request, credentials=CredentialsSent.AUTHORIZATION)) for each in seen]
    assert tighten(seen, broad).policy.regex is None
    assert tighten(seen, own).policy.regex == own.regex


def test_entries_of_a_template_that_nobody_used_are_named() -> None:
    current = Policy(origins=[APP, "https://starter-code.web.app", "https://starter-code.firebaseapp.com"], credentials=True)
    proposal = tighten([weeks(APP)], current)
    assert {unused.value for unused in proposal.unused} == {
        "https://starter-code.web.app",
        "https://starter-code.firebaseapp.com",
    }


def test_origins_that_a_browser_makes_up_for_each_user_never_fill_a_list() -> None:
    extensions = [weeks(f"moz-extension://0000000{number}-1111-2222-3333-444444444444") for number in range(9)]
    proposal = tighten([weeks(APP), weeks("chrome-extension://abcdefghijklmnop"), *extensions], LIVE)
    assert proposal.policy.origins == (APP, "chrome-extension://abcdefghijklmnop") or proposal.policy.origins == (
        "chrome-extension://abcdefghijklmnop",
        APP,
    )
    assert reason(proposal, extensions[0].request.origin) == "per-installation"


def test_options_of_monitoring_is_no_method_to_allow() -> None:
    probe = weeks(APP, "OPTIONS", "/health", CredentialsSent.NONE, kind=RequestKind.ACTUAL)
    assert tighten([weeks(APP), probe], LIVE).policy.methods == frozenset()


def test_previews_below_a_shared_suffix_and_many_sites_of_customers_get_advice_and_one_site_gets_none() -> None:
    [previewing] = advice(tighten([weeks(APP), *previews(9, "vercel.app")], LIVE))
    assert "below vercel.app, where anyone can register a name" in previewing
    customers = [weeks(f"https://shop.{letter * 9}.org", count=9) for letter in "abcdefghijkmnpqrstuvwxyz"]
    [selling] = advice(tighten([weeks(APP), *customers], LIVE))
    assert "origin_resolver" in selling
    own = [weeks(f"https://{name}.example.com") for name in "abcdefghijkmnpqrstuvwxyz"]
    assert list(advice(tighten([weeks(APP), *own, *previews(9, "preview.example.com")], LIVE))) == []


def test_previews_that_the_current_expression_was_written_for_are_no_look_alikes_of_the_named_origin() -> None:
    names = ("git-feat-auth", "krvhbmou7", "abc12de3f", "git-main", "zzz9y8x7w", "q1w2e3r4t")
    seen = [
        weeks(f"https://harborlight-{name}-my-team.vercel.app", days=1, count=5, credentials=CredentialsSent.AUTHORIZATION)
        for name in names
    ]
    named = weeks("https://harborlight.app", credentials=CredentialsSent.AUTHORIZATION)
    current = Policy(origins=["https://harborlight.app"], origin_regex=r"https://harborlight-[^.]*-my-team\.vercel\.app")
    proposal = tighten([named, *seen], current)
    assert proposal.policy.regex == current.regex
    assert proposal.left_out == ()
    assert {left.reason.value for left in tighten([named, *seen], LIVE).left_out} == {"lookalike"}
