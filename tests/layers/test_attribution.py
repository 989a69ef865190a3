"""Who answered and who set each header, by the app's answer and the one that was seen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.fetch import WireResponse
from corsense.layers import Attribution, attribute
from tests.growth import processor_time_ratio

RECORDED = Path(__file__).parents[1] / "data" / "layers" / "answers.jsonl.gz"
ANSWERS: list[dict[str, Any]] = [json.loads(line) for line in gzip.decompress(RECORDED.read_bytes()).decode().splitlines()]
ORIGIN = "https://app.example.com"
SET = "access-control-allow-origin"


def wire(status: int, headers: list[list[str]]) -> WireResponse:
    return WireResponse(status, tuple((name, value) for name, value in headers))


def of(row: dict[str, Any]) -> Attribution:
    app, app_body = (wire(*row["app"][:2]), row["app"][2].encode()) if row["app"] is not None else (None, b"")
    return attribute(app, wire(row["status"], row["headers"]), body=row["body"].encode(), app_body=app_body)


def share(right: Callable[[dict[str, Any], Attribution], tuple[int, int]]) -> float:
    """How many of the recorded probes are right, weighted by how often each answer was seen."""
    counted = [(row["times"], *right(row, of(row))) for row in ANSWERS]
    judged: int = sum(times * number for times, _, number in counted)
    return float(sum(times * good for times, good, _ in counted)) / judged


def test_of_every_recorded_probe_it_is_known_who_answered() -> None:
    assert sum(row["times"] for row in ANSWERS) == 7_360
    wrong = [(row["stack"], row["probe"]) for row in ANSWERS if of(row).answered_by != row["answered_by"]]
    assert wrong == []


def test_of_nearly_every_recorded_header_it_is_known_who_set_it() -> None:
    def right(row: dict[str, Any], found: Attribution) -> tuple[int, int]:
        judged = [name for name in row["headers_by"] if name not in row["equal"]]
        return sum(found.headers.get(name) == row["headers_by"][name] for name in judged), len(judged)

    # The rest: Apache's `setifempty` beside a policy of its own, and what a cache dropped before the app was asked.
    assert share(right) > 0.997


def test_most_headers_that_the_front_replaced_by_an_equal_value_are_recognised() -> None:
    def right(row: dict[str, Any], found: Attribution) -> tuple[int, int]:
        return sum(found.headers.get(name) == "replaced" for name in row["equal"]), len(row["equal"])

    assert share(right) > 0.80


def test_all_recorded_headers_together() -> None:
    def right(row: dict[str, Any], found: Attribution) -> tuple[int, int]:
        return sum(found.headers.get(name) == set_by for name, set_by in row["headers_by"].items()), len(row["headers_by"])

    assert share(right) > 0.99


def test_no_header_is_reported_that_neither_answer_has() -> None:
    for row in ANSWERS:
        assert set(of(row).headers) <= set(row["headers_by"]), row["stack"]


def test_the_layer_is_the_one_that_was_there_or_unknown() -> None:
    assert {(row["proxy"], found.layer) for row in ANSWERS if (found := of(row)).layer not in (None, row["proxy"])} == set()


APP = {"content-type": "application/json", SET: ORIGIN, "vary": "Origin"}


def app(status: int = 200, /, **changed: str | None) -> WireResponse:
    lines = {**APP, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return WireResponse(status, [(name, value) for name, value in lines.items() if value is not None])


def seen(*lines: tuple[str, str], status: int = 200, server: str = "uvicorn") -> WireResponse:
    return WireResponse(status, [("server", server), ("date", "now"), *lines])


JSON = ("content-type", "application/json")


@pytest.mark.parametrize(
    ("lines", "set_by"),
    [
        ([(SET, ORIGIN)], "app"),
        ([(SET, f"  {ORIGIN}\t")], "app"),
        ([], "dropped"),
        ([(SET, "*")], "replaced"),
        ([(SET, "")], "replaced"),
        ([(SET, ORIGIN), (SET, "*")], "both"),
        ([(SET, "*"), (SET, ORIGIN)], "both"),
        ([(SET, ORIGIN), ("Access-Control-Allow-Origin", ORIGIN)], "both"),
        ([(SET, f"{ORIGIN},{ORIGIN}")], "both"),
        ([(SET, f"{ORIGIN}, https://other.example")], "both"),
    ],
)
def test_an_origin_is_the_apps_doubled_replaced_or_dropped(lines: list[tuple[str, str]], set_by: str) -> None:
    found = attribute(app(), seen(JSON, *lines, ("vary", "Origin")))
    assert (found.answered_by, found.headers[SET], found.headers["vary"]) == ("app", set_by, "app")


@pytest.mark.parametrize("spelt", [str.title, str.upper, str.lower])
def test_names_are_the_same_in_any_case(spelt: Callable[[str], str]) -> None:
    lines = [(spelt(name), value) for name, value in [*app().headers, ("server", "nginx")]]
    assert set(attribute(app(), WireResponse(200, lines)).headers.values()) == {"app"}


@pytest.mark.parametrize(
    ("lines", "set_by"),
    [
        (["Origin"], "app"),
        (["origin"], "app"),
        (["Origin, Origin"], "both"),
        (["Origin", "Origin"], "both"),
        (["Accept-Encoding", "Origin"], "both"),
        (["Origin,Accept-Encoding"], "both"),
        (["Accept-Encoding"], "replaced"),
        ([], "dropped"),
    ],
)
def test_vary_may_be_merged_from_both(lines: list[str], set_by: str) -> None:
    found = attribute(app(), seen(JSON, (SET, ORIGIN), *(("vary", line) for line in lines)))
    assert found.headers["vary"] == set_by


@pytest.mark.parametrize(
    ("lines", "set_by"),
    [
        (["GET, POST"], "app"),
        (["GET,POST"], "app"),
        (["GET", "POST"], "app"),
        (["GET, POST,GET, DELETE"], "replaced"),
        (["GET, POST", "DELETE"], "both"),
        (["GET, POST, DELETE"], "replaced"),
        (["get, post"], "replaced"),
        (["POST"], "replaced"),
    ],
)
def test_a_longer_list_on_one_line_is_the_fronts_own(lines: list[str], set_by: str) -> None:
    name = "access-control-allow-methods"
    found = attribute(app(access_control_allow_methods="GET, POST"), seen(JSON, *((name, line) for line in lines), (SET, ORIGIN)))
    assert found.headers[name] == set_by


def test_what_the_app_does_not_set_is_the_fronts_also_where_it_is_empty() -> None:
    found = attribute(WireResponse(200, [JSON]), seen(JSON, (SET, ""), ("Vary", "Origin")))
    assert dict(found.headers) == {SET: "front", "vary": "front"}


@pytest.mark.parametrize("status", [304, 206])
def test_an_answer_about_a_stored_copy_or_a_part_is_the_apps(status: int) -> None:
    found = attribute(app(), seen(JSON, (SET, ORIGIN), ("vary", "Origin"), status=status))
    assert (found.answered_by, set(found.headers.values())) == ("app", {"app"})


@pytest.mark.parametrize(
    ("location", "answered_by"),
    [
        ("http://testserver/items/", "app"),
        ("https://api.example.com/items/", "app"),
        ("https://api.example.com/v1/items/", "app"),
        ("/items/?page=2", "app"),
        ("https://api.example.com/login", "front"),
        ("https://login.example.com/", "front"),
        ("http://[", "front"),
    ],
)
def test_a_redirect_is_the_apps_whatever_host_and_prefix_a_proxy_writes(location: str, answered_by: str) -> None:
    own = WireResponse(307, [("location", "http://127.0.0.1:8000/items/")])
    assert attribute(own, seen(("location", location), status=307)).answered_by == answered_by


def test_a_compressed_answer_and_one_in_chunks_are_the_apps() -> None:
    own = app(content_length="8000")
    coded = seen(JSON, ("content-encoding", "gzip"), ("transfer-encoding", "chunked"), (SET, ORIGIN), ("vary", "Origin"))
    assert attribute(own, coded, body=b"\x1f\x8b\x08", app_body=b'{"a":1}').answered_by == "app"


def test_the_answer_to_head_is_the_apps_without_a_body() -> None:
    own = app(404, content_length="22")
    assert attribute(own, seen(JSON, (SET, ORIGIN), ("vary", "Origin"), status=404), app_body=b"").answered_by == "app"


def test_a_handshake_that_is_accepted_is_the_apps() -> None:
    found = attribute(WireResponse(101, []), WireResponse(101, [("Upgrade", "websocket"), ("Server", "nginx/1.27")]))
    assert (found.answered_by, found.layer) == ("app", "nginx")


def test_an_error_page_in_place_of_the_apps_answer_is_the_fronts() -> None:
    own = WireResponse(500, [("content-type", "text/plain; charset=utf-8")])
    page = seen(("Content-Type", "text/html"), (SET, "*"), status=500, server="nginx/1.27")
    assert dict(attribute(own, page, body=b"<h1>Sorry</h1>").headers) == {SET: "front"}
    found = attribute(app(404), seen(("content-type", "text/html"), status=404), body=b"<h1>Sorry</h1>")
    assert (found.answered_by, set(found.headers.values())) == ("front", {"dropped"})


def test_another_body_of_the_same_kind_is_the_fronts_where_all_the_apps_headers_are_gone() -> None:
    own, body = app(404, content_length="22"), b'{"detail":"Not Found"}'
    login = seen(JSON, ("content-length", "24"), status=404)
    assert attribute(own, login, body=b'{"detail":"login first"}', app_body=body).answered_by == "front"
    kept = seen(JSON, ("content-length", "24"), ("vary", "Origin"), status=404)
    assert attribute(own, kept, body=b'{"detail":"login first"}', app_body=body).answered_by == "app"
    assert attribute(own, seen(JSON, ("content-length", "24"), status=404), body=body, app_body=body).answered_by == "app"


def test_a_preflight_that_the_front_answers_as_the_app_would_is_the_fronts_where_its_spelling_shows() -> None:
    own = WireResponse(204, [(SET, ORIGIN), ("access-control-allow-methods", "GET, PUT"), ("vary", "Origin")])
    title = [(name.title(), value) for name, value in own.headers]
    assert attribute(own, seen(*title, status=204, server="nginx/1.27")).answered_by == "front"
    assert attribute(own, seen(*own.headers, status=204, server="nginx/1.27")).answered_by == "app"


def test_without_an_answer_of_the_app_all_is_the_fronts() -> None:
    found = attribute(None, seen((SET, "*"), ("content-type", "text/html"), status=503, server="nginx"), body=b"<h1>Sorry</h1>")
    assert (found.answered_by, dict(found.headers), found.layer) == ("front", {SET: "front"}, "nginx")
    assert attribute(None, WireResponse(204, [("Server", "nginx")])).answered_by == "front"


@pytest.mark.parametrize(
    "mark",
    [("age", "5"), ("x-varnish", "12 5"), ("x-cache", "HIT from edge"), ("cf-cache-status", "HIT"), ("cache-status", "e; hit")],
)
def test_a_stored_answer_is_the_apps_and_known_as_stored(mark: tuple[str, str]) -> None:
    lines = [JSON, ("cache-control", "max-age=60"), (SET, "https://other.example"), ("vary", "Origin"), mark]
    found = attribute(None, WireResponse(200, [("server", "nginx"), *lines]), body=b'{"a": 1}')
    assert (found.answered_by, found.stored, dict(found.headers)) == ("app", True, {SET: "app", "vary": "app"})
    assert attribute(app(), seen(JSON, *lines)).stored


def test_what_was_added_to_a_stored_answer_on_its_way_out_is_the_fronts() -> None:
    lines = [JSON, ("age", "3"), ("x-varnish", "32 4"), ("Access-Control-Allow-Origin", ORIGIN)]
    assert attribute(None, seen(*lines), body=b"{}").headers[SET] == "front"


def test_an_equal_value_that_the_front_wrote_anew_shows_by_spelling_or_place() -> None:
    own = WireResponse(200, [("content-length", "2"), JSON, (SET, ORIGIN), ("vary", "Origin")])
    server = [("Server", "nginx/1.27"), ("Date", "now"), ("Content-Type", "application/json"), ("Content-Length", "2")]
    hidden = WireResponse(200, [*server, ("vary", "Origin"), ("Access-Control-Allow-Origin", ORIGIN)])
    assert dict(attribute(own, hidden).headers) == {SET: "replaced", "vary": "app"}
    behind = seen(JSON, ("vary", "Origin"), ("x-envoy-upstream-service-time", "1"), (SET, ORIGIN), server="envoy")
    assert dict(attribute(own, behind).headers) == {SET: "replaced", "vary": "app"}
    sorted_names = sorted((name.title(), value) for name, value in [*own.headers, ("server", "uvicorn"), ("date", "now")])
    assert set(attribute(own, WireResponse(200, sorted_names)).headers.values()) == {"app"}


def test_an_equal_value_beside_a_policy_of_the_front_is_likely_its_own_and_undecided() -> None:
    methods = ("access-control-allow-methods", "GET")
    found = attribute(app(), seen(JSON, (SET, ORIGIN), ("vary", "Origin"), methods))
    assert (found.headers[SET], found.headers["vary"]) == ("replaced", "app")
    assert found.undecided == (SET,)
    assert attribute(app(), seen(JSON, (SET, ORIGIN), ("vary", "Origin"))).undecided == ()


NAMES = st.sampled_from([SET, "Vary", "VARY", "access-control-allow-methods", "content-type", "server", "age", "location", "x-a"])
LINES = st.lists(st.tuples(NAMES, st.text(max_size=30)), max_size=8)
WIRE = st.builds(WireResponse, st.sampled_from([101, 200, 204, 301, 304, 401, 404, 500, 502]), LINES)


@given(st.none() | WIRE, WIRE, st.binary(max_size=60), st.binary(max_size=60))
def test_any_two_answers_have_an_attribution_with_each_of_their_headers(
    own: WireResponse | None, got: WireResponse, body: bytes, app_body: bytes
) -> None:
    found = attribute(own, got, body=body, app_body=app_body)
    wanted = {
        name.lower()
        for answer in (own, got)
        if answer is not None
        for name, _ in answer.headers
        if name.lower() == "vary" or name.lower().startswith("access-control-")
    }
    assert set(found.headers) == wanted
    assert set(found.undecided) <= wanted
    gone = {name for name in wanted if not got.lines(name)}
    assert {name for name, set_by in found.headers.items() if set_by == "dropped"} == gone


@given(WIRE)
def test_an_answer_beside_itself_is_the_apps(answer: WireResponse) -> None:
    found = attribute(answer, answer)
    if found.answered_by == "app":
        assert set(found.headers.values()) <= {"app"}


def test_a_long_answer_takes_time_in_proportion() -> None:
    def answer(size: int) -> WireResponse:
        return WireResponse(200, [JSON, *((f"x-{number}", "a") for number in range(size)), ("vary", ", ".join("abc" * size))])

    small, large = answer(500), answer(4_000)
    assert processor_time_ratio(lambda: attribute(small, small), lambda: attribute(large, large), 24) < 24


def test_a_header_that_the_proxy_hides_does_not_make_the_answer_its_own() -> None:
    own = app(access_control_allow_credentials="true", x_powered_by="an app")
    found = attribute(own, seen(JSON, (SET, ORIGIN), ("vary", "Origin"), server="nginx/1.27"))
    assert (found.answered_by, found.headers["access-control-allow-credentials"]) == ("app", "dropped")


def test_vary_that_the_front_adds_once_more_is_of_both() -> None:
    own = WireResponse(200, [JSON, (SET, ORIGIN), ("vary", "Origin")])
    twice = [("Server", "nginx"), ("Content-Type", "application/json"), (SET, ORIGIN), ("vary", "Origin"), ("Vary", "Origin")]
    assert dict(attribute(own, WireResponse(200, twice)).headers) == {SET: "app", "vary": "both"}


def test_an_empty_answer_with_a_line_of_the_app_is_the_apps_whatever_the_front_adds() -> None:
    own = WireResponse(200, [("content-length", "0"), ("x-n", "1"), (SET, ORIGIN)])
    lines = [("Server", "nginx"), ("Date", "now"), ("Content-Length", "0"), ("x-n", "1"), (SET, ORIGIN)]
    found = attribute(own, WireResponse(200, [*lines, ("Access-Control-Max-Age", "600")]))
    assert (found.answered_by, dict(found.headers)) == ("app", {SET: "app", "access-control-max-age": "front"})


def test_an_edited_or_compressed_body_without_its_tag_is_the_apps() -> None:
    own = WireResponse(200, [JSON, ("etag", '"a"'), ("content-length", "8000")])
    assert attribute(own, WireResponse(200, [("Server", "nginx"), JSON, ("Transfer-Encoding", "chunked")])).answered_by == "app"


def test_an_error_without_date_and_server_and_any_line_of_the_app_is_haproxys() -> None:
    own = WireResponse(404, [JSON, ("content-length", "22")])
    found = attribute(
        own, WireResponse(404, [("content-length", "7"), JSON]), body=b'{"a":1}', app_body=b'{"detail":"Not Found"}'
    )
    assert (found.answered_by, found.layer) == ("front", "haproxy")


def test_names_that_go_sorts_are_not_moved_by_what_it_writes_last() -> None:
    own = WireResponse(200, [("content-length", "9"), JSON, (SET, ORIGIN), ("vary", "Origin")])
    title = [(name.title(), value) for name, value in own.headers if name != "content-length"]
    lines = [
        *sorted([*title, ("Server", "uvicorn"), ("Date", "now"), ("Content-Encoding", "gzip")]),
        ("Transfer-Encoding", "chunked"),
    ]
    found = attribute(own, WireResponse(200, lines))
    assert (set(found.headers.values()), found.layer) == ({"app"}, "traefik")


def test_a_line_before_those_that_the_app_writes_first_was_written_anew() -> None:
    own = WireResponse(200, [("content-length", "2"), JSON, (SET, ORIGIN), ("vary", "Origin")])
    before = seen((SET, ORIGIN), ("content-length", "2"), JSON, ("vary", "Origin"))
    assert dict(attribute(own, before).headers) == {SET: "replaced", "vary": "app"}


def test_an_answer_that_varnish_asked_for_is_not_stored_whatever_its_age() -> None:
    assert not attribute(app(), seen(JSON, (SET, ORIGIN), ("vary", "Origin"), ("age", "0"), ("x-varnish", "12"))).stored
