from __future__ import annotations

import pytest

from corsense.fix.edits import extend_origins, origins_from_environment, strip_origins, unslash_origins
from tests.fix.programs import cors, line_of, program

HEAD = """
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

"""
APP = "app = FastAPI()\napp.add_middleware(CORSMiddleware, allow_origins={})\n"


def with_origins(value: str, before: str = "") -> str:
    return HEAD + before + APP.format(value)


def mark(text: str) -> int:
    return line_of(text, "add_middleware")


def allowed(text: str) -> list[str]:
    return list(cors(text).allow_origins)


def test_a_split_setting_loses_its_white_space_and_its_blanks() -> None:
    text = with_origins('SETTING.split(",")', 'SETTING = "https://a.example, https://b.example ,"\n')
    edited = strip_origins(text, mark(text))
    assert edited is not None
    assert allowed(edited) == ["https://a.example", "https://b.example"]
    assert strip_origins(edited, mark(edited)) is None


@pytest.mark.parametrize("value", ['["https://a.example "]', "[part.strip() for part in ORIGINS]", "read(ORIGINS)"])
def test_a_literal_a_tidied_list_and_the_unknown_are_not_stripped(value: str) -> None:
    text = with_origins(value)
    assert strip_origins(text, mark(text)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[str(url) for url in URLS]", '[str(url).rstrip("/") for url in URLS]'),
        ("[url for url in URLS]", '[str(url).rstrip("/") for url in URLS]'),
        ("list(map(str, URLS))", '[str(origin).rstrip("/") for origin in list(map(str, URLS))]'),
        ("URLS", '[str(origin).rstrip("/") for origin in URLS]'),
    ],
)
def test_the_slash_of_typed_urls_is_taken_off(value: str, expected: str) -> None:
    before = 'URLS = ("https://a.example/", "https://b.example")\n'
    text = with_origins(value, before)
    edited = unslash_origins(text, mark(text))
    assert edited == with_origins(expected, before)
    assert allowed(edited) == ["https://a.example", "https://b.example"]
    assert unslash_origins(edited, mark(edited)) is None


def test_white_space_and_a_slash_are_both_taken_off() -> None:
    text = with_origins('SETTING.split(",")', 'SETTING = "https://a.example/, https://b.example/"\n')
    for first, second in ((strip_origins, unslash_origins), (unslash_origins, strip_origins)):
        half = first(text, mark(text))
        assert half is not None
        whole = second(half, mark(half))
        assert whole is not None
        assert allowed(whole) == ["https://a.example", "https://b.example"]
        assert strip_origins(whole, mark(whole)) is None
        assert unslash_origins(whole, mark(whole)) is None


def test_a_list_that_is_made_elsewhere_is_extended_where_it_is_used() -> None:
    before = 'class Settings:\n    origins = ["https://a.example"]\n'
    text = with_origins("Settings.origins", before)
    edited = extend_origins(text, mark(text), "https://b.example")
    assert edited == with_origins('[*Settings.origins, "https://b.example"]', before)
    assert allowed(edited) == ["https://a.example", "https://b.example"]
    assert extend_origins(edited, mark(edited), "https://b.example") is None


@pytest.mark.parametrize("value", ['["https://a.example"]', '"https://a.example"', "ORIGINS", "A if B else C"])
def test_a_list_in_sight_is_not_extended_beside_it(value: str) -> None:
    text = with_origins(value, 'ORIGINS = ["https://a.example"]\n')
    assert extend_origins(text, mark(text), "https://b.example") is None


def test_the_name_of_an_entry_shadows_nothing() -> None:
    text = with_origins("origin", 'origin = ["https://a.example/"]\n')
    edited = unslash_origins(text, mark(text))
    assert edited is not None
    assert allowed(edited) == ["https://a.example"]


def test_origins_come_from_the_environment_and_stay_what_they_were_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = with_origins('["https://a.example", "https://b.example"]')
    edited = origins_from_environment(text, mark(text), "ALLOWED_ORIGINS")
    assert edited is not None
    monkeypatch.delenv("ALLOWED_ORIGINS", raising=False)
    assert allowed(edited) == ["https://a.example", "https://b.example"]
    monkeypatch.setenv("ALLOWED_ORIGINS", " https://c.example ,, https://d.example\n")
    assert allowed(edited) == ["https://c.example", "https://d.example"]
    assert all(origins_from_environment(edited, line, "ALLOWED_ORIGINS") is None for line in range(1, 20))


def test_a_list_with_a_name_is_read_where_it_is_defined() -> None:
    text = with_origins("ORIGINS", 'ORIGINS = ["https://a.example"]\n')
    edited = origins_from_environment(text, mark(text), "SITES")
    assert edited is not None
    assert "allow_origins=ORIGINS)" in edited
    assert edited.index("import os") < edited.index("SITES") < edited.index("FastAPI()")
    assert allowed(edited) == ["https://a.example"]


@pytest.mark.parametrize(
    "value",
    ['["*"]', '["https://a.example", *MORE]', '"https://a.example"', "[]", '["https://a.example"  # why\n]', "settings.origins"],
)
def test_what_is_not_written_out_whole_does_not_come_from_the_environment(value: str) -> None:
    text = with_origins(value)
    assert origins_from_environment(text, mark(text), "ALLOWED_ORIGINS") is None


def test_an_import_under_another_name_is_used_and_a_taken_name_is_not() -> None:
    text = "import os as system\n" + with_origins('["https://a.example"]')
    edited = origins_from_environment(text, mark(text), "X")
    assert edited is not None
    assert "system.environ" in edited
    assert edited.count("import os") == 1
    taken = with_origins('["https://a.example"]', "os = 1\n")
    assert origins_from_environment(taken, mark(taken), "X") is None


@pytest.mark.parametrize(
    ("head", "first"),
    [
        ('"""Docs."""\n', '"""Docs."""\n\nimport os\n'),
        ("from __future__ import annotations\n", "from __future__ import annotations\n\nimport os\n"),
        ("import json\nimport sys\n", "import json\nimport os\nimport sys\n"),
        ("import sys\n", "import os\nimport sys\n"),
        ("#!/usr/bin/env python\n", "#!/usr/bin/env python\nimport os\n"),
    ],
)
def test_the_import_goes_where_imports_of_its_kind_are(head: str, first: str) -> None:
    text = head + with_origins('["https://a.example"]')
    edited = origins_from_environment(text, mark(text), "X")
    assert edited is not None
    compile(edited, "patched.py", "exec")
    assert edited.replace("\n\n", "\n").startswith(first.replace("\n\n", "\n"))


def test_a_program_of_one_line_gets_its_import_too() -> None:
    text = program("""
        from fastapi import FastAPI; from fastapi.middleware.cors import CORSMiddleware
        app = FastAPI(); app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"]); x = 1
    """)
    edited = origins_from_environment(text, 2, "X")
    assert edited is not None
    assert allowed(edited) == ["https://a.example"]
