"""Paths are reported as routes of the app, or as shapes without any value."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from corsense import Policy
from corsense.replay.replaying import replay
from corsense.replay.shapes import CLASSES, DEEPEST, REST, VALUE, Shapes, Template
from corsense.replay.tally import Policies
from tests.replay.logs import ADMIN, APP, POLICY, Hit, allowed, caddy, judged, preflight, written

TEMPLATES = (
    Template("/users/me", frozenset({"GET"})),
    Template("/users/{user_id:int}", frozenset({"GET"})),
    Template("/users/{name}", frozenset({"GET", "DELETE"})),
    Template("/reports/{name}.csv", frozenset({"GET"})),
    Template("/items/{item:uuid}/price/{amount:float}"),
    Template("/files/{path:path}", frozenset({"GET"})),
    Template("/static", below=True),
)
SHAPES = Shapes.of_app(TEMPLATES)


def route_of(folder: Path, path: str, method: str = "GET") -> str:
    """The route that is reported for a path."""
    result = judged(written(folder, [caddy(allowed(ADMIN, path=path, method=method))]), shapes=SHAPES)
    return result.lost.affected[0].routes[0] if result.lost.affected[0].routes else ""


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/users/me", "/users/me"),
        ("/users/42", "/users/{user_id:int}"),
        ("/users/42?x=/users/me", "/users/{user_id:int}"),
        ("/users/alice", "/users/{name}"),
        ("/users/users", "/users/{name}"),
        ("/reports/q3.csv", "/reports/{name}.csv"),
        ("/reports/q3.pdf", ""),
        ("/items/12345678-1234-4234-8234-123456789abc/price/9.50", "/items/{item:uuid}/price/{amount:float}"),
        ("/items/7/price/9.50", ""),
        ("/files/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "/files/{path:path}"),
        ("/static/app.js", "/static"),
        ("/statics/app.js", ""),
        ("https://api.example.com/users/42", "/users/{user_id:int}"),
        ("*", ""),
    ],
)
def test_a_path_is_reported_as_the_route_that_serves_it(tmp_path: Path, path: str, route: str) -> None:
    assert route_of(tmp_path, path) == route


def test_of_two_routes_with_a_path_the_one_with_the_method_serves_it(tmp_path: Path) -> None:
    assert route_of(tmp_path, "/users/42", "DELETE") == "/users/{name}"


SEGMENTS = st.sampled_from(["users", "me", "42", "4.5", "alice", "reports", "q3.csv", "files", "static", "x", ""])


@settings(deadline=None)
@given(st.lists(SEGMENTS, min_size=1, max_size=4), st.sampled_from(["GET", "DELETE", "POST"]))
def test_the_route_is_the_one_that_starlette_finds(segments: list[str], method: str) -> None:
    async def endpoint(request: Request) -> Response:
        return Response()

    templates = TEMPLATES[:-1]
    app = Starlette(
        routes=[Route(each.path, endpoint, methods=sorted(each.methods or {"GET", "DELETE", "POST"})) for each in templates]
    )
    path = "/" + "/".join(segments)
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    full = [route.path for route in app.routes if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL]
    shapes = Shapes.of_app(templates)
    shape = "/".join(_shaped(segment, shapes) for segment in path.split("/"))
    if full:
        assert shapes.route(shape, method) == full[0]


def _shaped(segment: str, shapes: Shapes) -> str:
    """What an engine makes of a segment."""
    import re

    if segment in ("", *shapes.words):
        return segment
    return next((name for name, pattern, _ in shapes.classes if re.search(pattern, segment)), VALUE)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.text(st.characters(exclude_characters="\n\r?#", exclude_categories=["Cs"]), max_size=12), max_size=20))
def test_a_shape_has_no_word_of_a_path(tmp_path_factory: pytest.TempPathFactory, segments: list[str]) -> None:
    log = written(tmp_path_factory.mktemp("log"), [caddy(allowed(ADMIN, path="/" + "/".join(segments)))])
    for route in judged(log).lost.affected[0].routes:
        shown = route.strip("/").split("/")
        known = {"", VALUE, REST, *(name for name, _, _ in CLASSES), *Shapes().words}
        assert set(shown) <= known
        assert len(shown) <= DEEPEST + 1


def test_a_route_with_a_policy_of_its_own_is_judged_by_it(tmp_path: Path) -> None:
    log = written(tmp_path, [caddy(allowed(ADMIN, path=path)) for path in ("/users/me", "/users/42")])
    policies = Policies(POLICY, {"/users/me": Policy(origins=[ADMIN]), "/users/{name}": None})
    result = replay([log], policies, shapes=SHAPES)
    assert [each.routes for each in result.lost.affected] == [("/users/{user_id:int}",)]


def test_a_preflight_belongs_to_the_route_of_the_method_it_asks_for(tmp_path: Path) -> None:
    hit = preflight("DELETE", origin=APP)
    log = written(tmp_path, [caddy(Hit(hit.origin, hit.method, "/users/42", hit.headers, hit.status, hit.answer))])
    assert judged(log, shapes=SHAPES).lost.affected[0].routes == ("/users/{name}",)
