"""The rule on pages and targets that nobody recorded: every pair of many, by every kind of write, in every browser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from corsense.protection import Crossing, ForeignReason, HostList, judge
from tests.protection.browsers import ENGINES, MODES, Write, said
from tests.protection.test_rule import crossing, scenarios

TARGETS = [
    "https://app.shop.test", "https://app.shop.test:8443", "https://xn--mnchen-3ya.example", "https://192.168.1.5:8443",
    "http://app.shop.test:8000", "http://app.shop.test", "http://nas.local", "http://192.168.1.5:8000", "http://[fe80::1]:8000",
    "http://localhost:8000", "http://localhost", "http://127.0.0.1:8000", "http://[::1]:8000", "http://app.localhost:8000",
    "https://localhost:8443",
]  # fmt: skip
STRANGE_PAGES = [
    "https://evil.example", "http://evil.example", "http://evil.example:8000", "https://api.shop.test", "https://shop.test",
    "https://app.shop.test:9000", "http://app.shop.test:9000", "https://app.shop.test.evil.example", "https://notapp.shop.test",
    "http://localhost:9000", "http://127.0.0.1:9000", "http://127.0.0.2:8000", "http://evil.localhost:8000", "null",
    "capacitor://localhost", "capacitor://localhost:8000", "chrome-extension://localhost", "http://192.168.1.6:8000",
]  # fmt: skip
OTHER = HostList(["other.example"])


def hosts_of(write: Write, listed: bool) -> HostList:
    """No list, or that of a server which says its own name alone."""
    return HostList([urlsplit(write.target).netloc]) if listed else HostList()


def writes() -> Iterator[Write]:
    for target, page, kind, engine, hidden in itertools.product(
        TARGETS, [*TARGETS, *STRANGE_PAGES], MODES, ENGINES, (False, True)
    ):
        yield Write(page, target, kind, engine, no_referrer=hidden)


def is_undecidable(found: Crossing) -> bool:
    """`null` without metadata: an own page under `no-referrer` over plain http on a named host says what every sandbox says."""
    return found.origin == "null" and found.site is None


def is_https_twin(write: Write) -> bool:
    """The page of the same host on https: whether TLS ends in front of it, a server on plain http cannot know."""
    return write.page == write.target.replace("http:", "https:", 1)


@pytest.mark.parametrize("listed", [False, True])
def test_no_page_writes_to_another_origin(listed: bool) -> None:
    passed = [
        write
        for write in writes()
        if not write.is_own
        and not is_https_twin(write)
        and (found := said(write)) is not None
        and judge(found, hosts_of(write, listed)) is None
    ]
    assert passed == []


@pytest.mark.parametrize("listed", [False, True])
def test_every_own_page_writes(listed: bool) -> None:
    own = [(write, found) for write in writes() if write.is_own and (found := said(write)) is not None]
    refused = [(write, found) for write, found in own if judge(found, hosts_of(write, listed)) is not None]
    assert len(own) > 400
    assert [write for write, found in refused if not is_undecidable(found)] == []


def test_a_name_that_can_be_rebound_is_refused_by_a_list_without_it_whatever_is_sent() -> None:
    for write in writes():
        found = said(Write(write.target, write.target, write.kind, write.engine, write.no_referrer))
        name = urlsplit(write.target).hostname or ""
        if found is not None and name.endswith((".test", ".example")):
            assert judge(found, OTHER) is ForeignReason.HOST_NOT_ALLOWED


def test_a_trusted_page_writes_by_every_means_that_names_it() -> None:
    for write in writes():
        found = said(write)
        if found is not None and found.origin != "null":
            assert judge(found, hosts_of(write, listed=True), trusted=True) is None


KINDS = {
    "form-urlencoded": "form", "form-multipart": "form", "form-textplain": "form", "form-to-iframe": "framed form",
    "fetch-text-cred": "fetch", "fetch-notype-cred": "fetch", "xhr-text-cred": "fetch", "fetch-nocors-cred": "no-cors fetch",
    "fetch-nocors": "no-cors fetch", "beacon-string": "beacon", "beacon-notype": "beacon", "websocket": "websocket",
}  # fmt: skip
GROUPS = {"cross-site", "same-site-subdomain", "same-site-port", "plain-http", "same-origin", "rebinding", "cross-scheme"}
"""Groups in which nothing but page, target and kind varies."""


def test_the_model_says_what_the_browsers_said() -> None:
    compared = 0
    for scenario in scenarios():
        kind = KINDS.get(scenario["kind"])
        if kind is None or scenario["group"] not in GROUPS or scenario["cors"] == "open" or scenario.get("hops"):
            continue
        for engine, requests in scenario["engines"].items():
            for request in requests:
                found = crossing(request)
                if request["step"] != "w" or not found.writes or request.get("no_referrer"):
                    continue
                page = scenario["page"] if "://" in scenario["page"] else "null"
                model = said(Write(page, scenario["target"], kind, engine))
                assert model == found, scenario["id"]
                compared += 1
    assert compared > 300
