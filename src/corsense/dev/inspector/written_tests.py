"""A pytest file made of the calls of a session: each is an assertion of `corsense.testing`, as a person would write it."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from corsense.app.target import AppTarget
from corsense.fetch.trace import EngineName
from corsense.fetch.wire import Headers

_WIDTH: Final = 88
"""The width that ruff formats to where a project says nothing else."""
_LONGEST_NAME: Final = 68
_TOP: Final = '''\
"""What pages of other origins may do with the API, from a session of corsense.

A call that the browser blocked is a test that fails until the app allows it; a call that
it allowed is a test that keeps it allowed. Endpoints run, as in any test. Values of path
parameters, headers and bodies are examples.
"""
'''
_EMPTY: Final = '''\
"""The session held no call of a page of another origin, so there is nothing to test.

Use the page that calls the API, then export the tests again.
"""
'''
_DECIDE: Final = (
    "Decide: the app's settings do not name these origins, and any program can send a request that names one. Uncomment those of "
    "your own pages; until then, their tests are skipped."
)
_FILL_IN: Final = "app = ...  # Fill in the app, for example: from main import app"


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call to assert something about.

    `path` is without secrets. `named`: the app names the origin. `blocked` is the reason of the browser, and the cause where it
    is known; None where the call is allowed. `engine` is None where Chromium decides alike.
    """

    origin: str
    method: str
    route: str
    path: str
    headers: Headers = ()
    credentials: str = "same-origin"
    engine: EngineName | None = None
    named: bool = False
    blocked: str | None = None

    @property
    def kind(self) -> tuple[object, ...]:
        """What two calls have in common that are asked for by one test."""
        sent = frozenset((name.lower(), value if name.lower() == "content-type" else "") for name, value in self.headers)
        return self.origin, self.method, self.route or self.path, sent, self.credentials, self.engine

    @property
    def is_of_a_page_without_origin(self) -> bool:
        """Whether the page has the origin `null`, which every site can give to a page of its own."""
        return self.origin == "null"


def module_text(target: AppTarget | None, calls: Sequence[WrittenCall], left_out: Sequence[str] = ()) -> str:
    """The text of a test module about these calls to the app of `target`, formatted as by ruff. `left_out` names the calls that
    are not among them."""
    if not calls:
        return "\n".join([_EMPTY.rstrip("\n"), *_notes(left_out, before="")]) + "\n"
    tests = list(_tests(calls))
    parts = [_TOP, *_imports(target, calls), *_trusted(calls), *(f"\n\n{text}" for text in tests)]
    return "".join(parts) + "".join(f"{line}\n" for line in _notes(left_out, before="\n\n"))


def _imports(target: AppTarget | None, calls: Sequence[WrittenCall]) -> Iterator[str]:
    undecided = any(not call.named and not call.is_of_a_page_without_origin for call in calls)
    names = {"assert_cors_blocked" if call.is_of_a_page_without_origin else "assert_cors_allowed" for call in calls}
    yield "\n"
    if undecided:
        yield "import pytest\n"
    yield f"from corsense.testing import {', '.join(sorted(names))}\n"
    yield from _app(target)


def _app(target: AppTarget | None) -> Iterator[str]:
    """How the module gets the app."""
    if target is None or not target.attribute:
        yield f"\n{_FILL_IN}\n"
        return
    first, _, rest = target.attribute.partition(".")
    name = first if target.attribute == "app" or rest or target.factory else f"{first} as app"
    yield f"\nfrom {target.module} import {name}\n"
    if rest or target.factory:
        yield f"\napp = {target.attribute}{'()' if target.factory else ''}\n"


def _trusted(calls: Sequence[WrittenCall]) -> Iterator[str]:
    """The list of the origins that the tests expect to have access, and the mark of the tests that wait for a decision."""
    named = dict.fromkeys(call.origin for call in calls if call.named)
    undecided = dict.fromkeys(call.origin for call in calls if not call.named and not call.is_of_a_page_without_origin)
    if not undecided:
        return
    yield "\nTRUSTED: list[str] = [\n"
    yield from (f"    {literal(origin)},\n" for origin in named)
    yield from (f"    # {line}\n" for line in _wrapped(_DECIDE, _WIDTH - 6))
    yield from (f"    # {literal(origin)},\n" for origin in undecided)
    yield "]\n"
    yield (
        "\n\ndef only_if_trusted(origin: str) -> pytest.MarkDecorator:\n"
        '    reason = f"decide in TRUSTED whether {origin} is yours"\n'
        "    return pytest.mark.skipif(origin not in TRUSTED, reason=reason)\n"
    )


def _tests(calls: Iterable[WrittenCall]) -> Iterator[str]:
    used: Counter[str] = Counter()
    for call in calls:
        name = _name(call)
        used[name] += 1
        yield _test(call, name if used[name] == 1 else f"{name}_{used[name]}")


def _test(call: WrittenCall, name: str) -> str:
    lines = []
    if not call.named and not call.is_of_a_page_without_origin:
        lines += _invocation("@only_if_trusted", [literal(call.origin)])
    lines.append(f"def {name}() -> None:")
    if call.blocked is not None and not call.is_of_a_page_without_origin:
        lines += [f"    # {line}" for line in _wrapped(f"Blocked in the session: {call.blocked}.", _WIDTH - 6)]
    wanted = "assert_cors_blocked" if call.is_of_a_page_without_origin else "assert_cors_allowed"
    lines += [f"    {line}" for line in _exploded(wanted, _arguments(call))]
    return "".join(f"{line}\n" for line in lines)


def _arguments(call: WrittenCall) -> Iterator[str]:
    yield from ("app", literal(call.method), literal(call.path), f"origin={literal(call.origin)}")
    if call.credentials != "same-origin":
        yield f"credentials={literal(call.credentials)}"
    headers = list(call.headers)
    json = ("content-type", "application/json")
    is_json = any((name.lower(), value) == json for name, value in headers)
    headers = [line for line in headers if (line[0].lower(), line[1]) != json]
    if headers:
        yield "\n".join(["headers={", *(f"    {literal(name)}: {literal(value)}," for name, value in headers), "}"])
    if is_json:
        yield "json={}"
    if call.engine is not None:
        yield f"engine={literal(call.engine)}"


def _exploded(function: str, arguments: Iterable[str]) -> list[str]:
    """A call with an argument a line, which a formatter leaves so."""
    lines = [f"    {line}" for argument in arguments for line in f"{argument},".splitlines()]
    return [f"{function}(", *lines, ")"]


def _invocation(function: str, arguments: Sequence[str]) -> list[str]:
    """A call on one line where it fits."""
    line = f"{function}({', '.join(arguments)})"
    return [line] if len(line) <= _WIDTH else _exploded(function, arguments)


def _name(call: WrittenCall) -> str:
    """The sentence that a test is about, as its name."""
    page = "a_page_without_an_origin" if call.is_of_a_page_without_origin else call.origin.removeprefix("http://")
    may = "may_not" if call.is_of_a_page_without_origin else "may"
    words = [page, may, call.method, call.route or call.path]
    names = [name for name, _ in call.headers if name.lower() != "content-type"]
    words += ["with_credentials"] if call.credentials == "include" else []
    words += ["sending", "and".join(f"_{name}_" for name in names)] if names else []
    words += [f"in_{call.engine}"] if call.engine is not None else []
    sentence = re.sub(r"[^a-z0-9]+", "_", "_".join(words).lower()).strip("_")
    return f"test_{sentence}"[:_LONGEST_NAME].rstrip("_")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def literal(text: str) -> str:
    """A text as a string literal of Python, quoted as a formatter quotes it."""
    written = repr(text)
    if written[0] == "'" and text.count('"') <= text.count("'"):
        inner = written[1:-1].replace("\\'", "'").replace('"', '\\"')
        return f'"{inner}"'
    return written


def _notes(left_out: Sequence[str], before: str) -> Iterator[str]:
    if left_out:
        lines = _wrapped(f"Not here: {'; '.join(left_out)}.", _WIDTH - 2)
        yield before + "\n".join(f"# {line}" for line in lines)
