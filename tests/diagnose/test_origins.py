"""Which fault keeps an entry of a list from equalling the page's origin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.diagnose.lists import joined_parts
from corsense.diagnose.origins import LIKENESS, compare, meant_origin, nearest_entry, pattern_remedy
from corsense.diagnose.previews import preview_pattern


@pytest.mark.parametrize(
    ("entry", "slug"),
    [
        ("http://localhost:3000/", "origin-trailing-slash"),
        (" http://localhost:3000", "env-split-without-strip"),
        ('"http://localhost:3000"', "env-split-without-strip"),
        ("http://localhost:3000,http://localhost:5173", "joined-values"),
        ("http://localhost:3000http://localhost:5173", "joined-values"),
        ("http://localhost:3000/app", "origin-has-path"),
        ("HTTP://LOCALHOST:3000", "origin-not-normalised"),
        ("localhost:3000", "origin-without-scheme"),
        ("https://localhost:3000", "origin-scheme-mismatch"),
        ("http://localhost:8080", "origin-port-mismatch"),
        ("http://localhost", "origin-port-mismatch"),
        ("http://127.0.0.1:3000", "origin-host-mismatch"),
        ("http://0.0.0.0:3000", "origin-host-mismatch"),
        ("http://localhost:*", "glob-in-origins"),
        (r"http://localhost:\d+", "regex-in-origins"),
        ("https://app.example.com", "origin-mismatch"),
        ("", "origin-mismatch"),
    ],
)
def test_an_entry_is_distinguished_by_its_fault(entry: str, slug: str) -> None:
    assert compare("http://localhost:3000", entry).slug == slug


def test_a_default_port_is_distinguished() -> None:
    assert compare("https://app.example.com", "https://app.example.com:443").slug == "origin-default-port"


def test_the_nearest_entry_is_the_one_that_was_meant() -> None:
    entries = ["https://app.example.com", "http://localhost:8080", "http://localhost:3000/"]
    likeness = nearest_entry("http://localhost:3000", entries)
    assert (likeness.slug, likeness.entry) == ("origin-trailing-slash", "http://localhost:3000/")


def test_of_entries_alike_in_fault_the_most_alike_in_text_is_shown() -> None:
    likeness = nearest_entry("https://app.example.com", ["https://zzz.org", "https://api.example.com"])
    assert likeness.entry == "https://api.example.com"


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("http://localhost:3000/", "http://localhost:3000"),
        ("localhost:3000", "http://localhost:3000"),
        ("app.example.com", "https://app.example.com"),
        ("https://App.Example.com:443/path", "https://app.example.com"),
        ("https://*.example.com", "https://app.example.com"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("*", None),
        ("null", None),
        (r"https://.*\.example\.com", None),
        ("", None),
    ],
)
def test_the_origin_an_entry_was_meant_for(entry: str, origin: str | None) -> None:
    assert meant_origin(entry) == origin


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_are_compared(origin: str, entry: str) -> None:
    assert compare(origin, entry).slug in LIKENESS


@given(st.text(max_size=80))
def test_what_was_meant_is_an_origin_or_nothing(entry: str) -> None:
    origin = meant_origin(entry)
    assert origin is None or ("://" in origin and not origin.endswith("/"))


def test_only_an_entry_that_is_like_the_origin_is_shown_beside_it() -> None:
    assert nearest_entry("https://app.example.com", ["https://api.example.com"]).is_near
    assert not nearest_entry("http://localhost:3000", ["https://b.example"]).is_near
    assert not nearest_entry("http://localhost:3000", [""]).is_near


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        ("https://a.com,https://b.com", ("https://a.com", "https://b.com")),
        ("https://a.comhttps://b.com", ("https://a.com", "https://b.com")),
        ("https://a.com ; localhost:3000", ("https://a.com", "localhost:3000")),
        ('["https://a.com", "https://b.com"]', ("https://a.com", "https://b.com")),
        ('["https://a.com"]', ("https://a.com",)),
        ("https://a.com,", ("https://a.com",)),
        ("https://a.com", ()),
        ("^https://(a|b)\\.example\\.com$", ()),
        ("https://[a-z]{1,3}.example.com", ()),
        ("https?://a.com", ()),
        ("*", ()),
        ("", ()),
        ("[1, 2]", ("1", "2")),
    ],
)
def test_several_values_in_one_string_are_distinguished_from_expressions(entry: str, parts: tuple[str, ...]) -> None:
    assert joined_parts(entry) == parts


@pytest.mark.parametrize(
    ("origin", "listed", "pattern"),
    [
        ("https://shop-krvhbmou7-team.vercel.app", ["https://shop.vercel.app"], r"https://shop-[a-z0-9-]+-team\.vercel\.app"),
        ("https://shop-krvhbmou7-team.vercel.app", [], None),
        ("https://shop-git-main-team.vercel.app", ["https://shop.vercel.app"], None),
        ("https://shopping-krvhbmou7-team.vercel.app", ["https://shop.vercel.app"], None),
        ("https://deploy-preview-42--site.netlify.app", [], r"https://[a-z0-9-]+--site\.netlify\.app"),
        ("https://site.netlify.app", [], None),
        ("https://a1b2c3.site.pages.dev", [], r"https://[a-z0-9-]+\.site\.pages\.dev"),
        ("https://app.example.com", ["https://example.com"], None),
    ],
)
def test_the_previews_of_one_project_have_an_expression(origin: str, listed: list[str], pattern: str | None) -> None:
    assert preview_pattern(origin, listed) == pattern


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (r"https://(a|b)\.example\.com", r"allow_origin_regex=r'https://(a|b)\.example\.com'"),
        (r"https://shop-\w+-team\.vercel\.app", "If no one else can take one of this shape"),
        (r"https://.*\.vercel\.app", "lets other sites in"),
        (r"https://.*", "lets other sites in"),
    ],
)
def test_an_expression_in_a_list_is_advised_as_an_argument_only_where_it_is_narrow(entry: str, words: str) -> None:
    assert words in pattern_remedy(entry)
