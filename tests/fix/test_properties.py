"""What holds for every edit, whatever the program looks like."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from corsense.fix import edits
from corsense.fix.edits.place import argument_span, call_span, literal_span
from corsense.fix.edits.source import parse

# How long an example takes says nothing on a machine that is busy.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ORIGINS = ["https://a.example", "https://b.example/", "https://*.c.example", "*", r"https://.*\.d.example"]
NEW = "https://new.example"

EDITS: dict[str, Callable[[str, int], str | None]] = {
    "replace_origin": lambda text, line: edits.replace_origin(text, line, "https://b.example/", "https://b.example"),
    "add_origin": lambda text, line: edits.add_origin(text, line, NEW),
    "string_to_list": edits.string_to_list,
    "add_method": lambda text, line: edits.add_method(text, line, "PATCH"),
    "add_header": lambda text, line: edits.add_header(text, line, "X-New"),
    "expose_header": lambda text, line: edits.expose_header(text, line, "X-New"),
    "set_credentials": edits.set_credentials,
    "wildcard_to_origins": lambda text, line: edits.wildcard_to_origins(text, line, [NEW, "https://a.example"]),
    "glob_to_regex": lambda text, line: edits.glob_to_regex(text, line, "https://*.c.example"),
    "regex_in_list": lambda text, line: edits.regex_in_list(text, line, r"https://.*\.d\.example"),
    "escape_regex_dots": edits.escape_regex_dots,
    "rename_keyword": lambda text, line: edits.rename_keyword(text, line, "allow_origins_regex", "allow_origin_regex"),
    "remove_origin": lambda text, line: edits.remove_origin(text, line, "https://b.example/"),
    "replace_regex": lambda text, line: edits.replace_regex(text, line, r"https://x\.example"),
    "regex_to_origins": lambda text, line: edits.regex_to_origins(text, line, [NEW]),
    "extend_origins": lambda text, line: edits.extend_origins(text, line, NEW),
    "strip_origins": edits.strip_origins,
    "unslash_origins": edits.unslash_origins,
    "origins_from_environment": lambda text, line: edits.origins_from_environment(text, line, "ORIGINS"),
    "install_layer": edits.install_layer,
    "insert": lambda text, line: edits.insert_cors_middleware(text, line, origins=[NEW], methods=["PUT"], credentials=True),
}

IMPORTING = ("origins_from_environment", "install_layer")
"""These add an import, above everything else that they touch."""

IMPORTS = {row + end for row in ("import os", "from corsense import install", "") for end in ("\n", "\r\n")}

REMOVING = ("glob_to_regex", "regex_in_list", "replace_origin", "wildcard_to_origins", "remove_origin", "regex_to_origins")


@dataclass(frozen=True)
class Written:
    """A program, and the part of it that edits may touch."""

    text: str
    line: int
    first: int
    last: int


def displays(newline: str) -> st.SearchStrategy[str]:
    """Lists, tuples and sets of origins in the layouts people use."""
    strings = st.sampled_from(ORIGINS).flatmap(lambda value: st.sampled_from([f'"{value}"', f"'{value}'", f'r"{value}"']))
    items = st.lists(strings, max_size=4)
    brackets = st.sampled_from(["[]", "()", "{}"])
    comments = st.sampled_from(["", "", "  # why, (when) 'é'"])

    def lay_out(items: list[str], bracket: str, style: str, comment: str, trailing: bool) -> str:
        if not items:
            return {"{}": "set()"}.get(bracket, bracket)
        comma = "," if trailing or (bracket == "()" and len(items) == 1) else ""
        if style == "rows":
            rows = f",{comment}{newline}".join(f"        {item}" for item in items)
            return f"{bracket[0]}{newline}{rows}{comma}{comment}{newline}    {bracket[1]}"
        between = f",{comment}{newline}        " if style == "hanging" else ", "
        return f"{bracket[0]}{between.join(items)}{comma}{bracket[1]}"

    return st.builds(lay_out, items, brackets, st.sampled_from(["rows", "hanging", "inline"]), comments, st.booleans())


@st.composite
def programs(draw: st.DrawFn) -> Written:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    value = draw(displays(newline) | st.sampled_from(['"https://a.example, https://b.example"', "'*'", "settings.origins"]))
    named = draw(st.booleans())
    arguments = [f"allow_origins={'origins' if named else value}"]
    arguments += draw(
        st.lists(
            st.sampled_from(
                [
                    'allow_methods=["GET"]',
                    "allow_headers=('X-A',)",
                    "allow_credentials=False",
                    'allow_origin_regex="https://x.example"',
                    'allow_origins_regex="https://x.example"',
                    "**options",
                ]
            ),
            unique_by=lambda argument: argument.partition("=")[0].replace("origins_", "origin_"),
            max_size=3,
        )
    )
    form = draw(st.sampled_from(["added", "rows", "item", "wrapped", "none"]))
    call = {
        "added": f"app.add_middleware(CORSMiddleware, {', '.join(arguments)})  # layer",
        "rows": f"app.add_middleware({newline}    {f',{newline}    '.join(['CORSMiddleware', *arguments])},  # last{newline})",
        "item": f"stack = [Middleware(Gzip), Middleware(CORSMiddleware, {', '.join(arguments)})]",
        "wrapped": f"asgi = CORSMiddleware(app, {', '.join(arguments)})",
        "none": "app.add_middleware(Gzip)",
    }[form]
    head = ["# é 𝄞", "from fastapi import FastAPI", "", "x = '''", "  kept  ", "'''"]
    definition = [f"origins = {value}"] if named else []
    tail = ["", "def f():", "\treturn 'é'  # ]", draw(st.sampled_from(["", "y = 1; z = 2", "# end"]))]
    indented = draw(st.booleans()) and "rows" not in form and newline not in value
    body = [*definition, "app = FastAPI()", call]
    if indented:
        body = ["def create():", *(f"  {row}" for row in body), "  return app"]
    rows = newline.join([*head, *body, *tail])
    bom = draw(st.sampled_from(["", "\ufeff"]))
    lines = rows.split(newline)
    starts = [n for n, row in enumerate(lines, 1) if call.split(newline)[0] in row]
    first = len(head) + 1
    return Written(bom + rows, starts[-1], first, len(lines) - len(tail))


@patiently
@given(programs(), st.sampled_from(sorted(EDITS)))
def test_an_edit_applied_to_its_own_result_changes_nothing(written: Written, name: str) -> None:
    line = written.line - 1 if name == "insert" else written.line
    once = EDITS[name](written.text, line)
    assume(once is not None)
    assert once is not None
    assert parse(once.removeprefix("\ufeff")) is not None
    # The call may have moved down by a definition above it that grew.
    marks = [n for n, row in enumerate(once.splitlines(), 1) if "CORSMiddleware" in row and "import" not in row] or [line]
    for again in {line, *marks, *(mark - 1 for mark in marks)}:
        assert EDITS[name](once, again) is None


@patiently
@given(programs(), st.sampled_from(sorted(EDITS)))
def test_lines_outside_the_call_and_its_definition_stay_byte_identical(written: Written, name: str) -> None:
    line = written.line - 1 if name == "insert" else written.line
    edited = EDITS[name](written.text, line)
    assume(edited is not None)
    assert edited is not None
    before, after = written.text.splitlines(keepends=True), edited.splitlines(keepends=True)
    changed = [op for op in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes() if op[0] != "equal"]
    if name == "insert":
        assert {op[0] for op in changed} == {"insert"}
        return
    if name in IMPORTING:
        added = [op for op in changed if op[2] < written.first]
        assert all(op[0] == "insert" and set(after[op[3] : op[4]]) <= IMPORTS for op in added)
        changed = [op for op in changed if op not in added]
    assert all(written.first - 1 <= start and end <= written.last for _, start, end, _, _ in changed)
    assert ("\r\n" in written.text) == ("\r\n" in edited)
    assert "\r\n" not in edited or "\n" not in edited.replace("\r\n", "")


@patiently
@given(programs(), st.sampled_from(sorted(EDITS)))
def test_comments_outlive_the_edit_unless_their_line_goes(written: Written, name: str) -> None:
    edited = EDITS[name](written.text, written.line - 1 if name == "insert" else written.line)
    assume(edited is not None and name not in REMOVING)
    assert edited is not None
    assert edited.count("#") == written.text.count("#")


@patiently
@given(st.text("()[]{}\"'#\\,= \n\r\t*aCORSMiddleware:", max_size=60), st.integers(-3, 9), st.sampled_from(sorted(EDITS)))
def test_no_text_makes_an_edit_raise(text: str, line: int, name: str) -> None:
    edited = EDITS[name](text, line)
    if edited is not None:
        assert parse(edited) is not None
    for span in (call_span(text, line), argument_span(text, line, "a"), literal_span(text, line, "a")):
        assert span is None or span[0] <= span[2]


@patiently
@given(programs(), st.data())
def test_a_program_cut_off_anywhere_does_not_make_an_edit_raise(written: Written, data: st.DataObject) -> None:
    text = written.text[: data.draw(st.integers(0, len(written.text)))]
    line = data.draw(st.integers(0, written.line + 2))
    edited = EDITS[data.draw(st.sampled_from(sorted(EDITS)))](text, line)
    if edited is not None:
        assert parse(edited.removeprefix("\ufeff")) is not None


@patiently
@given(programs())
def test_added_values_are_added_and_nothing_else(written: Written) -> None:
    edited = edits.add_origin(written.text, written.line, NEW)
    assume(edited is not None)
    assert edited is not None
    assert strings(edited) == sorted([*strings(written.text), NEW])


def strings(text: str) -> list[str]:
    """The string literals of a program, in order of their values."""
    tree = parse(text.removeprefix("\ufeff"))
    assert tree is not None
    return sorted(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
