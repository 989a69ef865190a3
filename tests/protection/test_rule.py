"""The rule against what real browsers sent, and its laws."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.protection import Crossing, ForeignReason, HostList, judge

DATA = Path(__file__).parents[1] / "data" / "protection"
HOSTS = HostList(["app.shop.test", "app.shop.test:8446", "app.shop.test:8447", "app.shop.test:8448", "backend"])

NOBODY_CAN_TELL = {
    ("swtarget-evil-ip4-rebuild-form", "chromium"),
    ("swtarget-evil-ip4-rebuild-form", "firefox"),
    ("swtarget-evil-ip4-rebuild-form", "webkit"),
    ("swtargetredir-ip4-local8000-form", "firefox"),
}
"""A service worker of the target sends the foreign form anew: the request is the target's own in every header."""


def scenarios() -> Iterator[dict[str, Any]]:
    for line in (DATA / "requests.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def crossing(request: dict[str, Any], *, behind_trusted_proxy: bool = False) -> Crossing:
    forwarded = request.get("x_forwarded_host") if behind_trusted_proxy else None
    return Crossing(
        request["method"],
        forwarded or request.get("host", ""),
        secure=request["scheme"] == "https",
        websocket=request.get("upgrade", "").lower() == "websocket",
        origins=(request["origin"],) if "origin" in request else (),
        site=request.get("sec_fetch_site"),
        mode=request.get("sec_fetch_mode"),
        destination=request.get("sec_fetch_dest"),
    )


def writes() -> Iterator[tuple[dict[str, Any], str, Crossing]]:
    """Every write that arrived where CORS was closed: the scenario, the engine, what the request said."""
    for scenario in scenarios():
        if scenario["cors"] == "open" or scenario["relation"] == "typed":
            continue
        for engine, requests in scenario["engines"].items():
            for request in requests:
                found = crossing(request, behind_trusted_proxy=scenario["group"] == "reverse-proxy")
                if request["step"] == "w" and found.writes:
                    yield scenario, engine, found


def is_foreign(scenario: dict[str, Any]) -> bool:
    rebound = scenario["group"] == "rebinding" or scenario["id"].startswith("gesture-rebind")
    return rebound or str(scenario["relation"]) != "same-origin"


def test_no_foreign_write_of_a_real_browser_passes_but_those_that_look_like_the_targets_own() -> None:
    foreign = [(scenario, engine, found) for scenario, engine, found in writes() if is_foreign(scenario)]
    passed = {(scenario["id"], engine) for scenario, engine, found in foreign if judge(found, HOSTS) is None}
    assert len(foreign) > 800
    assert passed == NOBODY_CAN_TELL


def test_no_foreign_websocket_of_a_real_browser_passes() -> None:
    handshakes = [found for scenario, _, found in writes() if is_foreign(scenario) and found.websocket]
    assert len(handshakes) > 70
    assert [found for found in handshakes if judge(found, HOSTS) is None] == []


def test_an_own_write_is_refused_only_after_a_foreign_redirect_or_as_null_over_plain_http() -> None:
    own = [(scenario, found) for scenario, _, found in writes() if not is_foreign(scenario)]
    refused = [(scenario, found) for scenario, found in own if judge(found, HOSTS) is not None]
    assert len(own) > 200
    undecidable = [
        (scenario, found)
        for scenario, found in refused
        if scenario["group"] == "redirect" or (found.origin == "null" and found.site is None and not found.secure)
    ]
    assert refused == undecidable


def own_authority(found: Crossing) -> bool:
    return (found.origin or "").partition("://")[2] == (found.authority or "").lower()


KNOWN_RULES: dict[str, Callable[[Crossing], bool]] = {
    "Go's CrossOriginProtection": lambda found: (
        found.method in ("GET", "HEAD", "OPTIONS")
        or found.site in ("same-origin", "none")
        or (found.site is None and (found.origin is None or own_authority(found)))
    ),
    "Origin equals Host, or no Origin": lambda found: found.origin is None or own_authority(found),
    "Origin equals Host, required": own_authority,
    "Sec-Fetch-Site same-origin or none, required": lambda found: found.site in ("same-origin", "none"),
    "refuse only Sec-Fetch-Site: cross-site": lambda found: found.site != "cross-site",
    "null allowed": lambda found: found.origin in (None, "null") or own_authority(found),
    "Go's rule, a list of hosts, Origin for WebSockets too": lambda found: (
        HOSTS.admits(found.authority or "")
        and (found.site in ("same-origin", "none") or own_authority(found) or (found.site is None and found.origin is None))
    ),
}


@pytest.mark.parametrize("name", KNOWN_RULES)
def test_the_rule_lets_fewer_foreign_writes_pass_than_any_known_one_or_as_few_and_refuses_fewer_own_ones(name: str) -> None:
    passes = KNOWN_RULES[name]
    theirs = ours = theirs_refused = ours_refused = 0
    for scenario, _, found in writes():
        ok = judge(found, HOSTS) is None
        if is_foreign(scenario):
            theirs, ours = theirs + passes(found), ours + ok
        else:
            theirs_refused, ours_refused = theirs_refused + (not passes(found)), ours_refused + (not ok)
    assert ours < theirs
    # Who takes null from everybody refuses nobody, and keeps nobody out.
    assert ours_refused <= theirs_refused or theirs > 10 * ours


def test_no_client_that_is_no_browser_is_refused() -> None:
    lines = (DATA / "clients.jsonl").read_text(encoding="utf-8").splitlines()
    ran = [client for client in map(json.loads, lines) if "origin" in client]
    assert len(ran) > 20
    for client in ran:
        sent = {name.lower(): value for name, value in (client["sec_fetch"] or {}).items()}
        found = Crossing("POST", "127.0.0.1:8000", origins=(), site=sent.get("sec-fetch-site"), mode=sent.get("sec-fetch-mode"))
        assert judge(found, HostList()) is None


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_safe_methods_pass_from_everywhere(method: str) -> None:
    assert judge(Crossing(method, "a.example", origins=("https://evil.example",), site="cross-site"), HostList()) is None


def test_a_trusted_origin_passes() -> None:
    foreign = Crossing(
        "POST", "api.example", origins=("https://app.example",), site="cross-site", mode="cors", destination="empty"
    )
    assert judge(foreign, HostList()) is ForeignReason.FOREIGN_ORIGIN
    assert judge(foreign, HostList(), trusted=True) is None


def test_a_rebound_name_is_refused_for_reading_and_trusted_origins_too() -> None:
    rebound = Crossing("GET", "evil.example:8000", origins=("http://evil.example:8000",))
    assert judge(rebound, HostList(["api.example"]), trusted=True) is ForeignReason.HOST_NOT_ALLOWED


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "localhost.:8000", "app.localhost", "[::1]:8000", "192.168.1.7", "nas.local"]
)
def test_names_that_nobody_can_rebind_pass_any_list(host: str) -> None:
    assert HostList(["api.example"]).admits(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "api.example.evil.example", "notapi.example", "localhost.evil.example", "", "1.2.3.4.evil.example"]
)
def test_other_names_are_not_on_the_list(host: str) -> None:
    assert not HostList(["api.example", "*.apps.example"]).admits(host)


def test_names_below_a_listed_domain_are_on_the_list() -> None:
    assert HostList(["*.apps.example"]).admits("one.apps.example:8443")
    assert not HostList(["*.apps.example"]).admits("apps.example")


@pytest.mark.parametrize(
    "text", ["https://api.example", "api.example/path", "", "*", "a b", "user@host", "host:port", "*.*.example"]
)
def test_what_is_no_host_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a host; write a name such as"):
        HostList([text])


def test_two_origins_in_one_request_are_refused() -> None:
    twice = Crossing("POST", "a.example", origins=("https://a.example", "https://evil.example"), site="same-origin")
    assert judge(twice, HostList()) is ForeignReason.AMBIGUOUS_ORIGIN


def test_an_http_page_is_foreign_to_its_https_twin() -> None:
    twin = Crossing("POST", "a.example", secure=True, origins=("http://a.example",))
    assert judge(twin, HostList(["a.example"])) is ForeignReason.FOREIGN_ORIGIN


@pytest.mark.parametrize("origin", ["capacitor://localhost", "tauri://localhost", "chrome-extension://localhost"])
def test_a_webview_or_an_extension_is_not_the_targets_own_page_though_its_host_is(origin: str) -> None:
    app = Crossing("POST", "localhost", origins=(origin,))
    assert judge(app, HostList()) is ForeignReason.FOREIGN_ORIGIN
    assert judge(app, HostList(), trusted=True) is None


@pytest.mark.parametrize(
    ("origin", "authority"),
    [("http://nas.lan", "nas.lan:80"), ("https://a.example", "a.example:443"), ("http://[::1]", "[::1]:80")],
)
def test_a_default_port_that_a_proxy_writes_out_changes_nothing(origin: str, authority: str) -> None:
    assert judge(Crossing("POST", authority, origins=(origin,)), HostList()) is None
    assert judge(Crossing("POST", "backend:9", origins=(origin,)), HostList([authority, "backend"])) is None
    other = "http" if origin.startswith("https") else "https"
    swapped = f"{other}://{origin.partition('://')[2]}"
    assert judge(Crossing("POST", authority, origins=(swapped,)), HostList()) is ForeignReason.FOREIGN_ORIGIN


def test_a_list_with_the_own_origin_does_not_let_its_sandboxed_frames_write() -> None:
    """WebKit: a beacon of a sandboxed frame has the `Origin` of the page around it."""
    origin = ("https://a.example",)
    beacon = Crossing("POST", "a.example", True, False, origin, "cross-site", "no-cors", "empty")
    assert judge(beacon, HostList(), trusted=True) is ForeignReason.CONTRADICTED_ORIGIN
    blank = Crossing("POST", "a.example", True, False, origin, "cross-site", "navigate", "document")
    assert judge(blank, HostList(), trusted=True) is None
    behind_a_proxy = Crossing("POST", "backend", False, False, origin, "cross-site", "cors", "empty")
    assert judge(behind_a_proxy, HostList(), trusted=True) is None


def test_null_is_not_trusted_whatever_the_policy_says() -> None:
    assert judge(Crossing("POST", "a.example", origins=("null",)), HostList(), trusted=True) is ForeignReason.OPAQUE_ORIGIN


def test_an_origin_that_is_cut_for_its_length_equals_nothing() -> None:
    host = "a" * 293
    assert judge(Crossing("POST", host, origins=(f"https://{host}",)), HostList()) is ForeignReason.FOREIGN_ORIGIN


origins = st.sampled_from(
    ["https://a.example", "http://a.example", "null", "https://evil.example", "http://localhost:8000", "", "x" * 400]
)
crossings = st.builds(
    Crossing,
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "QUERY"]),
    st.sampled_from(["a.example", "evil.example", "localhost:8000", "b.example:8443", "", "A.EXAMPLE"]),
    secure=st.booleans(),
    websocket=st.booleans(),
    origins=st.lists(origins, max_size=2).map(tuple),
    site=st.sampled_from([None, "same-origin", "same-site", "cross-site", "none", "nonsense"]),
    mode=st.sampled_from([None, "navigate", "cors", "no-cors", "websocket"]),
    destination=st.sampled_from([None, "document", "iframe", "empty"]),
)


@given(crossings, st.booleans())
def test_more_hosts_never_let_a_foreign_origin_write(found: Crossing, trusted: bool) -> None:
    listed = HostList(["a.example", "localhost:8000"])
    if judge(found, listed, trusted=trusted) is None and found.writes and not trusted:
        own = {"https://a.example", "http://a.example", "http://localhost:8000"}
        assert found.site in ("same-origin", "none") or set(found.origins) <= own


@given(crossings)
def test_trust_only_ever_lets_more_pass(found: Crossing) -> None:
    listed = HostList(["a.example"])
    if judge(found, listed) is None:
        assert judge(found, listed, trusted=True) is None
