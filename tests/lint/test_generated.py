"""What the linter says of a program without importing it is what the imported app does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from corsense.lint import lint_text
from tests.lint.marked import HEADER

EVIL = "https://evil.example"
GOOD = {"https://a.example": None, "https://b.example:8443": None}
FAULTY = {
    "https://a.example/": ("origin-trailing-slash", "https://a.example"),
    "https://a.example/x": ("origin-has-path", "https://a.example"),
    "b.example": ("origin-without-scheme", "https://b.example"),
    "https://B.example": ("origin-not-normalised", "https://b.example"),
    "https://b.example:443": ("origin-default-port", "https://b.example"),
    "https://*.b.example": ("glob-in-origins", "https://x.b.example"),
}
SLUGS = {slug for slug, _ in FAULTY.values()}


@dataclass(frozen=True)
class Written:
    """A program, and what its author wrote into it."""

    source: str
    origins: tuple[str, ...]
    outside: tuple[str, ...]


LISTS = {
    "literal": "origins = {items}",
    "tuple": "origins = tuple({items})",
    "name": "PAGES = {items}\norigins = PAGES",
    "class": "class Config:\n    pages = {items}\norigins = Config.pages",
    "function": "def pages(given={items}):\n    return given\norigins = pages()",
    "append": "origins = []\nfor_each = {items}\norigins.extend(for_each)",
    "sum": "origins = {items} + []",
    "default": 'origins = [page.strip() for page in os.getenv("NOT_SET", "{joined}").split(",")]',
    "settings": (
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    not_set_pages: list[str] = {items}\n"
        "origins = Settings().not_set_pages"
    ),
    "branch": 'if os.getenv("NOT_SET", "no") == "yes":\n    origins = ["https://c.example"]\nelse:\n    origins = {items}',
}
FLAGS = {
    "literal": "cookies = {flag}",
    "name": "COOKIES = {flag}\ncookies = COOKIES",
    "not": "cookies = not (not {flag})",
    "expression": "cookies = {flag} if True else {flag}",
}
LAYERS = {
    "added": "app.add_middleware(CORSMiddleware, {arguments})",
    "spread": "options = dict({arguments})\napp.add_middleware(CORSMiddleware, **options)",
    "helper": (
        "def share(target, pages, flag):\n"
        "    target.add_middleware(CORSMiddleware, allow_origins=pages, allow_credentials=flag)\n"
        "share(app, origins, cookies)"
    ),
    "aliased": "from starlette.middleware.cors import CORSMiddleware as Sharing\napp.add_middleware(Sharing, {arguments})",
}
OTHERS = {
    "answers": '@app.middleware("http")\nasync def guard{n}(request, call_next):\n    if "x-key" not in request.headers:\n'
    "        return PlainTextResponse('no', 401)\n    return await call_next(request)",
    "passes": '@app.middleware("http")\nasync def timing{n}(request, call_next):\n    response = await call_next(request)\n'
    "    response.headers['x-time'] = '1'\n    return response",
    "compresses": "from starlette.middleware.gzip import GZipMiddleware\napp.add_middleware(GZipMiddleware)",
}


@st.composite
def programs(draw: st.DrawFn) -> Written:
    """A small app that configures CORS in one of many ways, with other middleware before and after."""
    entries = draw(st.lists(st.sampled_from([*GOOD, *FAULTY, "*"]), min_size=1, max_size=3, unique=True))
    form = draw(st.sampled_from(sorted(LISTS)))
    flag = draw(st.booleans())
    lines = [
        "from starlette.responses import PlainTextResponse",
        LISTS[form].format(items=repr(entries), joined=", ".join(entries)),
        FLAGS[draw(st.sampled_from(sorted(FLAGS)))].format(flag=flag),
    ]
    before = draw(st.lists(st.sampled_from(sorted(OTHERS)), max_size=2))
    outside = draw(st.lists(st.sampled_from(sorted(OTHERS)), max_size=2))
    lines += [OTHERS[kind].format(n=f"_in{number}") for number, kind in enumerate(before)]
    layer = LAYERS[draw(st.sampled_from(sorted(LAYERS)))]
    lines.append(layer.format(arguments="allow_origins=origins, allow_credentials=cookies"))
    lines += [OTHERS[kind].format(n=f"_out{number}") for number, kind in enumerate(outside)]
    lines.append("@app.get('/')\ndef index(): return 1")
    return Written(HEADER + "\n".join(lines) + "\n", tuple(entries), tuple(outside))


def imported(source: str) -> FastAPI:
    namespace: dict[str, Any] = {"__name__": "generated"}
    with mock.patch.dict("os.environ", clear=False):
        exec(compile(source, "main.py", "exec"), namespace)
    app = namespace["app"]
    assert isinstance(app, FastAPI)
    return app


def preflight(client: TestClient, origin: str) -> tuple[int, Mapping[str, str]]:
    answer = client.options("/", headers={"Origin": origin, "Access-Control-Request-Method": "GET"})
    return answer.status_code, answer.headers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_the_static_answer_is_what_the_imported_app_does(written: Written) -> None:
    found = [finding.cause.slug for finding in lint_text(written.source)]
    client = TestClient(imported(written.source))
    status, _ = preflight(client, EVIL)
    assert ("cors-not-outermost" in found) is (status == 401)

    key = {"Origin": EVIL, "Cookie": "session=1", "x-key": "1"}
    answer = client.get("/", headers=key).headers
    lets_in = "access-control-allow-origin" in answer
    with_cookies = answer.get("access-control-allow-origin") == EVIL and "access-control-allow-credentials" in answer
    assert ("wildcard-with-credentials" in found) is with_cookies
    assert bool({"wildcard-with-credentials", "wildcard-origins", "wildcard-default-setting"} & set(found)) is lets_in

    for entry in written.origins if not lets_in else ():
        slug, meant = FAULTY.get(entry, (None, entry))
        answered = client.get("/", headers={"Origin": meant, "x-key": "1"}).headers.get("access-control-allow-origin")
        assert (slug is None or meant in written.origins) is (answered == meant)
        if slug is not None:
            assert slug in found
    expected = {FAULTY[entry][0] for entry in written.origins if entry in FAULTY} if not lets_in else set()
    assert {slug for slug in found if slug in SLUGS} == expected
