"""`Policy`: what it refuses to be, what it answers, and that it is a value."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense import Policy, PolicyError
from corsense.fetch import Allowed, Browser, FetchRequest
from corsense.fetch.trace import EngineName
from corsense.origin import MAX_ORIGIN
from corsense.policy import Fault, Reason
from corsense.transports import drive
from corsense.transports.policy import PolicyTransport

APP = "https://app.example.com"


def faults(**keywords: Any) -> tuple[Fault, ...]:
    with pytest.raises(PolicyError) as refused:
        Policy(**keywords)
    return refused.value.faults


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # (keywords, field, slug)
    ({}, "origins", "no-origins"),
    ({"origins": []}, "origins", "no-origins"),
    ({"origins": APP}, "origins", "origins-not-a-list"),
    ({"origins": b"https://a.example"}, "origins", "origins-not-a-list"),
    ({"origins": 3}, "origins", "origins-not-a-list"),
    ({"origins": ["*", APP]}, "origins", "wildcard-origins"),
    ({"origins": ["http://app.example.com"], "credentials": True}, "origins", "insecure-origin-with-credentials"),
    ({"origins": ["http://*.example.com"], "credentials": True}, "origins", "insecure-origin-with-credentials"),
    ({"origins": ["https://*.github.io"], "credentials": True}, "origins", "public-suffix-origin"),
    ({"origins": [APP], "credentials": ["https://b.example"]}, "credentials", "credentials-not-allowed"),
    ({"origins": "*", "credentials": "*"}, "credentials", "flag-not-a-bool"),
    ({"origins": [APP], "credentials": "false"}, "credentials", "flag-not-a-bool"),
    ({"origins": [APP], "credentials": 1}, "credentials", "flag-not-a-bool"),
    ({"origins": [APP], "credentials": None}, "credentials", "flag-not-a-bool"),
    ({"origins": "*", "credentials": ["*"]}, "credentials", "wildcard-with-credentials"),
    ({"origins": "*", "credentials": ["http://a.example"]}, "credentials", "insecure-origin-with-credentials"),
    ({"origins": "*", "credentials": [APP], "expose_headers": ["*"]}, "expose_headers", "expose-wildcard-with-credentials"),
    ({"origins": [APP], "credentials": True, "expose_headers": ["*"]}, "expose_headers", "expose-wildcard-with-credentials"),
    ({"origin_regex": "("}, "origin_regex", "regex-in-origins"),
    ({"origin_regex": 3}, "origin_regex", "origin-regex-not-a-string"),
    ({"origin_regex": [r"https://[a-z]+\.a\.example"]}, "origin_regex", "origin-regex-not-a-string"),
    ({"origin_regex": r"https://.*example\.com"}, "origin_regex", "regex-too-broad"),
    ({"origin_regex": r"https://app.example\.com"}, "origin_regex", "regex-too-broad"),
    ({"origin_regex": r"https?://a\.example\.com", "credentials": True}, "origin_regex", "insecure-origin-with-credentials"),
    ({"origin_resolver": "https://a.example"}, "origin_resolver", "resolver-limits"),
    ({"origin_resolver": bool, "origin_resolver_timeout": 0}, "origin_resolver_timeout", "resolver-limits"),
    ({"origin_resolver": bool, "origin_resolver_timeout": float("nan")}, "origin_resolver_timeout", "resolver-limits"),
    ({"origin_resolver": bool, "origin_resolver_timeout": float("inf")}, "origin_resolver_timeout", "resolver-limits"),
    ({"origin_resolver": bool, "origin_resolver_ttl": -1}, "origin_resolver_ttl", "resolver-limits"),
    ({"origin_resolver": bool, "origin_resolver_cache": 1.5}, "origin_resolver_cache", "resolver-limits"),
    ({"origins": [APP], "methods": "PUT"}, "methods", "invalid-cors-header"),
    ({"origins": [APP], "methods": ["PUT, DELETE"]}, "methods", "invalid-cors-header"),
    ({"origins": [APP], "methods": ["TRACE"]}, "methods", "name-without-effect"),
    ({"origins": [APP], "methods": ["connect"]}, "methods", "name-without-effect"),
    ({"origins": [APP], "methods": ["patch"]}, "methods", "method-not-allowed"),
    ({"origins": [APP], "methods": [3]}, "methods", "invalid-cors-header"),
    ({"origins": [APP], "request_headers": "X-A"}, "request_headers", "invalid-cors-header"),
    ({"origins": [APP], "request_headers": ["X-A:"]}, "request_headers", "invalid-cors-header"),
    ({"origins": [APP], "request_headers": ["Cookie"]}, "request_headers", "name-without-effect"),
    ({"origins": [APP], "request_headers": ["Sec-Fetch-Mode"]}, "request_headers", "name-without-effect"),
    ({"origins": [APP], "request_headers": ["Access-Control-Allow-Origin"]}, "request_headers", "name-without-effect"),
    ({"origins": [APP], "expose_headers": ["Set-Cookie"]}, "expose_headers", "name-without-effect"),
    ({"origins": [APP], "expose_headers": ["Origin"]}, "expose_headers", "name-without-effect"),
    ({"origins": [APP], "max_age": -2}, "max_age", "max-age-out-of-range"),
    ({"origins": [APP], "max_age": 86_401}, "max_age", "max-age-out-of-range"),
    ({"origins": [APP], "max_age": "600"}, "max_age", "max-age-out-of-range"),
    ({"origins": [APP], "max_age": True}, "max_age", "max-age-out-of-range"),
    ({"origins": [APP], "websockets": 1}, "websockets", "flag-not-a-bool"),
    ({"origins": [APP], "private_network": "no"}, "private_network", "flag-not-a-bool"),
    ({"origins": [APP], "dangerously_allow_broad_regex": "no"}, "dangerously_allow_broad_regex", "flag-not-a-bool"),
    ({"origins": [APP], "allow_methods": []}, "allow_methods", "unknown-keyword"),
]


@pytest.mark.parametrize(("keywords", "field", "slug"), REFUSED, ids=[f"{slug}-{field}" for _, field, slug in REFUSED])
def test_what_cannot_hold_is_refused_with_its_cause_and_a_remedy(keywords: dict[str, Any], field: str, slug: str) -> None:
    (fault,) = faults(**keywords)
    assert (fault.field, fault.slug) == (field, slug)
    assert re.fullmatch(r"CORS\d{3}", fault.code)
    assert fault.message.endswith(".")
    assert fault.remedy.endswith((".", "?"))


def test_all_faults_are_reported_at_once_and_each_is_in_the_text() -> None:
    found = faults(origins=["https://a.example/", "null"], methods=["TRACE"], max_age=-5, alow_headers=["x"])
    assert {fault.field for fault in found} == {"origins", "methods", "max_age", "alow_headers"}
    assert [fault.value for fault in found if fault.field == "origins"] == ["https://a.example/", "null"]
    text = str(PolicyError(found))
    assert all(fault.remedy in text and fault.code in text for fault in found)


def test_what_cannot_be_printed_or_is_endless_is_still_quoted() -> None:
    found = faults(origins=["https://\ud800.example"], methods=["\ud800"], request_headers=["\x00"], max_age=10**5000)
    text = str(PolicyError(found))
    assert len(found) == 4
    assert text.encode()
    assert len(text) < 3000


def test_the_document_keeps_the_flags_of_an_expression() -> None:
    for expression in (re.compile(r"https://A\.example", re.IGNORECASE), re.compile(r"(?i)https://a \. example", re.VERBOSE)):
        policy = Policy(origin_regex=expression)
        again = Policy(**policy.document())
        assert again.regex is not None
        assert (again.regex.flags, again.allows_origin("https://a.example")) == (expression.flags, True)


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [
        ("allow_origins", "origins"),
        ("allow_origin", "origins"),
        ("allowOrigins", "origins"),
        ("Access-Control-Allow-Headers", "request_headers"),
        ("allow_header", "request_headers"),
        ("exposed_header", "expose_headers"),
        ("origin_resolvers", "origin_resolver"),
        ("allow_origins_regex", "origin_regex"),
        ("credentails", "credentials"),
        ("maxage", "max_age"),
    ],
)
def test_an_unknown_keyword_is_reported_with_the_nearest_known_one(keyword: str, meant: str) -> None:
    (fault,) = [fault for fault in faults(origins=[APP], **{keyword: 1}) if fault.slug == "unknown-keyword"]
    assert fault.remedy == f"Did you mean {meant}?"


@pytest.mark.parametrize(
    "expression",
    [r"https://.*example\.com", r"https://.*", r"https://app.example\.com", r"https://(.*\.)?example\.com.*",
     r"https://[a-z]+\.com",
     r".*://app\.example\.com.*", r"(?i)https://APP\d\.com", r"https://(app|admin)-[a-z]+\.org"],
)  # fmt: skip
def test_a_broad_expression_is_refused_with_an_origin_that_it_admits(expression: str) -> None:
    (fault,) = faults(origin_regex=expression)
    assert fault.slug == "regex-too-broad"
    shown = re.findall(r"'([^']*)'", fault.message)[-1]
    assert re.fullmatch(expression, shown)
    assert Policy(origin_regex=expression, dangerously_allow_broad_regex=True).allows_origin(shown)


@pytest.mark.parametrize(
    "expression",
    [r"https://.*\.example\.com", r"https://(app|admin)\.example\.com", r"https://[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.example\.com",
     r"http://localhost:\d+", r"https://example\.com(:\d{4})?", r"https://(?:[a-z]+\.)*example\.co\.uk", "^https://a\\.example$"],
)  # fmt: skip
def test_an_expression_that_ends_with_ones_own_domain_is_taken(expression: str) -> None:
    taken = Policy(origin_regex=expression, credentials=True).regex
    assert taken is not None
    assert taken.pattern == expression


@pytest.mark.parametrize(
    ("expression", "construct"),
    [
        (r"https://.*(?<=example\.com)", "look-around"),
        (r"https://[a-z.-]+(?<=\.com)", "look-around"),
        (r"https://(?=.*example\.com)[a-z.]+", "look-around"),
        (r"https://(?!evil).*\.example\.com", "look-around"),
        (r"https://\b.*\bexample\.com", "the word boundary"),
        (r"https://a\B\.example\.com", "the non-boundary"),
        (r"https://(a|b)\1\.example\.com", "a reference to a group"),
        (r"https://(?P<x>a)(?P=x)\.example\.com", "a reference to a group"),
        (r"(https)?(?(1)://a|b)\.example\.com", "a conditional group"),
        (r"https://[a-z]++\.example\.com", "a possessive quantifier"),
        (r"https://(?>a|ab)\.example\.com", "an atomic group"),
        (r"https://[a-z]*a[a-z]{16}\.example\.com", "too many"),
        ("https://" + "a{1000}" * 20, "too many"),
        ("https://(?:(?:a{100}){100}){100}", "too many"),
        ("(" * 5000 + ")" * 5000, "too many groups"),
        ("https://a" * 10_000, "a length of"),
    ],
)
def test_what_no_automaton_can_match_is_refused_by_name_whatever_is_tolerated(expression: str, construct: str) -> None:
    (fault,) = faults(origin_regex=expression, credentials=True, dangerously_allow_broad_regex=True)
    assert fault.slug == "regex-not-linear"
    assert construct in fault.message
    assert fault.remedy


def test_where_nothing_decides_who_may_send_cookies_an_expression_is_refused() -> None:
    expression = r"https?://.*a.{8}b.{3}\.example\.com"
    assert Policy(origin_regex=expression, dangerously_allow_broad_regex=True).regex is not None
    (fault,) = faults(origin_regex=expression, credentials=True, dangerously_allow_broad_regex=True)
    assert (fault.field, fault.value, fault.slug) == ("origin_regex", expression, "regex-not-linear")
    assert fault.message == (
        f"{expression!r} has too many alternatives or repetitions to be compiled, so who may send cookies cannot be decided."
    ).replace("\\\\", "\\")
    assert fault.remedy == "List the origins, or write fewer repetitions, such as one '[a-z0-9-]+'."


def test_an_origin_that_is_malformed_in_credentials_is_a_fault_of_credentials() -> None:
    found = faults(origins=[APP], credentials=[f"{APP}/", "*.b.example"])
    assert [(fault.field, fault.value, fault.slug) for fault in found] == [
        ("credentials", f"{APP}/", "origin-trailing-slash"),
        ("credentials", "*.b.example", "origin-without-scheme"),
    ]


@pytest.mark.parametrize(
    "expression",
    [r"https://(?:a|b|ab)+\.example\.com", r"https://([a-z0-9-]+)+\.example\.com", r"https://app-([a-z]*-?)*\.example\.com",
     r"https://(?:(?:a|ab)(?:c|bc)?)+\.example\.com", "https://" + "[a-z]*" * 6 + r"\.example\.com"],
)  # fmt: skip
def test_an_expression_that_backtracking_could_not_match_is_matched(expression: str) -> None:
    policy = Policy(origin_regex=expression, credentials=True)
    assert policy.allows_origin("https://app-abc.example.com") == bool(re.fullmatch(expression, "https://app-abc.example.com"))
    assert not policy.allows_origin("https://" + "ab" * 120 + "!")
    assert not policy.allows_origin("https://app-" + "a" * 240)


def test_a_glob_for_previews_is_answered_with_the_expression_that_matches_exactly_these() -> None:
    (fault,) = faults(origins=["https://myproj-*-team.vercel.app"], credentials=True)
    assert fault.slug == "glob-in-origins"
    written = re.findall(r"origin_regex=r'([^']*)'", fault.remedy)
    assert written == [r"https://myproj-[a-z0-9-]+-team\.vercel\.app"]
    assert "dangerously_allow_public_suffixes=True" in fault.remedy
    policy = Policy(origin_regex=written[0], credentials=True, dangerously_allow_public_suffixes=True)
    assert policy.allows_origin("https://myproj-git-main-team.vercel.app")
    (fault,) = faults(origins=["https://app-*.example.com:8443"])
    assert "'https://*.example.com'" in fault.remedy
    assert r"r'https://app-[a-z0-9-]+\.example\.com:8443'" in fault.remedy


def test_the_previews_of_one_project_below_a_shared_suffix_are_allowed_exactly_with_one_hatch() -> None:
    expression = r"https://myproj-[a-z0-9-]+-team\.vercel\.app"
    for wide in (expression, r"https://[a-z0-9-]+\.vercel\.app", r"https://.*\.vercel\.app"):
        (fault,) = faults(origin_regex=wide, credentials=True)
        assert fault.slug == "public-suffix-origin"
        assert "dangerously_allow_public_suffixes=True" in fault.remedy
    policy = Policy(origin_regex=expression, credentials=True, dangerously_allow_public_suffixes=True)
    assert policy.allows_origin("https://myproj-git-main-team.vercel.app")
    assert not policy.allows_origin("https://evil.vercel.app")
    assert not policy.allows_origin("https://myproj-x-team.vercel.app.evil.example")
    assert Policy(origin_regex=expression).allows_origin("https://myproj-1-team.vercel.app")


def test_the_escape_hatches_let_their_own_fault_pass_only() -> None:
    assert Policy(origins=["http://a.example"], credentials=True, dangerously_allow_insecure_origins=True).credentials
    assert Policy(origins=["https://*.github.io"], credentials=True, dangerously_allow_public_suffixes=True).credentials
    assert Policy(origins="*", credentials=True, dangerously_allow_any_origin_with_credentials=True).any_origin
    (fault,) = faults(origins=["http://*.com"], credentials=True, dangerously_allow_insecure_origins=True)
    assert fault.slug == "public-suffix-origin"


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8080", "http://app.localhost"])
def test_this_machine_is_not_insecure(origin: str) -> None:
    assert Policy(origins=[origin], credentials=True).credentials_for(origin)


def test_some_origins_send_cookies_and_others_stay_anonymous() -> None:
    policy = Policy(origins="*", credentials=[APP, "https://*.admin.example.com"])
    assert policy.decide(APP, credentials=True).allowed
    assert policy.decide("https://x.admin.example.com", credentials=True).allowed
    assert policy.decide("https://other.example").allowed
    assert policy.decide("https://other.example", credentials=True).reason is Reason.CREDENTIALS_NOT_ALLOWED


def test_safelisted_methods_always_pass_and_others_are_case_sensitive() -> None:
    policy = Policy(origins=[APP], methods=["put", "PATCH", "PURGE"])
    assert policy.methods == {"PUT", "PATCH", "PURGE"}
    assert all(policy.allows_method(method) for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "PURGE"))
    assert not any(policy.allows_method(method) for method in ("patch", "purge", "DELETE", "OPTIONS"))
    assert Policy(origins=[APP], methods=["*"]).allows_method("QUERY")


def test_the_star_means_authorization_only_when_named_or_with_credentials() -> None:
    star = Policy(origins=[APP], request_headers=["*"])
    assert star.decide(APP, "GET", ["x-anything"]).allowed
    refused = star.decide(APP, "GET", ["x-anything", "Authorization"])
    assert (refused.reason, refused.value) == (Reason.HEADER_NOT_ALLOWED, "Authorization")
    assert Policy(origins=[APP], request_headers=["*", "Authorization"]).decide(APP, "GET", ["authorization"]).allowed
    assert Policy(origins=[APP], request_headers=["*"], credentials=True).decide(APP, "GET", ["authorization"]).allowed


def test_a_resolver_is_asked_elsewhere_and_without_its_word_nobody_enters() -> None:
    policy = Policy(origins=[APP], origin_resolver=lambda origin: origin.endswith(".example"), origin_resolver_timeout=0.5)
    assert policy.resolver is not None
    assert (policy.resolver.timeout, policy.resolver.ttl, policy.resolver.cache_size) == (0.5, 60.0, 1024)
    assert policy.decide(APP).allowed
    assert policy.decide("https://a.example").reason is Reason.ORIGIN_UNRESOLVED
    assert policy.decide("https://a.example", resolved=True).allowed
    assert policy.decide("https://a.example", resolved=False).reason is Reason.ORIGIN_NOT_ALLOWED
    assert policy.permits(FetchRequest("https://api.example.net/", "https://a.example"))
    assert not policy.permits(FetchRequest("https://api.example.net/", "https://a.evil"))


def test_a_resolver_that_fails_is_a_refusal() -> None:
    def resolve(origin: str) -> bool:
        raise RuntimeError(origin)

    async def later(origin: str) -> bool:
        return True

    asked = FetchRequest("https://api.example.net/", "https://a.example")
    assert not Policy(origin_resolver=resolve).permits(asked)
    assert not Policy(origin_resolver=later).permits(asked)
    assert Policy(origin_resolver=later).permits(asked, resolved=True)


def test_without_an_origin_cors_does_not_apply() -> None:
    assert Policy(origins=[APP]).decide(None, "DELETE", ["cookie"]).allowed


ORIGIN_LISTS: st.SearchStrategy[Any] = st.one_of(
    st.just("*"),
    st.lists(
        st.sampled_from([APP, "https://*.example.com", "http://localhost:*", "capacitor://localhost", "https://b.example:8443"]),
        min_size=1, max_size=4, unique=True,
    ),
)  # fmt: skip


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    origins = draw(ORIGIN_LISTS)
    credentials: Any = draw(st.booleans()) and origins != "*"
    if draw(st.booleans()):
        credentials = [APP] if origins == "*" or APP in origins else False
    star = [] if credentials else ["*"]
    return Policy(
        origins=origins,
        origin_regex=draw(st.sampled_from([None, r"https://[a-z]+\.team\.example"])) if origins != "*" else None,
        credentials=credentials,
        methods=draw(st.lists(st.sampled_from(["PUT", "DELETE", "PATCH", "QUERY", "*", "GET"]), max_size=3)),
        request_headers=draw(st.lists(st.sampled_from(["Content-Type", "X-A", "Authorization", "*"]), max_size=3)),
        expose_headers=draw(st.lists(st.sampled_from(["X-B", "X-C", *star]), max_size=2)),
        max_age=draw(st.sampled_from([None, -1, 0, 600, 86_400])),
        private_network=draw(st.booleans()),
        websockets=draw(st.booleans()),
    )


@st.composite
def requests(draw: st.DrawFn) -> FetchRequest:
    headers = st.sampled_from([("Content-Type", "application/json"), ("X-A", "1"), ("Authorization", "Bearer x"), ("X-Z", "1")])
    return FetchRequest(
        draw(st.sampled_from(["https://api.example.net/users", "https://app.example.com/same"])),
        draw(st.sampled_from([APP, "https://x.example.com", "https://example.com", "http://localhost:3000", "https://evil.example",
                              "https://a.team.example", "capacitor://localhost", "null"])),
        draw(st.sampled_from(["GET", "POST", "PUT", "put", "PATCH", "patch", "DELETE", "QUERY"])),
        headers=draw(st.lists(headers, max_size=3, unique=True)),
        credentials=draw(st.sampled_from(["omit", "same-origin", "include"])),
        mode=draw(st.sampled_from(["cors", "cors", "cors", "same-origin", "no-cors"])),
    )  # fmt: skip


@settings(max_examples=300)
@given(policies(), requests(), st.sampled_from(["chromium", "firefox", "webkit", "standard"]))
def test_a_policy_permits_what_browsers_conclude_from_its_answers(
    policy: Policy, asked: FetchRequest, engine: EngineName
) -> None:
    trace = drive(Browser(engine=engine).fetch(asked), PolicyTransport(policy))
    assert policy.permits(asked, engine=engine) is isinstance(trace.outcome, Allowed)


@given(policies())
def test_a_policy_is_a_value(policy: Policy) -> None:
    twins = [eval(repr(policy), {"Policy": Policy}), pickle.loads(pickle.dumps(policy)), policy.replace()]
    twins.append(Policy(**json.loads(json.dumps(policy.document()))))
    for twin in twins:
        assert twin == policy
        assert hash(twin) == hash(policy)
        assert not policy.diff(twin)


@given(policies(), policies())
def test_who_gains_by_a_change_loses_by_the_change_back(one: Policy, other: Policy) -> None:
    there, back = one.diff(other), other.diff(one)
    assert there.gained == back.lost
    assert there.lost == back.gained
    if one == other:
        assert not there


@settings(max_examples=200)
@given(policies(), policies(), requests())
def test_a_change_by_which_nobody_gains_permits_nothing_more(one: Policy, other: Policy, asked: FetchRequest) -> None:
    if not one.diff(other).gained and other.permits(asked):
        assert one.permits(asked)


def test_the_order_of_a_list_makes_no_difference() -> None:
    assert Policy(origins=[APP, "https://b.example"]) == Policy(origins=["https://b.example", APP, APP])
    assert Policy(origins=[APP]) != Policy(origins=[APP], max_age=5)


def test_a_change_is_reported_as_who_gains_and_who_loses() -> None:
    before = Policy(origins=[APP, "https://old.example"], methods=["PUT"])
    after = Policy(origins=["https://*.example.com"], methods=["PUT", "DELETE"], credentials=True, max_age=60)
    assert str(before.diff(after)) == (
        "+ pages of https://*.example.com may read responses\n"
        "+ every allowed page may send cookies\n"
        "+ pages may use method DELETE\n"
        "- pages of https://old.example may read responses\n"
        "~ browsers may keep preflights 60 s, before as long as they like (5 s)"
    )


EXPLAIN = Policy(
    origins=[APP, "https://*.staging.example.com", "http://localhost:*"], origin_regex=r"https://pr-\d+\.example\.com"
)


@pytest.mark.parametrize(
    ("origin", "part"),
    [
        (APP, "it is listed"),
        ("https://a.staging.example.com", "'https://*.staging.example.com' matches it"),
        ("https://pr-7.example.com", "origin_regex"),
        ("http://app.example.com", "whose scheme is https, not http"),
        ("https://app.example.com:8443", "which has no port, not port 8443"),
        ("https://staging.example.com", "which matches its subdomains, not the domain itself"),
        ("https://app.example.com/", "ends in a slash"),
        ("https://APP.example.com", "upper case"),
        ("null", "sandboxed frames"),
        ("https://evil.test", "nothing in the policy resembles it"),
        ("https://ap.example.com", "'https://app.example.com'"),
    ],
)
def test_an_origin_is_explained_by_the_entry_that_means_it_or_the_nearest(origin: str, part: str) -> None:
    assert part in EXPLAIN.explain(origin)


def test_presets_hold_and_can_be_changed() -> None:
    development = Policy.development()
    assert development.decide("http://localhost:5173", "PATCH", ["authorization"], credentials=True).allowed
    assert not development.allows_origin("https://evil.example")
    public = Policy.public_api()
    assert public.decide("https://any.example", "DELETE", ["authorization"]).allowed
    assert not public.decide("https://any.example", credentials=True).allowed
    mobile = Policy.mobile(["https://app.example.com"])
    assert all(mobile.allows_origin(origin) for origin in ("capacitor://localhost", "tauri://localhost", APP))
    assert Policy.production([APP], credentials=True, max_age=60).max_age == 60
    assert Policy.development(credentials=False).credentials is False


@pytest.mark.parametrize(
    "left", ["http://localhost:3000", "https://localhost", "http://127.0.0.1:*", "http://app.example.com", "*"]
)
def test_production_refuses_what_is_left_of_development(left: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.production(left if left == "*" else [APP, left])
    assert [fault.value for fault in refused.value.faults] == [left]


def test_the_schema_knows_each_keyword_of_a_document() -> None:
    schema = Policy.json_schema()
    full = Policy(
        origins=[APP], origin_regex=r"https://a\.example\.com", credentials=[APP], methods=["PUT"], request_headers=["x"],
        expose_headers=["x"], max_age=1, private_network=True, websockets=True, dangerously_allow_insecure_origins=True,
        dangerously_allow_public_suffixes=True, dangerously_allow_any_origin_with_credentials=True,
        dangerously_allow_broad_regex=True,
    )  # fmt: skip
    assert set(full.document()) == set(schema["properties"])


def test_a_hundred_thousand_origins_are_a_policy_like_any_other() -> None:
    listed = [f"https://tenant-{number:06d}.customers.example.com" for number in range(100_000)]
    policy = Policy(origins=listed, credentials=True)
    assert policy.allows_origin(listed[-1])
    assert not policy.allows_origin("https://tenant-100000.customers.example.com")
    assert policy.origins[:2] == tuple(listed[:2])
    assert faults(origins=[*listed, "https://a.example/"])[0].slug == "origin-trailing-slash"
    assert faults(origins=[*listed, "https://a.example\nhttps://b.example"])[0].slug == "origins-not-a-list"


def test_an_origin_longer_than_any_is_malformed_even_where_an_expression_matches_it() -> None:
    policy = Policy(origin_regex=r"https://[a-z]+\.example\.com", origin_resolver=lambda origin: True)
    fitting = "https://" + "a" * (MAX_ORIGIN - len("https://.example.com")) + ".example.com"
    assert len(fitting) == MAX_ORIGIN
    assert policy.decide(fitting).allowed
    longer = fitting.replace("a.", "aa.", 1)
    assert policy.decide(longer).reason is Reason.ORIGIN_MALFORMED
    assert policy.decide(longer, resolved=True).reason is Reason.ORIGIN_MALFORMED
    assert not policy.allows_origin(longer)
