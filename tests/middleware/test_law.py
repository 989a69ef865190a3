"""The law that ties the two sides: a policy permits exactly what a browser concludes about the server that enforces it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corsense.fetch import Allowed, Browser, FetchRequest
from corsense.fetch.trace import EngineName
from corsense.middleware import CORSMiddleware
from corsense.policy import Policy, PolicyError
from corsense.transports import drive
from corsense.transports.asgi import AsgiSend
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
@given(keywords, st.lists(requests, min_size=3, max_size=10), st.sampled_from(ENGINES))
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
