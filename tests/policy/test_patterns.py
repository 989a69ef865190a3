"""`OriginPattern`: what can be written, what is refused and what to write instead."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense import OriginPattern, PolicyError
from corsense.faults import Fault

PERMITTED = [
    "https://example.com",
    "http://example.com",
    "http://localhost:3000",
    "https://example.com:1",
    "https://example.com:65535",
    "http://example.com:443",
    "https://www.xn--xample-9ua.com",
    "https://example.com.",
    "https://a_b.example.com",
    "https://my-app--preview.example.com",
    "capacitor://localhost",
    "tauri://localhost",
    "connector://localhost",
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
    "http://255.0.0.0",
    "http://127.0.0.1:8080",
    "http://[::1]:9090",
    "https://[2001:db8::1]",
    "https://*.example.com",
    "https://*.example.com:8443",
    "https://*.example.com:*",
    "http://localhost:*",
    "http://[::1]:*",
]

PROHIBITED = [
    # (text, slug, what to write instead as the remedy quotes it)
    ("https://example.com/", "origin-trailing-slash", "https://example.com"),
    ("http://localhost:3000/", "origin-trailing-slash", "http://localhost:3000"),
    ("https://example.com/app", "origin-has-path", "https://example.com"),
    ("https://example.com?x=1", "origin-has-path", "https://example.com"),
    ("https://example.com#top", "origin-has-path", "https://example.com"),
    ("https://me:secret@example.com", "origin-not-normalised", "https://example.com"),
    ("https://Example.com", "origin-not-normalised", "https://example.com"),
    ("HTTPS://example.com", "origin-not-normalised", "https://example.com"),
    ("https://www.éxample.com", "origin-not-normalised", "https://www.xn--xample-9ua.com"),
    ("https://*.éxample.com", "origin-not-normalised", "https://*.xn--xample-9ua.com"),
    ("https://example.com:443", "origin-default-port", "https://example.com"),
    ("http://example.com:80", "origin-default-port", "http://example.com"),
    ("https://example.com:0", "origin-not-normalised", "https://example.com"),
    ("https://example.com:65536", "origin-not-normalised", "https://example.com"),
    ("https://example.com:", "origin-not-normalised", "https://example.com"),
    ("https://example.com:08080", "origin-not-normalised", "https://example.com:8080"),
    ("http://0xFF000000", "origin-not-normalised", "http://255.0.0.0"),
    ("http://127.1", "origin-not-normalised", "http://127.0.0.1"),
    ("http://[0:0:0:0:0:0:0:0001]:9090", "origin-not-normalised", "http://[::1]:9090"),
    ("null", "null-origin", None),
    ("file:///index.html", "null-origin", None),
    ("*", "wildcard-origins", None),
    ("https://*", "glob-in-origins", None),
    ("chrome-extension://*", "glob-in-origins", None),
    ("h*", "origin-without-scheme", None),
    ("http*://example.com", "glob-in-origins", "https://example.com"),
    ("*://example.com", "glob-in-origins", "https://example.com"),
    ("https://app-*.example.com", "glob-in-origins", "https://*.example.com"),
    ("https://*example.com", "glob-in-origins", None),
    ("https://example.*", "glob-in-origins", None),
    ("https://*.127.0.0.1", "glob-in-origins", "https://127.0.0.1"),
    (r"https://.*\.example\.com", "regex-in-origins", "https://*.example.com"),
    (r"^https://(.*\.)?example\.com$", "regex-in-origins", "https://*.example.com"),
    (r"https://[a-z]+\.example\.com", "regex-in-origins", "https://*.example.com"),
    ("example.com", "origin-without-scheme", "https://example.com"),
    ("localhost:3000", "origin-without-scheme", "http://localhost:3000"),
    ("//example.com", "origin-without-scheme", "https://example.com"),
    (" https://example.com", "env-split-without-strip", "https://example.com"),
    ("", "env-split-without-strip", None),
    ("https://a.example,https://b.example", "origins-not-a-list", "https://a.example"),
    ("https://a..example", "origin-not-normalised", None),
    ("https://.example.com", "origin-not-normalised", None),
    ("https://a b.example", "origin-not-normalised", None),
    ("https://a.example\r\nX: y", "origin-not-normalised", None),
    ("https://" + "a" * 64 + ".example", "origin-not-normalised", None),
    ("https://" + "a." * 130 + "example", "origin-not-normalised", None),
    ("x" * 65 + "://example.com", "origin-not-normalised", None),
    ("https://" + "a" * 5000, "origin-not-normalised", None),
]


def fault_of(text: str) -> Fault:
    with pytest.raises(PolicyError) as refused:
        OriginPattern.parse(text)
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize("text", PERMITTED)
def test_a_permitted_pattern_is_read_and_spelt_the_same(text: str) -> None:
    assert str(OriginPattern.parse(text)) == text


@pytest.mark.parametrize(("text", "slug", "instead"), PROHIBITED)
def test_a_prohibited_pattern_is_refused_with_its_cause_and_what_to_write(text: str, slug: str, instead: str | None) -> None:
    fault = fault_of(text)
    assert fault.slug == slug
    assert re.fullmatch(r"CORS\d{3}", fault.code)
    assert fault.value == text
    assert fault.message
    assert fault.remedy
    if instead is not None:
        assert f"'{instead}'" in fault.remedy


@pytest.mark.parametrize(("text", "slug", "instead"), PROHIBITED)
def test_an_origin_that_a_remedy_proposes_is_permitted(text: str, slug: str, instead: str | None) -> None:
    proposed = re.findall(r"(?<!r)'([^']*://[^']*)'", fault_of(text).remedy)
    assert [str(OriginPattern.parse(entry)) for entry in proposed] == proposed


@given(st.text(alphabet="htps:/*.aZé0[]1@?#,- \\^$(|)+null%", max_size=40))
def test_any_text_is_read_or_refused_with_a_remedy_that_holds(text: str) -> None:
    try:
        pattern = OriginPattern.parse(text)
    except PolicyError as refused:
        for entry in re.findall(r"Write '([^']*://[^']*)'\.", refused.faults[0].remedy):
            assert str(OriginPattern.parse(entry)) == entry
    else:
        assert str(pattern) == text
        assert OriginPattern.parse(str(pattern)) == pattern


def test_a_wildcard_means_one_or_more_labels_and_not_the_domain_itself() -> None:
    pattern = OriginPattern.parse("https://*.example.com")
    assert pattern.matches("https://foo.example.com")
    assert pattern.matches("https://baz.bar.foo.example.com")
    assert not pattern.matches("https://example.com")
    assert not pattern.matches("https://fooexample.com")
    assert not pattern.matches("http://foo.example.com")
    assert not pattern.matches("https://foo.example.com:8443")


def test_an_open_port_means_the_default_port_too() -> None:
    pattern = OriginPattern.parse("http://localhost:*")
    assert all(pattern.matches(origin) for origin in ("http://localhost", "http://localhost:8080", "http://localhost:65535"))
    assert not any(pattern.matches(origin) for origin in ("http://localhost:0", "http://localhost:65536", "http://localhost:80"))


@pytest.mark.parametrize("value", [None, 3, b"https://example.com"])
def test_what_is_no_text_is_a_fault_and_no_crash(value: object) -> None:
    with pytest.raises(PolicyError):
        OriginPattern.parse(value)  # type: ignore[arg-type]
