"""A finding as a compiler shows it: the cause at its source, the smallest span marked, whatever the source looks like."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.causes import cause
from corsense.finding import Edit, Finding, Fix, Place
from corsense.report.columns import printed_width
from corsense.report.finding_block import FindingBlocks, Section, changed_lines, headline
from corsense.report.terminal import Lines

CALL = """\
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000/", "https://b.example"],
    allow_methods=["GET"],
)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, encoding: str = "utf-8") -> None:
    Path("main.py").write_bytes(text.encode(encoding))


def found(place: Place | None, message: str = "It is wrong.", **evidence: object) -> Finding:
    return Finding(cause("method-not-allowed"), message, "error", place, evidence)


def rows(*findings: Finding, label: str | None = None, address: str | None = None, lines: Lines | None = None) -> list[str]:
    printed: list[str] = []
    given = lines or Lines()
    blocks = FindingBlocks(Lines(given.width, given.colour, given.links, printed.append, given.encoding))
    blocks.print([Section(finding, label, address) for finding in findings])
    return [row for text in printed for row in text.split("\n")]


def marked(printed: Sequence[str]) -> str:
    """What stands above the carets, by columns of a terminal."""
    number = next(number for number, row in enumerate(printed) if re.match(r"\s+\| *\^", row))
    start, length = printed[number].index("^"), printed[number].count("^")
    by_column = "".join((character + "\0")[: printed_width(character)] for character in printed[number - 1])
    return by_column[start : start + length].replace("\0", "")


def test_a_block_has_the_shape_of_a_compilers() -> None:
    write("\n" * 9 + '    allow_methods=["GET", "POST"],\n')
    finding = Finding(
        cause("method-not-allowed"),
        "DELETE is not in allow_methods. The list is ['GET', 'POST'].",
        "error",
        Place("main.py", 10, 5, 10, 34),
        {"allow_methods": ["GET", "POST"]},
        remedy="Add DELETE.",
    )
    assert rows(finding, label="the preflight asks for DELETE and gets 400") == [
        "error[CORS601]: DELETE is not in allow_methods",
        "  --> main.py:10:5",
        "   |",
        '10 |     allow_methods=["GET", "POST"],',
        "   |                   ^^^^^^^^^^^^^^^ the preflight asks for DELETE and gets 400",
        "   |",
        "   = fix: Add DELETE.",
        "   = help: corsense rule CORS601",
    ]


def test_of_a_call_of_several_lines_the_argument_that_the_evidence_names_is_marked() -> None:
    write(CALL)
    printed = rows(found(Place("main.py", 1, 1, 5, 2), allow_methods=["GET"]))
    assert marked(printed) == '["GET"]'
    assert "  --> main.py:4:19" in printed


def test_of_a_wrong_entry_what_differs_from_the_page_is_marked() -> None:
    write(CALL)
    place = Place("main.py", 3, 20, 3, 44)
    assert marked(rows(found(place, sent="http://localhost:3000", allowed="http://localhost:3000/"))) == "/"
    assert marked(rows(found(place, sent="https://localhost:3000", allowed="http://localhost:3000/"))) == "://localhost:3000/"


def test_a_wrong_keyword_is_marked_itself() -> None:
    write("é = 1\napp.add_middleware(CORSMiddleware, alow_origins=[])\n")
    assert marked(rows(found(Place("main.py", 2, 1, 2, 52), keyword="alow_origins"))) == "alow_origins"


SOURCES = {
    "tabs": ('if True:\n\tapp.add(x, allow_methods=["GET"])\n', 2, "utf-8"),
    "wide characters": ('\nx = "\u6771\u4eac\U0001f600"; app.add(x, allow_methods=["GET"])\n', 2, "utf-8"),
    "combining characters": ('\nx = "e\u0301"; app.add(x, allow_methods=["GET"])\n', 2, "utf-8"),
    "a declared encoding": ('# coding: latin-1\nx = "\xe9"; app.add(x, allow_methods=["GET"])\n', 2, "latin-1"),
    "a byte order mark": ('\ufeffapp.add(x, allow_methods=["GET"])\n', 1, "utf-8"),
    "line ends of Windows": ('\r\napp.add(x, allow_methods=["GET"])\r\n', 2, "utf-8"),
    "a very long line": ("\n" + "a" * 5000 + '; app.add(x, allow_methods=["GET"]); ' + "b" * 5000 + "\n", 2, "utf-8"),
    "a deep indentation": ("\n" + " " * 90 + 'app.add(x, allow_methods=["GET"])\n', 2, "utf-8"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_the_span_is_marked_in_every_kind_of_source(kind: str) -> None:
    text, line, encoding = SOURCES[kind]
    write(text, encoding)
    source = text.removeprefix("\ufeff").replace("\r", "").split("\n")[line - 1]
    column = source.index("app.add") + 1
    place = Place("main.py", line, column, line, source.index('"])') + 4)
    printed = rows(found(place, allow_methods=["GET"]), label="it is short")
    assert marked(printed) == '["GET"]'
    assert max(map(printed_width, printed)) <= 88


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize("before", ["日本語", "é", "x" * 200, "日本" * 60, "\u202e"])
def test_the_carets_stand_below_the_span_in_every_encoding_of_the_output(before: str, encoding: str) -> None:
    source = f"f({before!r}, allow_methods=['GÉT'])"
    write(source)
    start = source.index("['G")
    printed = rows(found(Place("main.py", 1, start + 1, 1, len(source))), lines=Lines(encoding=encoding))
    assert marked(printed) == "['GÉT']".encode(encoding, "corsense.text").decode(encoding)
    assert max(map(printed_width, printed)) <= 80


def test_what_does_not_fit_beside_the_carets_stands_below_them() -> None:
    write('    allow_methods=["GET", "POST"],\n')
    printed = rows(found(Place("main.py", 1, 5, 1, 34)), label="word " * 30)
    assert max(map(len, printed)) <= 80
    assert " ".join(row.partition("|")[2].strip() for row in printed).count("word") == 30


@pytest.mark.parametrize(
    "place", [Place("gone.py", 3, 1, 3, 5), Place("main.py", 99), Place("/dev/null", 1), Place("main.py", 0)]
)
def test_a_place_that_cannot_be_read_is_named_without_source(place: Place) -> None:
    write("x = 1\n")
    printed = rows(found(place), label="it is so")
    assert printed[1].startswith(f"  --> {place.file}:{place.line}")
    assert "   = browser: it is so" in printed


def test_a_finding_without_a_place_shows_the_address() -> None:
    printed = rows(found(None), address="http://localhost:8000/items")
    assert printed[1] == "  --> http://localhost:8000/items"


def test_findings_of_one_cause_are_one_block_with_each_place_once() -> None:
    write('a = "x"\nb = "y"\n')
    first, second = (found(Place("main.py", line, 5, line, 8), f"{line} is wrong.") for line in (1, 2))
    printed = rows(first, second, first)
    assert sum(row.startswith("error[") for row in printed) == 1
    assert [row for row in printed if "main.py" in row] == ["  --> main.py:1:5", "  ::: main.py:2:5"]
    assert any("2 is wrong" in row for row in printed)
    assert sum("help:" in row for row in printed) == 1


def fixed(before: str, after: str, *, verified: bool | None = True) -> list[str]:
    write(before)
    finding = found(Place("main.py", 1, 1, 1, 3))
    fix = Fix("do it", (Edit("main.py", before, after),), verified)
    return rows(Finding(finding.cause, finding.message, "error", finding.place, fix=fix))


def test_a_fix_of_one_line_is_the_line_as_it_will_be() -> None:
    assert "   = fix (verified): b = 1" in fixed("a = 1\n", "b = 1\n")


def test_a_fix_of_several_lines_is_a_short_diff() -> None:
    printed = fixed("a = 1\nc\n", "b = 1\nd = 2\nc\n")
    assert printed[printed.index("   = fix (verified): do it") + 1 :][:4] == ["   |", " 1 - a = 1", " 1 + b = 1", " 2 + d = 2"]


def test_the_numbers_of_changed_lines_are_those_of_the_file() -> None:
    before = "\n".join([*("x = 1" for _ in range(5_000)), "a = 1", "b = 2", *("x = 1" for _ in range(5_000))])
    changed = list(changed_lines(Edit("main.py", before, before.replace("b = 2", "b = 3\nc = 4"))))
    assert [(change.number, change.sign, change.text) for change in changed] == [
        (5_002, "-", "b = 2"),
        (5_002, "+", "b = 3"),
        (5_003, "+", "c = 4"),
    ]


def test_a_line_that_only_moves_is_reported_as_moved() -> None:
    assert "   = fix (verified): do it (line 1 moves to line 3)" in fixed("a\nb\nc\nd\n", "b\nc\na\nd\n")


def test_lines_that_only_move_are_reported_as_moved() -> None:
    assert "   = fix (verified): do it (lines 3-4 move to line 1)" in fixed("a\nb\nc\nd\n", "c\nd\na\nb\n")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_of_a_line_of_thousands_of_characters_a_fix_shows_what_changes(width: int) -> None:
    entries = [f"https://tenant-{number}.example" for number in range(100)]
    before = f"allow = {[*entries, 'http://localhost:3000/', *entries]!r}\n"
    printed: list[str] = []
    edit = Edit("main.py", before, before.replace(":3000/", ":3000"))
    finding = Finding(cause("origin-trailing-slash"), "It is wrong.", "error", fix=Fix("write it", (edit,), True))
    FindingBlocks(Lines(width, write=printed.append)).print([Section(finding)])
    assert max(map(printed_width, printed)) <= width
    changed = [row for row in printed if re.match(r" 1 [-+] ", row)]
    assert ["localhost:3000/'" in row for row in changed] == [True, False]
    assert "localhost:3000'" in changed[1]


def test_a_comment_beside_the_line_is_no_part_of_the_fix() -> None:
    assert "   = fix (verified): allow_methods=['GET', 'PUT']" in fixed(
        "f(\n    allow_methods=['GET'],\t# read only\n)\n", "f(\n    allow_methods=['GET', 'PUT'],\t# read only\n)\n"
    )


def test_a_long_fix_is_counted() -> None:
    printed = fixed("a\n", "".join(f"line {number}\n" for number in range(30)))
    assert "   = diff: 31 lines change; `corsense fix` prints them." in printed


def test_a_fix_that_was_refuted_is_not_shown_as_one_to_take() -> None:
    printed = fixed("a = 1\nx\n", "b = 1\ny\nz\n", verified=False)
    assert "   = fix (tried, still blocked): do it" in printed
    assert not any(" + " in row for row in printed)


def test_a_secret_in_the_source_is_covered_and_not_in_a_fix() -> None:
    source = 'app.add(x, api_key="AKIAIOSFODNN7EXAMPLE1", allow_methods=["GET"])\n'
    printed = "\n".join(fixed(source, source.replace("GET", "PUT")))
    assert "AKIAIOSFODNN7EXAMPLE1" not in printed


def test_colour_and_links_are_shown_where_the_terminal_shows_them() -> None:
    printed = "\n".join(rows(found(None), lines=Lines(80, colour=True, links=True)))
    assert "\x1b[1;31merror[CORS601]\x1b[0m" in printed
    assert "\x1b]8;;https://github.com/" in printed
    assert "\x1b" not in "\n".join(rows(found(None)))


def test_what_a_server_says_cannot_write_to_the_terminal() -> None:
    printed = "\n".join(rows(found(None, "It sent '\x1b[31m\x07'. Then \x9b."), label="\x1b[2J", address="http://a\x1b[0m"))
    assert not {"\x1b", "\x07", "\x9b"} & set(printed)


@given(message=st.text(max_size=300), label=st.none() | st.text(max_size=200), column=st.integers(1, 60), end=st.integers(1, 80))
@settings(deadline=None, max_examples=60)
def test_no_message_label_or_span_breaks_a_block(message: str, label: str | None, column: int, end: int) -> None:
    write('    allow_methods=["GET", "POST"],  # \u6771\u4eac\n')
    printed = rows(found(Place("main.py", 1, column, 1, end), message, allow_methods=["GET"]), label=label)
    assert printed[-1] == "   = help: corsense rule CORS601"


@pytest.mark.parametrize(
    ("message", "head"),
    [
        ("One sentence.", "One sentence"),
        ("One. Two.", "One"),
        ("It has 'https://a. b' in it. Two.", "It has 'https://a. b' in it"),
        ("'x' ends. 'y' too.", "'x' ends"),
        ("a.example.com is wrong. So.", "a.example.com is wrong"),
    ],
)
def test_the_first_sentence_is_the_headline(message: str, head: str) -> None:
    assert headline(message)[0] == head


def test_of_a_long_line_the_argument_that_changes_is_the_fix() -> None:
    before = f'app.add_middleware(CORSMiddleware, allow_origins=["https://{"a" * 60}.example"], allow_methods=["GET"])\n'
    assert '   = fix (verified): allow_methods=["GET", "PUT"]' in fixed(before, before.replace('"GET"', '"GET", "PUT"'))
    added = before.replace('["GET"])', '["GET"], allow_headers=["X-A"])')
    assert '   = fix (verified): allow_headers=["X-A"]' in fixed(before, added)
    assert "   = fix (verified): do it" in fixed(before, before.replace("add_middleware", "add"))
