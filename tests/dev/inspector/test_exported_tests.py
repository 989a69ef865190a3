"""The pytest file that the inspector exports of a session: what it asserts, for whom, and that it runs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import types
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.app.target import AppTarget
from corsense.dev.inspector.call_kinds import example_path
from corsense.dev.inspector.exports import session_tests
from corsense.dev.inspector.recorder import RecordedExchange
from corsense.dev.inspector.session import Session
from corsense.dev.inspector.written_tests import WrittenCall, literal, module_text
from corsense.fetch import FetchRequest
from corsense.fetch.wire import WireRequest, WireResponse
from corsense.transports.har import HarEntry
from tests.dev.inspector.asgi import PAGE
from tests.dev.inspector.exported import exchanges_of, session_of
from tests.dev.inspector.test_exports import SECRETS, asked, various
from tests.examples.scenarios import FOLDER, app_of, load

API: Final = "http://localhost:8000"
SCENARIOS: Final = {scenario.name: scenario for scenario in load("example")}
TARGET: Final = AppTarget("main", "app", False, (), ".", "main:app", "given")


def session_about(name: str, folder: str = "broken", **changes: Any) -> tuple[Session, AppTarget]:
    """A session in which the page of an example asked what the example is about, and the target of the app."""
    fetch = replace(SCENARIOS[name].fetch, **changes)
    exchanges = exchanges_of(app_of(folder, name), [fetch], cookie="sid=s3cr3tvalue")
    return session_of(exchanges), AppTarget.parse("main:app", directory=FOLDER / folder / name)


def pytest_result(text: str, app: Path, tmp_path: Path) -> dict[str, int]:
    """What pytest counts for an exported file beside an app."""
    (tmp_path / "test_cors.py").write_text(text, "utf-8")
    (tmp_path / "main.py").write_bytes((app / "main.py").read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cors.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    return {kind: int(number) for number, kind in re.findall(r"(\d+) (passed|failed|skipped|error)", done.stdout)}


def outcomes(text: str, app: Any, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which tests of an exported file pass for an app, without their marks."""
    module = types.ModuleType("main")
    module.app = app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "main", module)
    names: dict[str, Any] = {"__name__": "test_cors"}
    exec(compile(text, "test_cors.py", "exec"), names)
    found = []
    for test in [value for name, value in names.items() if name.startswith("test_")]:
        try:
            test()
        except AssertionError:
            found.append(False)
        else:
            found.append(True)
    return found


@pytest.mark.parametrize(
    "name",
    ["no-cors-middleware", "trailing-slash", "localhost-and-127", "no-scheme", "default-port", "regex-list", "auth-outside",
     "trusted-host-outside", "cors-twice", "mounted-apps", "crash-in-the-endpoint", "headers-twice", "options-by-hand",
     "https-redirect", "slash-redirect", "delete-forgotten", "token-header", "setting-with-spaces", "glob-subdomains"],
)  # fmt: skip
def test_a_blocked_call_is_a_test_that_fails_until_the_app_is_repaired(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = session_tests(*session_about(name))
    assert outcomes(text, app_of("broken", name), monkeypatch) == [False]
    assert outcomes(text, app_of("repaired", name), monkeypatch) == [True]


@pytest.mark.parametrize("name", ["trailing-slash", "post-with-the-defaults"])
def test_the_file_runs_in_pytest(name: str, tmp_path: Path) -> None:
    text = session_tests(*session_about(name))
    assert pytest_result(text, FOLDER / "broken" / name, tmp_path) == {"failed": 1}
    assert pytest_result(text, FOLDER / "repaired" / name, tmp_path) == {"passed": 1}


def test_a_page_that_the_app_does_not_name_waits_for_a_decision(tmp_path: Path) -> None:
    text = session_tests(*session_about("no-cors-middleware"))
    assert pytest_result(text, FOLDER / "broken" / "no-cors-middleware", tmp_path) == {"skipped": 1}
    decided = text.replace(f'    # "{PAGE}",', f'    "{PAGE}",')
    assert pytest_result(decided, FOLDER / "broken" / "no-cors-middleware", tmp_path) == {"failed": 1}
    assert pytest_result(decided, FOLDER / "repaired" / "no-cors-middleware", tmp_path) == {"passed": 1}


@pytest.mark.parametrize("name", ["reflecting-middleware", "wildcard-and-credentials", "regex-any-prefix", "string-origins"])
def test_an_app_that_lets_any_page_in_names_none(name: str) -> None:
    text = session_tests(*session_about(name, origin="https://evil.example"))
    assert '    # "https://evil.example",' in text or "evil.example" not in text


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("trailing-slash", "http://localhost:3001"),
        ("trailing-slash", "https://evil.example"),
        ("string-origins", "http://local"),
        ("regex-dot", "https://appxexample.com"),
        ("delete-forgotten", "http://evil.example"),
    ],
)
def test_a_forged_origin_is_never_expected_to_have_access(name: str, origin: str) -> None:
    text = session_tests(*session_about(name, origin=origin))
    assert f"    {literal(origin)}," not in text.splitlines()
    assert "def test_" not in text or f"@only_if_trusted({literal(origin)})" in text


def test_a_page_with_the_origin_null_stays_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    text = session_tests(*session_about("trailing-slash", origin="null"))
    assert "assert_cors_blocked" in text
    assert "TRUSTED" not in text
    assert outcomes(text, app_of("repaired", "trailing-slash"), monkeypatch) == [True]


def test_null_that_is_let_in_is_left_out_and_named() -> None:
    text = session_tests(*session_about("reflecting-middleware", origin="null"))
    assert "def test_" not in text
    assert "allowed requests of pages with the origin null (1)" in text


def test_calls_of_one_kind_are_one_test_and_the_newest_verdict_counts() -> None:
    def call(number: int, status: int, *lines: tuple[str, str]) -> RecordedExchange:
        request = WireRequest("GET", f"{API}/items/{number}", (("Origin", PAGE),))
        return RecordedExchange(HarEntry(request, WireResponse(status, lines), PAGE, "fetch"), number, 0.1, route="/items/{id}")

    allowed = ("Access-Control-Allow-Origin", PAGE)
    text = session_tests(session_of([call(1, 200), call(2, 404, allowed), call(3, 200, allowed)], "the app"))
    assert text.count("def test_") == 1
    assert "Blocked in the session" not in text
    text = session_tests(session_of([call(1, 200, allowed), call(2, 200)], "the app"))
    assert "# Blocked in the session: MissingAllowOriginHeader, because of" in text
    assert "missing-cors-middleware." in text


def test_the_file_holds_no_secret_and_no_value_of_a_parameter() -> None:
    exchanges = exchanges_of(various(), [*asked(), FetchRequest(f"{API}/items/4711", PAGE)], cookie=f"sid={SECRETS[0]}")
    text = session_tests(session_of(exchanges), TARGET)
    assert [value for value in (*SECRETS, "4711", "page=2") if value in text] == []
    assert '"authorization": "Bearer example",' in text
    assert '"/items/0",' in text


def test_without_a_name_for_the_app_there_is_a_line_to_fill_in() -> None:
    exchanges = list(exchanges_of(various(), [FetchRequest(f"{API}/items/7", PAGE)]))
    text = session_tests(session_of(exchanges, "the app"))
    assert "\napp = ...  # Fill in the app, for example: from main import app\n" in text
    compile(text, "test_cors.py", "exec")


@pytest.mark.parametrize(
    ("attribute", "is_factory", "lines"),
    [
        ("app", False, "from shop.main import app\n"),
        ("api", False, "from shop.main import api as app\n"),
        ("holder.app", False, "from shop.main import holder\n\napp = holder.app\n"),
        ("make", True, "from shop.main import make\n\napp = make()\n"),
    ],
)
def test_the_app_is_imported_by_its_target(attribute: str, is_factory: bool, lines: str) -> None:
    target = replace(TARGET, module="shop.main", attribute=attribute, factory=is_factory)
    assert f"\n{lines}\n" in module_text(target, [WrittenCall(PAGE, "GET", "/", "/", named=True)])


def test_a_session_without_calls_is_a_file_that_says_so(tmp_path: Path) -> None:
    text = session_tests(session_of([]))
    assert "held no call of a page of another origin" in text
    assert pytest_result(text, FOLDER / "broken" / "trailing-slash", tmp_path) == {}


@pytest.mark.parametrize(
    ("path", "template", "example"),
    [
        ("/users/4711", "/users/{user_id}", "/users/0"),
        ("/users/ada", "/users/{name}", "/users/example"),
        ("/api/users/4711?token=x", "/users/{user_id}", "/users/0"),
        ("/u/4f1b2c9d-8e7a-4b5c-8d3e-2f1a0b9c8d7e", "/u/{id}", "/u/00000000-0000-0000-0000-000000000000"),
        ("/files/a/b/c", "/files/{path}", "/files/example"),
        ("/report/12.csv", "/report/{number}.csv", "/report/0.csv"),
        ("/nowhere/4f1b2c9d8e7a6b5c4d3e2f1a0b9c8d7e", "", "/nowhere/example"),
        ("/", "/", "/"),
    ],
)
def test_parameters_of_a_path_have_values_that_mean_nothing(path: str, template: str, example: str) -> None:
    assert example_path(f"{API}{path}", template) == example


TEXTS = st.text(st.characters(codec="latin-1"), max_size=40)
ALLOWED_CALLS: Final = {"assert_cors_allowed", "assert_cors_blocked", "only_if_trusted"}
TOKENS = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,30}", fullmatch=True)


@settings(deadline=None, max_examples=60)
@given(
    origins=st.lists(st.one_of(TEXTS, st.sampled_from([PAGE, "null", "https://a.example"])), min_size=1, max_size=3),
    method=st.one_of(TOKENS, st.just("PUT")),
    asked_for=st.one_of(TOKENS, TEXTS),
    path=TEXTS,
    route=st.one_of(st.just(""), TEXTS.map(lambda text: f"/{text}")),
)
def test_whatever_a_client_sends_the_file_calls_nothing_but_assertions(
    origins: list[str], method: str, asked_for: str, path: str, route: str
) -> None:
    def exchanges() -> Iterable[RecordedExchange]:
        for origin in origins:
            asks = (("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", asked_for))
            request = WireRequest("OPTIONS", f"{API}/{path}", (("Origin", origin), *asks), preflight=True)
            yield RecordedExchange(HarEntry(request, WireResponse(400), origin, "fetch"), 0.0, 0.1, route=route)

    text = session_tests(session_of(exchanges(), "the app"))
    called = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert {function.id for function in called if isinstance(function, ast.Name)} <= ALLOWED_CALLS


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_literal_is_the_text_again(text: str) -> None:
    assert eval(literal(text)) == text


def test_the_files_are_formatted_as_ruff_formats(tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    folder.mkdir()
    sessions = {name: session_about(name) for name in ("trailing-slash", "reflecting-middleware", "own-header")}
    long = f"https://{'long-label.' * 9}example"
    sessions["long"] = session_of(exchanges_of(various(), [FetchRequest(f"{API}/items/7", long, "PUT")])), TARGET
    sessions["various"] = session_of(exchanges_of(various(), asked())), TARGET
    for name, (session, target) in sessions.items():
        (folder / f"{name}.py").write_text(session_tests(session, target), "utf-8")
    (folder / "empty.py").write_text(session_tests(session_of([])), "utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
