"""The table of `docs/reference/drop-in.md`: every difference to the Starlette that is installed is in it, and nothing else is."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import starlette
from starlette.middleware.cors import CORSMiddleware as StarletteCORSMiddleware

from corsense.middleware import CORSMiddleware
from corsense.policy import Policy, PolicyError
from tests.middleware.asking import Answer, answering, ask, get, preflight
from tests.middleware.drop_in_cases import ASGI_CORS, CASES, FASTAPI, ORG, STARLETTE, AsgiCors, Case, Request

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "drop-in.md"
ROW = re.compile(r"^\| `(?P<name>[a-z-]+)` \|", re.M)
Facts = Mapping[str, object]

# Facts of the releases that are locked; older ones differ in `Vary` and in the list of methods.
pytestmark = pytest.mark.skipif(
    tuple(map(int, starlette.__version__.split(".")[:2])) < (1, 10), reason="the table is about a newer Starlette"
)

REFUSED = {
    "wildcard-with-credentials": "star-with-credentials",
    "regex-too-broad": "broad-regex",
    "regex-not-linear": "look-around",
    "no-origins": "nobody-allowed",
    "origins-not-a-list": "impossible-settings",
    "origin-trailing-slash": "impossible-settings",
    "glob-in-origins": "impossible-settings",
    "flag-not-a-bool": "impossible-settings",
    "null-origin": "null-listed",
    "insecure-origin-with-credentials": "http-with-credentials",
}
"""The row of the table for settings that are refused, by the cause."""


def facts(answer: Answer) -> dict[str, object]:
    """What is compared of an answer: status, text, the CORS headers, and the names in `Vary`."""
    vary = [name.strip() for line, value in answer.lines if line.lower() == "vary" for name in value.split(",")]
    headers = {name: value for name, value in answer.lines if name.lower().startswith("access-control-")}
    return {
        "status": answer.status,
        "body": answer.body,
        "vary": sorted(vary),
        **{name.lower(): value for name, value in headers.items()},
    }


def asked(layer: Any, request: Request) -> dict[str, object]:
    lines = [] if request.origin is None else [("origin", request.origin)]
    lines += [("cookie", "a=b")] if request.cookie else []
    if request.preflight is not None:
        lines.append(("access-control-request-method", request.preflight))
    if request.headers is not None:
        lines.append(("access-control-request-headers", request.headers))
    if request.private_network:
        lines.append(("access-control-request-private-network", "true"))
    sent = [(name.encode(), value.encode()) for name, value in lines]
    method = "OPTIONS" if request.preflight is not None else request.method
    return facts(
        ask(
            layer(answering(*((name.lower().encode(), value.encode()) for name, value in request.app))), "/", *sent, method=method
        )
    )


def names(value: object) -> set[str]:
    return {name.strip().lower() for name in str(value).split(",")}


def rows_of(case: Case, request: Request, theirs: Facts, ours: Facts) -> Iterator[str]:
    """The rows of the table that the differences between two answers are in; `?` for one that is in none."""
    is_preflight, star = request.preflight is not None, "*" in case.settings.get("allow_origins", ())
    if ours["status"] != theirs["status"]:
        yield from _status(case, request, theirs, ours)
    for name in sorted(theirs.keys() | ours.keys()):
        mine, other = ours.get(name), theirs.get(name)
        if (
            mine == other
            or name in ("status", "body")
            or (ours["status"] != theirs["status"] and name.startswith("access-control-"))
        ):
            continue
        if name == "vary":
            yield from _vary(request, star, set(other or ()), set(mine or ()), list(other or ()))  # type: ignore[call-overload]
        elif is_preflight and ours["status"] == 400:
            yield "refused-preflight" if mine is None else "?"
        elif name == "access-control-allow-headers" and "*" in case.settings.get("allow_headers", ()):
            yield "star-of-headers" if mine in ("*", "*, authorization") or mine is None or names(mine) == names(other) else "?"
        elif name == "access-control-allow-headers":
            idle = {"origin"} & names(other)
            if idle:
                yield "names-without-effect"
            yield "header-names" if names(mine) == names(other) - idle else "?"
        elif name == "access-control-allow-methods":
            if names(other) - names(mine) == {"trace"}:
                yield "names-without-effect"
            yield "methods-listed" if mine == "*" or {"get", "head", "post"} <= names(mine) else "?"
        elif name in ("access-control-allow-origin", "access-control-expose-headers") and star and request.origin is None:
            yield "star-for-everybody"
        elif name == "access-control-max-age":
            yield "max-age-cut" if (mine, other) == ("86400", str(case.settings["max_age"])) else "?"
        elif mine is None and ours.get("access-control-allow-origin") is None:
            yield "by-hand" if request.app else "refused-origin"
        else:
            yield "?"
    if ours["status"] == theirs["status"] and ours["body"] != theirs["body"]:
        yield "refusal-text" if str(theirs["body"]).startswith(f"{ours['body']}, ") else "?"


def _status(case: Case, request: Request, theirs: Facts, ours: Facts) -> Iterator[str]:
    if (
        ours["status"] == 200
        and request.preflight in ("GET", "HEAD", "POST")
        and request.preflight not in case.settings.get("allow_methods", ("GET",))
    ):
        yield "safelisted-methods"
    elif ours["status"] == 200 and case.settings.get("allow_methods") == ["*"]:
        yield "every-method"
    elif ours["status"] == 400 and len(request.headers or "") > 8000:
        yield "long-lists"
    else:
        yield "?"


def _vary(request: Request, star: bool, theirs: set[str], ours: set[str], their_list: list[str]) -> Iterator[str]:
    if request.preflight is not None:
        yield "preflight-vary" if theirs - ours == {"Access-Control-Request-Private-Network"} and ours < theirs else "?"
    elif request.method == "OPTIONS":
        yield "options-vary" if theirs <= ours else "?"
    elif star:
        yield "star-for-everybody" if theirs - ours == {"Origin"} else "?"
    elif theirs == ours:
        yield "vary-once" if len(their_list) > len(theirs) else "?"
    else:
        yield "?"


def differences(case: Case) -> Iterator[tuple[str, object]]:
    """The rows that a case demonstrates, with what differed."""

    def ours(app: Any) -> Any:
        return CORSMiddleware(app, **case.settings)

    try:
        with warnings.catch_warnings(record=True) as message_text:
            warnings.simplefilter("always")
            ours(None)
    except PolicyError as refused:
        for fault in refused.faults:
            yield REFUSED.get(fault.slug, "?"), fault
        return
    for warning in message_text:
        text = str(warning.message)
        known = {"'*' in allow_origins": "star-beside-others", "max_age=": "max-age-cut", "over http": "development-list"}
        yield next((row for words, row in known.items() if words in text), "names-without-effect"), text
    for request in case.requests:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mine = asked(ours, request)
        theirs = asked(lambda app: StarletteCORSMiddleware(app, **case.settings), request)
        for row in rows_of(case, request, theirs, mine):
            yield row, (request, theirs, mine)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_difference_is_in_the_table(case: Case) -> None:
    rows = set(ROW.findall(PAGE.read_text()))
    for row, differing in differences(case):
        assert row in rows, differing


def test_every_row_of_the_table_is_a_difference_of_today() -> None:
    shown = {row for case in CASES for row, _ in differences(case)}
    assert sorted(ROW.findall(PAGE.read_text())) == sorted(shown)


def test_there_is_a_case_for_every_test_of_starlettes_and_fastapis() -> None:
    assert (len(STARLETTE), len(FASTAPI)) == (12, 1)
    assert all(case.requests for case in CASES)


@pytest.mark.parametrize("case", FASTAPI, ids=lambda case: case.name)
def test_fastapis_tutorial_lets_in_whom_it_lists_and_no_one_else(case: Case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for request in case.requests:
            found = asked(lambda app: CORSMiddleware(app, **case.settings), request)
            listed = request.origin if request.origin in case.settings["allow_origins"] else None
            assert found.get("access-control-allow-origin") == listed
            if request.preflight is not None:
                assert (found["status"], found["body"]) == ((200, "OK") if listed else (400, "Disallowed CORS origin"))
                if listed:
                    assert names(found["access-control-allow-headers"]) == {"x-example"}


@pytest.mark.parametrize("fact", ASGI_CORS, ids=lambda fact: f"{fact.arguments} {fact.origin}")
def test_what_asgi_cors_lets_in_a_policy_of_the_same_meaning_lets_in(fact: AsgiCors) -> None:
    if fact.refused is not None:
        with pytest.raises(PolicyError, match=fact.refused):
            Policy(**fact.policy)
        return
    layer = CORSMiddleware(answering((b"access-control-allow-origin", b"*")), policy=Policy(**fact.policy))
    assert get(layer, fact.origin)["access-control-allow-origin"] == fact.allowed


@pytest.mark.parametrize(
    ("keywords", "header", "value"),
    [
        (
            {"request_headers": ["x-custom-header", "Authorization"]},
            "access-control-allow-headers",
            "authorization, x-custom-header",
        ),
        ({"methods": ["GET", "PUT"]}, "access-control-allow-methods", "GET, HEAD, POST, PUT"),
        ({"max_age": 3200}, "access-control-max-age", "3200"),
    ],
)
def test_what_asgi_cors_puts_on_every_answer_is_on_preflights_only(keywords: Any, header: str, value: str) -> None:
    layer = CORSMiddleware(answering(), policy=Policy(origins=[ORG], **keywords))
    assert get(layer, ORG)[header] is None
    assert preflight(layer, ORG, "GET")[header] == value
