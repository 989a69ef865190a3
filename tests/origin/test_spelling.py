"""What is wrong with the spelling of an origin, and what to write instead: whole sentences."""

from __future__ import annotations

import pytest

from corsense.faults import Fault, PolicyError
from corsense.origin import OriginPattern
from corsense.origin.spelling import read_pattern

FAULTS = [
    (
        "*",
        "wildcard-origins",
        "'*' is not a pattern; it stands for every origin and must stand alone.",
        'Write origins="*", or list the origins that you mean.',
    ),
    (
        "null",
        "null-origin",
        "'null' is the origin of every sandboxed frame, and every page can open one; allowing it allows everyone.",
        "Serve the page from an origin of its own, and list that.",
    ),
    ("", "env-split-without-strip", "an empty string is not an origin; splitting an empty setting leaves one.", "Leave it out."),
    (
        " https://a.example",
        "env-split-without-strip",
        "' https://a.example' has white space around it, and no browser sends that.",
        "Write 'https://a.example'.",
    ),
    (
        "https://a.example,https://b.example",
        "origins-not-a-list",
        "'https://a.example,https://b.example' is one string that holds 2 origins; each must be an entry of its own.",
        "Write ['https://a.example', 'https://b.example'].",
    ),
    (
        "https://a\x00.example",
        "origin-not-normalised",
        "'https://a\\x00.example' has control characters, which no browser sends.",
        "Write one origin, on one line.",
    ),
    (
        "https://.*\\.example\\.com",
        "regex-in-origins",
        "'https://.*\\.example\\.com' is a regular expression, but the list holds origins; it matches no page.",
        "Write 'https://*.example.com'.",
    ),
    (
        "https://(a|b).example",
        "regex-in-origins",
        "'https://(a|b).example' is a regular expression, but the list holds origins; it matches no page.",
        "Pass it as origin_regex, or write a pattern such as 'https://*.example.com'.",
    ),
    (
        "a.example",
        "origin-without-scheme",
        "'a.example' has no scheme, and browsers always send one.",
        "Write 'https://a.example'.",
    ),
    (
        "localhost:3000",
        "origin-without-scheme",
        "'localhost:3000' has no scheme, and browsers always send one.",
        "Write 'http://localhost:3000'.",
    ),
    (
        "//a.example",
        "origin-without-scheme",
        "'//a.example' has no scheme, and browsers always send one.",
        "Write 'https://a.example'.",
    ),
    (
        "*://a.example",
        "glob-in-origins",
        "'*://a.example' leaves the scheme open, which would allow pages that anyone on the network can forge.",
        "Write 'https://a.example'.",
    ),
    (
        "file:///x",
        "null-origin",
        "pages from files have the origin 'null', so this matches none of them.",
        "Serve the page over http, for example from http://localhost:8080.",
    ),
    (
        "HTTPS://a.example",
        "origin-not-normalised",
        "'HTTPS://a.example' has upper case in the scheme: it matches no page.",
        "Write 'https://a.example'.",
    ),
    (
        "1http://a.example",
        "origin-not-normalised",
        "'1http' is not a scheme: a lower-case letter, then letters, digits, '+', '-', '.', at most 64.",
        "Write scheme, host and port only, such as 'https://app.example.com'.",
    ),
    (
        "https://a.example/",
        "origin-trailing-slash",
        "'https://a.example/' ends in a slash, and browsers send the origin without one: it matches no page.",
        "Write 'https://a.example'.",
    ),
    (
        "https://a.example/app",
        "origin-has-path",
        "'https://a.example/app' has '/app' after the host, but an origin ends with host and port.",
        "Write 'https://a.example'.",
    ),
    (
        "https://me@a.example",
        "origin-not-normalised",
        "'https://me@a.example' names a user, but browsers send only host and port.",
        "Write 'https://a.example'.",
    ),
    (
        "https://a.example:0",
        "origin-not-normalised",
        "'0' is not a port: ports are 1 to 65535, or '*' for any.",
        "Write 'https://a.example', with its port if it has one.",
    ),
    (
        "https://a.example:443",
        "origin-default-port",
        "443 is the default port of https, which browsers omit: 'https://a.example:443' matches no page.",
        "Write 'https://a.example'.",
    ),
    (
        "https://a.example:08443",
        "origin-not-normalised",
        "'https://a.example:08443' has a port with leading zeros: it matches no page.",
        "Write 'https://a.example:8443'.",
    ),
    (
        "https://*.127.0.0.1",
        "glob-in-origins",
        "'https://*.127.0.0.1' asks for subdomains of an address, which has none.",
        "Write 'https://127.0.0.1'.",
    ),
    (
        "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
        "origin-not-normalised",
        "the host is longer than a name can be: 63 characters a label, 253 in all.",
        "Write the name as it is in DNS.",
    ),
    (
        "https://A.example",
        "origin-not-normalised",
        "'https://A.example' has upper case, and browsers send lower case: it matches no page.",
        "Write 'https://a.example'.",
    ),
    (
        "https://é.example",
        "origin-not-normalised",
        "'https://é.example' has Unicode, and browsers send Punycode: it matches no page.",
        "Write 'https://xn--9ca.example'.",
    ),
    (
        "https://0x7f.1",
        "origin-not-normalised",
        "'https://0x7f.1' has a form that browsers rewrite: it matches no page.",
        "Write 'https://127.0.0.1'.",
    ),
    (
        "https://a..example",
        "origin-not-normalised",
        "'a..example' is not a host name: letters, digits, '-', '_' and '.', or an address.",
        "Write the host as the browser's address bar shows it.",
    ),
    (
        "https://*",
        "glob-in-origins",
        "'https://*' names no host: it would allow almost every page on the web.",
        'Write the host; or origins="*" if everyone may read the responses.',
    ),
    (
        "https://a.b*c.example.com",
        "glob-in-origins",
        "'https://a.b*c.example.com' has a wildcard within the name; '*' can only stand for whole leading labels, as '*.'.",
        "Write 'https://*.example.com', if you trust each of its subdomains; or origin_regex=r'https://a\\.b[a-z0-9-]+c\\.example\\.com', which matches exactly that.",  # noqa: E501
    ),
    (
        "https://x-*.vercel.app",
        "glob-in-origins",
        "'https://x-*.vercel.app' has a wildcard within the name; '*' can only stand for whole leading labels, as '*.'.",
        "Write origin_regex=r'https://x-[a-z0-9-]+\\.vercel\\.app'; with credentials set dangerously_allow_public_suffixes=True too: anyone can register a name below vercel.app.",  # noqa: E501
    ),
    (
        "https://x*",
        "glob-in-origins",
        "'https://x*' has a wildcard within the name; '*' can only stand for whole leading labels, as '*.'.",
        "Write 'https://*.example.com', or list the origins.",
    ),
    (7, "origin-not-normalised", "7 must be a string.", "Write 'https://app.example.com'."),
    (
        "https://x-*.example.com:*",
        "glob-in-origins",
        "'https://x-*.example.com:*' has a wildcard within the name; '*' can only stand for whole leading labels, as '*.'.",
        "Write 'https://*.example.com', if you trust each of its subdomains; or origin_regex=r'https://x-[a-z0-9-]+\\.example\\.com(:[0-9]+)?', which matches exactly that.",  # noqa: E501
    ),
    (
        "https://a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.",
        "origin-not-normalised",
        "an origin of 408 characters is longer than any that a browser sends.",
        "Write at most 326 characters.",
    ),
]


@pytest.mark.parametrize(("text", "slug", "message", "remedy"), FAULTS, ids=[repr(text)[:40] for text, *_ in FAULTS])
def test_a_fault_says_what_is_wrong_and_what_to_write(text: object, slug: str, message: str, remedy: str) -> None:
    assert read_pattern(text, "allow_origins") == Fault("allow_origins", text, slug, message, remedy)


def test_a_pattern_that_is_parsed_alone_is_called_an_origin() -> None:
    with pytest.raises(PolicyError) as caught:
        OriginPattern.parse("https://a.example/")
    assert [fault.field for fault in caught.value.faults] == ["origin"]


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("https://*.a.example", "https://b.a.example", True),
        ("https://*.a.example", "https://*.b.a.example", True),
        ("https://*.a.example", "https://*.a.example", True),
        ("https://*.a.example", "https://a.example", False),
        ("https://*.a.example", "http://b.a.example", False),
        ("https://*.a.example:*", "https://b.a.example:8443", True),
        ("https://*.a.example", "https://b.a.example:8443", False),
        ("https://*.a.example", "https://xa.example", False),
        ("https://a.example", "https://*.a.example", False),
    ],
)
def test_a_pattern_covers_another_if_each_of_its_origins_is_meant(wide: str, narrow: str, covers: bool) -> None:
    assert OriginPattern.parse(wide).covers(OriginPattern.parse(narrow)) is covers
