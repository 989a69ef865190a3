"""Lists of a CORS call that hold something else than single strings, as programs write them."""

from __future__ import annotations

import pytest

from corsense.diagnose.lists import joined_parts
from corsense.fix.edits import (
    load_json,
    regex_of_text,
    regex_out_of_list,
    shorten_computed,
    split_joined,
    split_only_entry,
    split_string,
    string_to_list,
    unnest_list,
)
from corsense.fix.edits.patterns import meant_by_glob

CALL = "app.add_middleware(CORSMiddleware, allow_origins={})\n"
HEAD = "import os\nfrom fastapi.middleware.cors import CORSMiddleware\n\nNAME = 'shop'\n"


def program(origins: str, before: str = "") -> tuple[str, int]:
    text = HEAD + before + CALL.format(origins)
    return text, text.count("\n")


@pytest.mark.parametrize(
    ("before", "given", "after_before", "after"),
    [
        ("origins = ['a', 'b']\n", "[origins]", "origins = ['a', 'b']\n", "origins"),
        ("origins = [\n    'a',\n    'b',\n],\n", "origins", "origins = [\n    'a',\n    'b',\n]\n", "origins"),
        ("", "[['a', 'b']]", "", "['a', 'b']"),
        ("", "(['a', 'b'],)", "", "['a', 'b']"),
        ("more = ['b']\n", "['a', more]", "more = ['b']\n", "['a', *more]"),
        ("", "['a', ('b', 'c')]", "", "['a', 'b', 'c']"),
        ("", "[settings.origins]", "", "settings.origins"),
    ],
)
def test_a_list_in_a_list_is_unpacked(before: str, given: str, after_before: str, after: str) -> None:
    text, line = program(given, before)
    edited = unnest_list(text, line)
    assert edited == program(after, after_before)[0]
    assert unnest_list(edited, edited.count("\n")) is None


@pytest.mark.parametrize("given", ["['a', 'b']", "[*origins]", "['a', *more]", "origins", "[]"])
def test_a_list_of_strings_is_left_alone(given: str) -> None:
    text, line = program(given)
    assert unnest_list(text, line) is None


def test_a_name_that_other_code_reads_keeps_its_value() -> None:
    text, line = program("origins", "origins = ['a'],\nprint(origins[0])\n")
    assert unnest_list(text, line) is None


@pytest.mark.parametrize(
    ("given", "value", "after"),
    [
        ("['https://a.com,https://b.com']", "https://a.com,https://b.com", "['https://a.com', 'https://b.com']"),
        ("['https://a.com' 'https://b.com']", "https://a.comhttps://b.com", "['https://a.com', 'https://b.com']"),
        ("['https://a.com', 'https://b.com,https://a.com']", "https://b.com,https://a.com", "['https://a.com', 'https://b.com']"),
    ],
)
def test_several_values_in_one_string_become_entries_each_once(given: str, value: str, after: str) -> None:
    text, line = program(given)
    assert split_joined(text, line, "allow_origins", value, joined_parts(value)) == program(after)[0]


def test_methods_in_one_string_become_entries() -> None:
    text = HEAD + "app.add_middleware(CORSMiddleware, allow_methods=['GET,POST'])\n"
    edited = split_joined(text, 5, "allow_methods", "GET,POST", ["GET", "POST"])
    assert edited is not None
    assert "allow_methods=['GET', 'POST']" in edited


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("os.getenv('X', 'a,b')", "[origin.strip() for origin in os.getenv('X', 'a,b').split(',') if origin.strip()]"),
        ("os.getenv('X')", "[origin.strip() for origin in os.getenv('X', '').split(',') if origin.strip()]"),
        ("os.environ['X']", "[origin.strip() for origin in os.environ['X'].split(',') if origin.strip()]"),
        ("settings.origins", "[origin.strip() for origin in settings.origins.split(',') if origin.strip()]"),
        ("os.getenv('X') or 'a'", "[origin.strip() for origin in (os.getenv('X') or 'a').split(',') if origin.strip()]"),
    ],
)
def test_a_string_from_elsewhere_is_split(given: str, after: str) -> None:
    text, line = program(given)
    edited = split_string(text, line)
    assert edited == program(after)[0]
    assert split_string(edited, line) is None


def test_the_one_entry_of_a_list_is_split() -> None:
    text, line = program("origins", "origins = [os.getenv('X', 'a,b')]\n")
    edited = split_only_entry(text, line)
    wanted = "origins = [origin.strip() for origin in os.getenv('X', 'a,b').split(',') if origin.strip()]\n"
    assert edited == program("origins", wanted)[0]
    assert split_only_entry(edited, line) is None
    assert split_only_entry(*program("['a']")) is None
    assert split_only_entry(*program("[settings.a, 'b']")) is None


def test_json_from_elsewhere_is_read_as_json() -> None:
    text, line = program("os.environ['X']")
    edited = load_json(text, line)
    assert edited is not None
    assert "allow_origins=json.loads(os.environ['X'])" in edited
    assert "import json\n" in edited


def test_json_text_in_the_source_becomes_the_list_it_spells() -> None:
    text, line = program("""'["https://a.com", "https://b.com"]'""")
    assert string_to_list(text, line) == program("['https://a.com', 'https://b.com']")[0]


@pytest.mark.parametrize(
    ("given", "tail", "after"),
    [
        ("[f'{S}://{H}:{P}']", ":443", "[f'{S}://{H}']"),
        ("[f'{S}://{H}/']", "/", "[f'{S}://{H}']"),
        ("[f'https://{H}:443', 'https://b.com']", ":443", "[f'https://{H}', 'https://b.com']"),
    ],
)
def test_the_end_of_an_f_string_is_dropped(given: str, tail: str, after: str) -> None:
    text, line = program(given)
    assert shorten_computed(text, line, tail) == program(after)[0]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://localhost:*", r"http://localhost(:\d+)?"),
        ("http://localhost.*", r"http://localhost(:\d+)?"),
        (r"^https?://localhost:.*$", r"https?://localhost(:\d+)?"),
        (r"http://127\.0\.0\.1.*", r"http://127\.0\.0\.1(:\d+)?"),
        ("https://*.example.com", r"https://([a-z0-9-]+\.)+example\.com"),
        ("https://*.vercel.app", None),
        (r"https://.*\.example\.com", None),
        (r"http://localhost(:\d+)?", None),
        ("https://app.example.com", None),
    ],
)
def test_a_glob_as_expression_is_read_as_it_was_meant(written: str, meant: str | None) -> None:
    assert meant_by_glob(written) == meant


REGEX_CALL = "app.add_middleware(CORSMiddleware, {})\n"


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ("allow_origin_regex=['https://a.example', 'http://localhost:3000']", "allow_origins=['https://a.example', 'http://localhost:3000']"),
        ("allow_origin_regex=('https://a.example',)", "allow_origins=('https://a.example',)"),
        ("allow_origins=['https://b.example'], allow_origin_regex=['https://a.example']", "allow_origins=['https://b.example', 'https://a.example']"),
        ("allow_origins=['https://a.example'], allow_origin_regex=['https://a.example']", "allow_origins=['https://a.example']"),
        (r"allow_origin_regex=[r'https://[a-z]+\.a\.example']", r"allow_origin_regex=r'https://[a-z]+\.a\.example'"),
    ],
)  # fmt: skip
def test_a_list_in_place_of_an_expression_goes_where_it_belongs(given: str, after: str) -> None:
    text = HEAD + REGEX_CALL.format(given)
    edited = regex_out_of_list(text, text.count("\n"))
    assert edited == HEAD + REGEX_CALL.format(after)
    assert regex_out_of_list(edited, text.count("\n")) is None


@pytest.mark.parametrize(
    "given",
    [
        "allow_origin_regex=['.*']",
        "allow_origin_regex=['*']",
        "allow_origin_regex=[]",
        "allow_origin_regex=['https://a.example', 'https://[a-z]+.b.example']",
        "allow_origins=['*'], allow_origin_regex=['https://a.example']",
        "allow_origins=settings.origins, allow_origin_regex=['https://a.example']",
        "allow_origin_regex=['https://a.example'], **options",
        "allow_origin_regex=[PAGE]",
    ],
)
def test_a_list_in_place_of_an_expression_stays_where_its_meaning_is_open(given: str) -> None:
    text = HEAD + REGEX_CALL.format(given)
    assert regex_out_of_list(text, text.count("\n")) is None


@pytest.mark.parametrize(
    ("given", "after"),
    [
        (r"allow_origin_regex=rb'https://[a-z]+\.a\.example'", r"allow_origin_regex=r'https://[a-z]+\.a\.example'"),
        (r"allow_origin_regex=Rb'https://[a-z]+\.a\.example'", r"allow_origin_regex=r'https://[a-z]+\.a\.example'"),
        ("allow_origin_regex=b'https://a[.]example'", "allow_origin_regex='https://a[.]example'"),
        (r"allow_origin_regex=re.compile(br'https://a\.example')", r"allow_origin_regex=re.compile(r'https://a\.example')"),
    ],
)
def test_an_expression_of_bytes_becomes_a_string(given: str, after: str) -> None:
    text = HEAD + REGEX_CALL.format(given)
    edited = regex_of_text(text, text.count("\n"))
    assert edited == HEAD + REGEX_CALL.format(after)
    assert regex_of_text(edited, text.count("\n")) is None


@pytest.mark.parametrize(
    "given",
    [
        "allow_origin_regex=b'.*'",  # it lets everybody in
        "allow_origin_regex=b'\\u0061'",  # a string reads the escape otherwise
        "allow_origin_regex=PAGE",
        "allow_origin_regex=re.compile(b'https://a[.]example', re.I)",
    ],
)
def test_an_expression_of_bytes_stays_where_its_meaning_would_change(given: str) -> None:
    text = HEAD + REGEX_CALL.format(given)
    assert regex_of_text(text, text.count("\n")) is None
