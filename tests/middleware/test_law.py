"""The law that ties the two sides: a policy permits exactly what a browser concludes about the server that enforces it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corsense.fetch import Allowed, Browser, FetchRequest, WireResponse
from corsense.fetch.trace import EngineName
from corsense.middleware import CORSMiddleware
from corsense.observe.rollout import rollout_reaches
from corsense.policy import Policy, PolicyError
from corsense.transports import drive
from corsense.transports.asgi import AsgiSend
from corsense.warnings import DevelopmentOriginWarning
from tests.middleware.asking import plain

PATTERNS = [
    "https://app.example.com", "https://*.example.com", "https://*.shop.example.com:*", "http://localhost:*", "http://localhost:3000",
    "capacitor://localhost", "https://example.org:8443", "https://*.example.org", "http://intranet.example", "http://[::1]:*",
]  # fmt: skip
PAGES = [
    "https://app.example.com", "https://a.b.example.com", "https://example.com", "http://app.example.com", "http://localhost:3000",
    "http://localhost", "https://app.example.com.evil.net", "https://evilexample.com", "capacitor://localhost", "null",
    "https://x.shop.example.com:444", "https://example.org:8443", "http://[::1]:5173", "http://localhost:8000",
]  # fmt: skip
NAMES = ["Content-Type", "Authorization", "X-Token", "X-Request-ID", "Range", "X-Other"]
ENGINES: list[EngineName] = ["standard", "standard", "chromium", "firefox", "webkit"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "patch", "DELETE", "QUERY", "CHICKEN", "OPTIONS"]

keywords = st.fixed_dictionaries(
    {
        "origins": st.lists(st.sampled_from(PATTERNS), max_size=4, unique=True) | st.just("*"),
        "credentials": st.booleans() | st.lists(st.sampled_from(PATTERNS), max_size=2, unique=True),
        "methods": st.lists(st.sampled_from(METHODS), max_size=3, unique=True) | st.just(["*"]),
        "request_headers": st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
        | st.just(["*"])
        | st.just(["*", "Authorization"]),
        "expose_headers": st.sampled_from([[], ["X-App"], ["*"]]),
        "max_age": st.sampled_from([None, -1, 600]),
        "private_network": st.booleans(),
        "dangerously_allow_insecure_origins": st.booleans(),
        "dangerously_allow_any_origin_with_credentials": st.booleans(),
    },
    optional={"origin_regex": st.sampled_from([r"https://[a-z]+\.preview\.example", r"https://(app|www)\.example\.com"])},
)
requests = st.builds(
    FetchRequest,
    url=st.just("http://localhost:8000/api"),
    origin=st.sampled_from(PAGES),
    method=st.sampled_from(METHODS),
    headers=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["1", "application/json", "bytes=0-5"])), max_size=3).map(
        tuple
    ),
    credentials=st.sampled_from(["omit", "same-origin", "include"]),
    mode=st.sampled_from(["cors", "cors", "cors", "no-cors", "same-origin"]),
    body=st.none() | st.just("x") | st.just(b"{}"),
    initiator=st.sampled_from(["fetch", "xhr"]),
    upload_listeners=st.booleans(),
)


def policy_of(given: dict[str, Any]) -> Policy | None:
    try:
        return Policy(**given)
    except PolicyError:
        return None


def fails(origin: str) -> bool:
    raise OSError(origin)


# What a resolver may say, beside what it should: the same answer has to come out on paper and on the wire.
ANSWERS: list[Any] = [True, False, None, 1, 0, "yes", [True], object()]
resolvers = st.builds(
    lambda pages, there, elsewhere: lambda origin: there if origin in pages else elsewhere,
    st.lists(st.sampled_from(PAGES), max_size=4),
    st.sampled_from(ANSWERS),
    st.sampled_from(ANSWERS),
) | st.just(fails)
resolving = st.builds(
    lambda given, resolver: {**given, "origin_resolver": resolver, "origin_resolver_timeout": 60, "origin_resolver_ttl": 0},
    keywords.filter(lambda given: given["origins"] != "*"),
    resolvers,
)
any_keywords = keywords | resolving
PATHS = ["/api", "/api/users", "/public", "/public/feed", "/public/users/7/avatar", "/other", "/other/x"]
PATTERNS_OF_PATHS = ["/api/*", "/public/*", "/public/users/*/avatar", "/other", "/*"]


def judged_by(path: str, default: Policy | None, policies: Mapping[str, Policy | None]) -> Policy | None:
    """The policy of a path, by the documented rule: segment by segment, literal before open before the rest."""

    def matches(pattern: str) -> bool:
        wanted, parts = pattern.split("/")[1:], path.split("/")[1:]
        if wanted[-1] == "*":
            wanted = wanted[:-1]
            parts = parts[: len(wanted)]
        return len(parts) == len(wanted) and all(want in ("*", part) for want, part in zip(wanted, parts, strict=True))

    def openness(pattern: str) -> list[int]:
        parts = pattern.split("/")[1:]
        return [0 if part != "*" else 2 if index == len(parts) - 1 else 1 for index, part in enumerate(parts)]

    fitting = sorted(filter(matches, policies), key=openness)
    return policies[fitting[0]] if fitting else default


@pytest.fixture(scope="module")
def send_to() -> Any:
    senders: list[AsgiSend] = []

    def to(app: Any) -> AsgiSend:
        if not senders:
            senders.append(AsgiSend(app))
        senders[0].app = app
        return senders[0]

    yield to
    for sender in senders:
        sender.close()


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture])
@given(any_keywords, st.lists(requests, min_size=3, max_size=10), st.sampled_from(ENGINES))
def test_a_policy_permits_exactly_what_a_browser_gets_from_the_middleware(
    send_to: Any, given: dict[str, Any], asked: list[FetchRequest], engine: EngineName
) -> None:
    policy = policy_of(given)
    assume(policy is not None)
    assert policy is not None
    send = send_to(CORSMiddleware(plain, policy=policy))
    for request in asked:
        outcome = drive(Browser(engine).fetch(request), send).outcome
        assert policy.permits(request, engine=engine) is isinstance(outcome, Allowed), (policy, request, outcome)


def permitted(policy: Policy | None, request: FetchRequest, engine: EngineName) -> bool:
    """What a policy permits on paper; without one, what a server permits that knows nothing of CORS."""
    if policy is not None:
        return policy.permits(request, engine=engine)
    run = Browser(engine).fetch(request)
    return isinstance(drive(run, lambda asked: WireResponse(200)).outcome, Allowed)


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.none() | any_keywords,
            st.dictionaries(st.sampled_from(PATTERNS_OF_PATHS), st.none() | any_keywords, max_size=3),
            st.lists(st.tuples(requests, st.sampled_from(PATHS)), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(ENGINES),
)
def test_the_law_holds_for_each_path_and_after_each_reconfiguration(
    send_to: Any, steps: list[tuple[Any, dict[str, Any], list[tuple[FetchRequest, str]]]], engine: EngineName
) -> None:
    layer = CORSMiddleware(plain, policies={})
    send = send_to(layer)
    for given_default, given_paths, asked in steps:
        default = None if given_default is None else policy_of(given_default)
        policies = {path: None if given is None else policy_of(given) for path, given in given_paths.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DevelopmentOriginWarning)
            layer.reconfigure(default, policies=policies)
        for request, path in asked:
            request = replace(request, url=f"http://localhost:8000{path}")
            outcome = drive(Browser(engine).fetch(request), send).outcome
            policy = judged_by(path, default, policies)
            assert permitted(policy, request, engine) is isinstance(outcome, Allowed), (policy, path, request, outcome)


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture])
@given(
    any_keywords,
    any_keywords,
    st.lists(st.tuples(st.sampled_from([0, 0.25, 0.5, 1]), st.lists(requests, min_size=1, max_size=5)), min_size=1, max_size=4),
    st.sampled_from(ENGINES),
)
def test_the_law_holds_while_a_rollout_moves(
    send_to: Any, live: dict[str, Any], tried: dict[str, Any], steps: list[tuple[float, list[FetchRequest]]], engine: EngineName
) -> None:
    policy, candidate = policy_of(live), policy_of(tried)
    assume(policy is not None and candidate is not None)
    assert policy is not None
    assert candidate is not None
    layer = CORSMiddleware(plain, policy=policy, candidate=candidate)
    send = send_to(layer)
    for share, asked in steps:
        layer.reconfigure(rollout=share)
        for request in asked:
            applied = candidate if rollout_reaches(request.origin.encode(), share) else policy
            outcome = drive(Browser(engine).fetch(request), send).outcome
            assert applied.permits(request, engine=engine) is isinstance(outcome, Allowed), (share, applied, request, outcome)
