"""Source that nobody would write: the linter ends in time proportional to it, and never with an exception of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsense.lint import lint_text
from corsense.lint.program import Unreadable
from tests.growth import bytecodes, processor_time_ratio
from tests.lint.marked import HEADER

ADD = "app.add_middleware(CORSMiddleware, allow_origins=x, allow_credentials=True)\n"
LISTED = 'app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])\n'
GUARD = '@app.middleware("http")\nasync def guard(request, call_next):\n    return Response()\n'

REPEATED: dict[str, Callable[[int], str]] = {
    "a name bound again and again": lambda n: 'x = ["https://a.example"]\n' * n + ADD,
    "a list that grows": lambda n: "x = []\n" + 'x.append("https://a.example")\n' * n + ADD,
    "a sum that grows": lambda n: "x = []\n" + 'x += ["https://a.example"]\n' * n + ADD,
    "names made of names": lambda n: (
        'x0 = ["*"]\n' + "".join(f"x{i + 1} = x{i} + x{i}\n" for i in range(n)) + f"x = x{n}\n" + ADD
    ),
    "branches": lambda n: "x = []\n" + "".join(f"if a{i}:\n    x = x + ['https://{i}.example']\n" for i in range(n)) + ADD,
    "returns": lambda n: (
        "def f(a):\n" + "".join(f"    if a == {i}:\n        return ['{i}']\n" for i in range(n)) + "x = f(1)\n" + ADD
    ),
    "middleware outside": lambda n: LISTED + "app.add_middleware(AuthMiddleware)\n" * n,
    "functions that answer": lambda n: LISTED + GUARD * n,
    "routes": lambda n: LISTED + "".join(f"@app.post('/{i}')\ndef route{i}(): ...\n" for i in range(n)),
    "functions that hand on": lambda n: (
        "".join(f"def f{i}(app, x=['*']):\n    f{i + 1}(app, x)\n" for i in range(n)) + "f0(app)\n"
    ),
    "origins": lambda n: "x = [" + "'https://a.example/'," * n + "]\n" + ADD,
    "one long string": lambda n: f"x = '{'https://a.example,' * n}'\n" + ADD.replace("=x", "=x.split(',')"),
    "apps": lambda n: "".join(f"app{i} = FastAPI()\napp{i}." + LISTED[4:] for i in range(n)),
    "apps that functions make": lambda n: "".join(f"def make{i}():\n    app = FastAPI()\n    {LISTED}" for i in range(n)),
    "apps that one function configures": lambda n: (
        "def add(app):\n    " + LISTED + "".join(f"app{i} = FastAPI()\nadd(app{i})\n" for i in range(n))
    ),
    "callers of one app": lambda n: "def add(app):\n    " + LISTED + "add(app)\n" * n,
    "mounted apps": lambda n: "".join(f"app{i} = FastAPI()\napp.mount('/{i}', app{i})\n" for i in range(n)) + LISTED,
    "empty lines": lambda n: "\n" * 20 * n + LISTED,
}


@pytest.mark.parametrize("form", REPEATED)
def test_the_work_grows_as_the_source_does(form: str) -> None:
    small, large = (HEADER + REPEATED[form](count) for count in (60, 240))
    lint_text(large)  # imports what is imported when first needed
    # Four times as much is four times the work, and sixteen times where it is quadratic.
    assert bytecodes(lambda: lint_text(large)) < 8 * bytecodes(lambda: lint_text(small))


EXPONENTIAL = {
    "a list that doubles": "x = ['https://a.example']\n" + "x = x + x\n" * 60 + ADD,
    "a string that doubles": "x = 'https://a.example'\n" + "x = x + x\n" * 60 + ADD,
    "an f-string that doubles": "x = 'https://a.example'\n" + "x = f'{x}{x}'\n" * 60 + ADD,
    "functions that call the next twice": (
        "".join(f"def f{i}(x):\n    return f{i + 1}(x) + f{i + 1}(x)\n" for i in range(60)) + "x = f0(['*'])\n" + ADD
    ),
    "a function that calls itself twice": "def f(x):\n    return f(x) + f(x)\nx = f(['*'])\n" + ADD,
    "choices": "x = [" + "".join(f"'{i}' if a{i} else 'b{i}'," for i in range(60)) + "]\n" + ADD,
    "an expression that backtracks": "app.add_middleware(CORSMiddleware, allow_origin_regex='" + "(a+)+" * 30 + "b')\n",
}


@pytest.mark.parametrize("form", EXPONENTIAL)
def test_what_would_grow_without_bound_is_left_unknown(form: str) -> None:
    found = lint_text(HEADER + EXPONENTIAL[form])
    assert {finding.cause.slug for finding in found} <= {"regex-not-linear"}


DEEP = {
    "parentheses": "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n" + ADD,
    "a sum": "x = " + "+".join(["y"] * 900) + "\n" + ADD,
    "a longer sum": "x = " + "+".join(["y"] * 20000) + "\n" + ADD,
    "attributes": "app" + ".a" * 900 + ".add_middleware(CORSMiddleware, allow_origins=['*'])\n",
    "calls": "x = a" + ".b()" * 900 + "\n" + ADD,
    "lists": "x = " + "[" * 190 + "]" * 190 + "\n" + ADD,
}


@pytest.mark.parametrize("form", DEEP)
def test_source_that_is_nested_too_deep_is_refused_with_a_reason(form: str) -> None:
    with pytest.raises(Unreadable, match=r"^(nested deeper|not valid Python|no text)"):
        lint_text(HEADER + DEEP[form])


def test_branches_as_deep_as_python_reads_them_are_followed() -> None:
    source = "".join(" " * depth + f"if a{depth}:\n" for depth in range(90)) + " " * 90 + ADD.replace("=x", "=['*']")
    assert [finding.cause.slug for finding in lint_text(HEADER + source)] == ["wildcard-with-credentials"]


NAMES = st.sampled_from(["x", "y", "app", "f", "C", "os", "CORSMiddleware", "Middleware", "FastAPI", "self"])
CONSTANTS = st.sampled_from(["'*'", "'https://a.example/'", "True", "None", "1", "['*']", "{}", "()", "b'x'", "...", "''", "1.5"])


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: f"({p[0]} + {p[1]})"),
        two.map(lambda p: f"({p[0]} or {p[1]})"),
        two.map(lambda p: f"({p[0]} == {p[1]})"),
        two.map(lambda p: f"[{p[0]}, *{p[1]}]"),
        two.map(lambda p: f"{{{p[0]}: {p[1]}, **{p[1]}}}"),
        two.map(lambda p: f"({p[0]} if {p[1]} else {p[0]})"),
        two.map(lambda p: f"[{p[0]} for x in {p[1]} if x]"),
        two.map(lambda p: f"({p[0]})({p[1]}, *{p[1]}, app={p[0]}, **{p[1]})"),
        two.map(lambda p: f"({p[0]})[{p[1]}]"),
        two.map(lambda p: f"(lambda x, *y: {p[0]})({p[1]})"),
        st.tuples(inner, st.sampled_from(["split", "strip", "join", "get", "append", "x", "environ", "getenv", "items"])).map(
            lambda p: f"({p[0]}).{p[1]}"
        ),
        st.tuples(inner, st.sampled_from(["split", "replace", "join", "get", "removesuffix"]), inner).map(
            lambda p: f"({p[0]}).{p[1]}({p[2]}, {p[2]})"
        ),
        inner.map(lambda one: f"f'{{{one}}}'" if "'" not in one and "\\" not in one else one),
        inner.map(lambda one: f"app.add_middleware({one}, {one}, allow_origins={one}, allow_credentials={one}, **{one})"),
        inner.map(lambda one: f"FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins={one}), {one}], lifespan={one})"),
        inner.map(lambda one: f"CORSMiddleware({one}, allow_origin_regex={one}, allow_methods={one}, allow_headers={one})"),
    )


EXPRESSIONS = st.recursive(NAMES | CONSTANTS, _composed, max_leaves=6)


def _block(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(
        lambda lines: "\n".join(f"    {line}" for one in lines for line in one.split("\n"))
    )
    pair = st.tuples(EXPRESSIONS, body)
    return st.one_of(
        pair.map(lambda p: f"if {p[0]}:\n{p[1]}\nelse:\n{p[1]}"),
        pair.map(lambda p: f"for x in {p[0]}:\n{p[1]}"),
        pair.map(lambda p: f"while {p[0]}:\n{p[1]}"),
        pair.map(lambda p: f"with {p[0]} as x:\n{p[1]}"),
        pair.map(lambda p: f"try:\n{p[1]}\nexcept Exception as x:\n{p[1]}\nfinally:\n{p[1]}"),
        pair.map(lambda p: f"def f(x={p[0]}, *y, app, **kw):\n{p[1]}\n    return {p[0]}"),
        pair.map(lambda p: f"@app.middleware('http')\nasync def f(x, call_next):\n{p[1]}"),
        pair.map(lambda p: f"class C({p[0]}):\n{p[1]}"),
        pair.map(lambda p: f"match {p[0]}:\n    case [x, *y]:\n" + "\n".join("    " + line for line in p[1].split("\n"))),
    )


STATEMENTS = st.recursive(
    st.one_of(
        st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]} = {p[1]}"),
        st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]} += {p[1]}"),
        st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]}: C = {p[1]}"),
        st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"{p[0]}[0] = {p[1]}"),
        st.tuples(NAMES, NAMES, EXPRESSIONS).map(lambda p: f"{p[0]}, *{p[1]} = {p[2]}"),
        EXPRESSIONS,
        NAMES.map(lambda name: f"from .{name} import {name}"),
        NAMES.map(lambda name: f"import {name} as x, {name}.y"),
        NAMES.map(lambda name: f"del {name}"),
        NAMES.map(lambda name: f"{name}: C"),
        st.just("from .x import *"),
    ),
    _block,
    max_leaves=5,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STATEMENTS, min_size=1, max_size=6))
def test_no_program_makes_the_linter_fail(statements: list[str]) -> None:
    source = HEADER + "\n".join(statements) + "\n" + ADD
    try:
        compile(source, "main.py", "exec")
    except SyntaxError:
        return
    for finding in lint_text(source):
        assert finding.place is not None
        assert 1 <= finding.place.line <= source.count("\n")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_the_linter_fail(text: str) -> None:
    with suppress(Unreadable):
        assert len(lint_text(HEADER + text)) < 100


@pytest.mark.parametrize("piece", ["methods=[", "@a.post('", "app = FastAPI(", ".run(host=", ".run(", "@ "])
def test_bytes_that_look_like_routes_again_and_again_take_time_in_proportion(piece: str) -> None:
    def source(count: int) -> str:
        return 'app = FastAPI()\n@app.post(\'/\')\ndef f(): ...\ntext = """' + piece * count + '"""\n'

    small, large = source(4_000), source(32_000)
    assert processor_time_ratio(lambda: lint_text(small), lambda: lint_text(large), below=32) < 32


def test_a_path_with_control_characters_is_not_printed() -> None:
    (finding,) = lint_text("from fastapi import FastAPI\napp = FastAPI()\n@app.post('/\x1b[2J')\ndef f(): ...\n")
    assert "send a POST, which" in finding.message
