from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from corsense.app import parse_traceback, parse_tracebacks

STARLETTE = """\
ERROR:    Exception in ASGI application
Traceback (most recent call last):
  File "/srv/app/.venv/lib/python3.12/site-packages/uvicorn/protocols/http/h11_impl.py", line 403, in run_asgi
    result = await app(  # type: ignore[func-returns-value]
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/app/.venv/lib/python3.12/site-packages/starlette/middleware/errors.py", line 187, in __call__
    raise exc
  File "/srv/app/main.py", line 12, in create_user
    user = save(payload)
           ^^^^^^^^^^^^^
  File "/srv/app/store.py", line 7, in save
    return session.execute(insert(User), payload)
  File "/srv/app/.venv/lib/python3.12/site-packages/sqlalchemy/orm/session.py", line 2351, in execute
    return self._execute_internal(
  File "/usr/lib/python3.12/asyncio/base_events.py", line 10, in run
    ...
sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: user
[SQL: INSERT INTO user (name) VALUES (?)]
(Background on this error at: https://sqlalche.me/e/20/e3q8)
INFO:     127.0.0.1:50312 - "POST /api/users HTTP/1.1" 500 Internal Server Error
"""


def printed(failing: Callable[[], object]) -> str:
    try:
        failing()
    except BaseException:
        return traceback.format_exc()
    raise AssertionError("nothing was raised")


def chained_by_cause() -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        raise ValueError("first line\n  second line") from error


def chained_by_context() -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        raise KeyError("name")  # noqa: B904 - the context is what the test is about


def grouped() -> None:
    nested = ExceptionGroup("inner", [TypeError("t"), OSError(2, "no file")])
    try:
        chained_by_cause()
    except ValueError as error:
        raise ExceptionGroup("outer", [error, nested, ValueError("last")]) from None


def test_the_users_own_frame_is_the_deepest_outside_of_packages_and_the_standard_library() -> None:
    parsed = parse_traceback(STARLETTE)
    assert parsed.user_frame is not None
    assert (parsed.user_frame.file, parsed.user_frame.line, parsed.user_frame.function) == ("/srv/app/store.py", 7, "save")
    assert parsed.user_frame.source == "return session.execute(insert(User), payload)"


def test_the_users_frames_come_first_and_then_the_others_deepest_first() -> None:
    frames = parse_traceback(STARLETTE).user_first
    assert [(frame.file.rpartition("/")[2], frame.origin) for frame in frames] == [
        ("store.py", "user"),
        ("main.py", "user"),
        ("base_events.py", "stdlib"),
        ("session.py", "library"),
        ("errors.py", "library"),
        ("h11_impl.py", "library"),
    ]


def test_a_message_of_several_lines_ends_where_the_log_goes_on() -> None:
    parsed = parse_traceback(STARLETTE)
    assert parsed.type == "sqlalchemy.exc.OperationalError"
    assert parsed.message.splitlines() == [
        "(sqlite3.OperationalError) no such table: user",
        "[SQL: INSERT INTO user (name) VALUES (?)]",
        "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
    ]
    assert parsed.summary == "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: user"


def test_a_cause_is_kept_behind_the_exception_it_led_to() -> None:
    exception = parse_traceback(printed(chained_by_cause)).exception
    assert (exception.type, exception.message) == ("ValueError", "first line\n  second line")
    assert exception.link == "cause"
    assert exception.previous is not None
    assert (exception.previous.type, exception.previous.message) == ("ZeroDivisionError", "division by zero")
    assert [frame.function for frame in exception.previous.frames] == ["chained_by_cause"]


def test_an_exception_raised_while_another_is_handled_knows_that_one() -> None:
    exception = parse_traceback(printed(chained_by_context)).exception
    assert (exception.type, exception.message, exception.link) == ("KeyError", "'name'", "context")
    assert exception.previous is not None
    assert exception.previous.type == "ZeroDivisionError"


def test_an_exception_group_keeps_its_members_with_what_led_to_them() -> None:
    exception = parse_traceback(printed(grouped)).exception
    assert (exception.type, exception.message) == ("ExceptionGroup", "outer (3 sub-exceptions)")
    first, nested, last = exception.members
    assert (first.type, first.link) == ("ValueError", "cause")
    assert first.previous is not None
    assert [(member.type, member.message) for member in nested.members] == [
        ("TypeError", "t"),
        ("FileNotFoundError", "[Errno 2] no file"),
    ]
    assert (last.type, last.message) == ("ValueError", "last")


def test_a_group_of_one_is_opened_to_show_its_exception() -> None:
    def raise_group() -> None:
        try:
            chained_by_context()
        except KeyError as error:
            raise ExceptionGroup("unhandled errors in a TaskGroup", [error]) from None

    parsed = parse_traceback(printed(raise_group))
    assert parsed.exception.type == "ExceptionGroup"
    assert parsed.summary == "KeyError: 'name'"
    assert parsed.user_frame is not None
    assert parsed.user_frame.function == "chained_by_context"


def test_a_syntax_error_points_at_the_line_that_cannot_be_read() -> None:
    parsed = parse_traceback(printed(lambda: compile("x = 1\ndef f(\n", "/srv/app/main.py", "exec")))
    assert parsed.type == "SyntaxError"
    assert parsed.user_frame is not None
    assert (parsed.user_frame.file, parsed.user_frame.line, parsed.user_frame.function) == ("/srv/app/main.py", 2, None)
    assert parsed.user_frame.source == "def f("


def test_a_syntax_error_is_read_without_its_header() -> None:
    parsed = parse_traceback("  File \"main.py\", line 3\n    def f(\n         ^\nSyntaxError: '(' was never closed\n")
    assert parsed.summary == "SyntaxError: '(' was never closed"
    assert parsed.user_frame is not None
    assert parsed.user_frame.line == 3


@pytest.mark.parametrize("failing", [chained_by_cause, chained_by_context, grouped], ids=lambda function: function.__name__)
@pytest.mark.parametrize("prefix", ["    ", "> ", "api-1  | ", "2026-01-02T03:04:{second:02d}.123Z stderr F "])
def test_what_stands_before_each_line_of_a_log_is_taken_away(failing: Callable[[], None], prefix: str) -> None:
    text = printed(failing)
    lines = [(prefix.format(second=number % 60) + line).rstrip() for number, line in enumerate(text.splitlines())]
    assert parse_traceback("\n".join(["starting", *lines, "done"])).exception == parse_traceback(text).exception


def test_terminal_colours_are_ignored() -> None:
    coloured = STARLETTE.replace("Traceback", "\x1b[31mTraceback").replace("line 7", "line \x1b[35m7\x1b[0m")
    assert parse_traceback(coloured).exception == parse_traceback(STARLETTE).exception


def test_repeated_frames_of_a_recursion_are_passed_over() -> None:
    def again() -> None:
        again()

    parsed = parse_traceback(printed(again))
    assert parsed.type == "RecursionError"
    assert parsed.user_frame is not None
    assert parsed.user_frame.function == "again"


def test_the_errors_of_pydantic_are_part_of_the_message() -> None:
    text = (
        'Traceback (most recent call last):\n  File "/srv/app/settings.py", line 9, in <module>\n    settings = Settings()\n'
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\n"
        "allowed_origins\n  Field required [type=missing, input_value={}, input_type=dict]\n"
        "    For further information visit https://errors.pydantic.dev/2.11/v/missing\n"
    )
    parsed = parse_traceback(text)
    assert parsed.message.splitlines()[1:3] == [
        "allowed_origins",
        "  Field required [type=missing, input_value={}, input_type=dict]",
    ]


def test_windows_paths_are_sorted_like_others() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "C:\\Users\\ada\\api\\main.py", line 4, in <module>\n    import store\n'
        '  File "C:\\Users\\ada\\AppData\\Local\\Programs\\Python\\Python312\\Lib\\json\\__init__.py", line 1, in loads\n    x\n'
        '  File "C:\\Users\\ada\\api\\venv\\Lib\\site-packages\\fastapi\\routing.py", line 1, in get\n    x\n'
        "ValueError: no\n"
    )
    assert [frame.origin for frame in parse_traceback(text).exception.frames] == ["user", "stdlib", "library"]


def test_every_traceback_of_a_log_is_found_and_the_last_one_is_returned() -> None:
    other = printed(chained_by_context)
    assert [parsed.type for parsed in parse_tracebacks(STARLETTE + other + STARLETTE)] == [
        "sqlalchemy.exc.OperationalError",
        "KeyError",
        "sqlalchemy.exc.OperationalError",
    ]
    assert parse_traceback(STARLETTE + other).type == "KeyError"


@pytest.mark.parametrize(
    "text", ["", "no traceback here", "Traceback (most recent call last):", "Traceback (most recent call last):\n\n\n"]
)
def test_a_text_without_a_traceback_is_refused(text: str) -> None:
    assert parse_tracebacks(text) == ()
    with pytest.raises(ValueError, match="no Python traceback"):
        parse_traceback(text)


BOXED = """\
ERROR    Exception in ASGI application
╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /srv/app/.venv/lib/python3.12/site-packages/fastapi/routing.py:212 in        │
│ run_endpoint_function                                                        │
│                                                                              │
│   210 │   if dependant.is_coroutine_callable:                                │
│ ❱ 212 │   │   return await dependant.call(**values)                          │
│                                                                              │
│ ╭─ locals ─╮                                                                 │
│ │ x = 1    │                                                                 │
│ ╰──────────╯                                                                 │
│ /srv/app/main.py:12 in create_user                                           │
│                                                                              │
│   11 def create_user(user: User):                                            │
│ ❱ 12 │   return store[user.name]                                             │
│   13                                                                         │
╰──────────────────────────────────────────────────────────────────────────────╯
KeyError: 'Ada'

The above exception was the direct cause of the following exception:

╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ /srv/app/main.py:14 in create_user                                           │
╰──────────────────────────────────────────────────────────────────────────────╯
LookupError: no such user
INFO     done
"""


def test_a_traceback_in_boxes_is_read_like_a_plain_one() -> None:
    exception = parse_traceback(BOXED).exception
    assert (exception.type, exception.message, exception.link) == ("LookupError", "no such user", "cause")
    assert exception.previous is not None
    assert [(frame.file.rpartition("/")[2], frame.line, frame.function, frame.source) for frame in exception.previous.frames] == [
        ("routing.py", 212, "run_endpoint_function", "return await dependant.call(**values)"),
        ("main.py", 12, "create_user", "return store[user.name]"),
    ]


def test_a_syntax_error_in_boxes_points_at_its_line() -> None:
    text = (
        "╭──── Traceback (most recent call last) ────╮\n│ /srv/app/main.py:3 in <module>            │\n"
        "╰───────────────────────────────────────────╯\n╭───────────────────────────────────────────╮\n"
        "│ /srv/app/routes.py:7                      │\n│ def f(                                    │\n"
        "╰───────────────────────────────────────────╯\nSyntaxError: '(' was never closed\n"
    )
    frames = parse_traceback(text).exception.frames
    assert [(frame.file, frame.line, frame.function) for frame in frames] == [
        ("/srv/app/main.py", 3, "<module>"),
        ("/srv/app/routes.py", 7, None),
    ]
