"""Which origins are tried because they look like a trusted one, and which origins resemble each other."""

from __future__ import annotations

import pytest

from corsense.errors import InputError
from corsense.origin.lookalikes import ForeignOrigin, foreign_origins, listed_untrusted, near_origins, resembles

PREFIX, SUFFIX = "only the beginning is compared", "only the end is compared"
SUBSTRING = "one text is searched for in the other"
PORT = "another port is another program"
SUBDOMAIN = "any name below the domain is allowed: one of them, taken over or with a script injected, is enough"
TWO = "two origins in one header, one of them is compared"
TRUSTED = "https://app.example.com"

EXPECTED = [
    ForeignOrigin("null", "null", "any site can be null, in a sandboxed frame"),
    ForeignOrigin("https://localhost.evil.com", "localhost", "a name that only begins with localhost"),
    ForeignOrigin("http://localhost:31337", "localhost", "any program on the user's machine, any port"),
    ForeignOrigin("https://x.github.io", "hosted third party", "anyone can publish a page there"),
    ForeignOrigin("https://app.example.com.evil.com", "prefix match", PREFIX),
    ForeignOrigin("https://app.example.comevil.com", "prefix match", PREFIX),
    ForeignOrigin("https://evilexample.com", "suffix match", SUFFIX),
    ForeignOrigin("https://evilapp.example.com", "suffix match", SUFFIX),
    ForeignOrigin("https://xample.com", "substring", SUBSTRING),
    ForeignOrigin("https://pp.example.com", "substring", SUBSTRING),
    ForeignOrigin("https://app.example.co", "substring", SUBSTRING),
    ForeignOrigin("https://evil.com.app.example.com.evil.com", "substring", SUBSTRING),
    ForeignOrigin("https://appxexample.com", "unescaped dot", "a dot of a regular expression is any character"),
    ForeignOrigin("https://app.examplexcom", "unescaped dot", "a dot of a regular expression is any character"),
    ForeignOrigin(
        "https://app.example.com_.evil.com",
        "special characters",
        "a character that some browsers allow in a name ends the comparison",
    ),
    ForeignOrigin("https://evil.example.com", "any subdomain", SUBDOMAIN),
    ForeignOrigin("https://a.b.example.com", "any subdomain", SUBDOMAIN),
    ForeignOrigin("https://evil.app.example.com", "any subdomain", SUBDOMAIN),
    ForeignOrigin("http://app.example.com", "http twin", "anyone on the user's network can forge http pages"),
    ForeignOrigin("http://evil.example.com", "http twin", "anyone on the user's network can forge http pages"),
    ForeignOrigin("https://app.example.com:1337", "port wildcard", PORT),
    ForeignOrigin("https://app.example.com:0", "port wildcard", PORT, browser=False),
    ForeignOrigin("https://app.example.com:443", "port wildcard", PORT, browser=False),
    ForeignOrigin("https://APP.EXAMPLE.COM", "spelling", "spelled differently, and treated as the same", browser=False),
    ForeignOrigin("https://app.example.com.", "spelling", "with a dot at the end it is another origin"),
    ForeignOrigin("https://xn--pp-6kc.example.com", "spelling", "a name in other letters that looks alike"),
    ForeignOrigin("https://app.example.com@evil.com", "spelling", "what stands before @ is a user, not a host", browser=False),
    ForeignOrigin("https://app.example.com .evil.com", "spelling", "a blank ends the comparison", browser=False),
    ForeignOrigin("https://app.example.com/", "spelling", "an origin has no path", browser=False),
    ForeignOrigin("https://app.example.com https://evil.com", "two origins", TWO, browser=False),
    ForeignOrigin("https://app.example.com, https://evil.com", "two origins", TWO, browser=False),
    ForeignOrigin("https://evil.com, https://app.example.com", "two origins", TWO, browser=False),
]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected.origin)
def test_a_careless_comparison_is_tried_with_the_origin_that_it_would_let_in(expected: ForeignOrigin) -> None:
    assert {probe.origin: probe for probe in foreign_origins([TRUSTED])}[expected.origin] == expected


def test_a_port_is_kept_and_has_a_prefix_of_its_own() -> None:
    found = {probe.origin: probe for probe in foreign_origins(["http://localhost:3000"])}
    assert found["http://localhost.evil.com:3000"].kind == "prefix match"
    assert found["http://localhost:3000.evil.com"] == ForeignOrigin(
        "http://localhost:3000.evil.com", "prefix match", PREFIX, browser=False
    )
    assert "http://localhost:80" not in found
    assert not any(probe.kind == "any subdomain" for probe in found.values())


def test_what_is_trusted_is_not_tried() -> None:
    origins = [probe.origin for probe in foreign_origins([TRUSTED, "http://app.example.com", "https://*.example.com"])]
    assert "http://app.example.com" not in origins
    assert "https://evil.example.com" not in origins
    assert len(origins) == len(set(origins))


def test_an_address_has_no_dot_of_an_expression() -> None:
    assert not any(probe.kind == "unescaped dot" for probe in foreign_origins(["http://[::1]:3000"]))


def test_near_origins_are_what_a_browser_sends_and_a_slip_lets_in() -> None:
    near = near_origins([TRUSTED, "not an origin"])
    assert "https://app.example.com.evil.com" in near
    assert not {"https://app.example.com:443", "https://APP.EXAMPLE.COM", "https://app.example.com_.evil.com"} & set(near)


def test_what_is_not_an_origin_cannot_be_trusted() -> None:
    with pytest.raises(InputError) as caught:
        foreign_origins(["https://a.example/"])
    assert str(caught.value).startswith("trusted='https://a.example/' is not an origin that can be trusted: origin: ")


def test_what_an_app_lists_and_no_one_trusts_is_tried() -> None:
    why = "the app's own list names it, but it is not trusted"
    listed = ["https://a.example", "https://old.example", "https://*.c.example", "https://b.d.example", "no origin"]
    assert list(listed_untrusted(listed, ["https://a.example", "https://*.d.example"])) == [
        ForeignOrigin("https://old.example", "listed", why),
        ForeignOrigin("https://app.c.example", "listed", why),
    ]


@pytest.mark.parametrize(
    ("origin", "how"),
    [
        ("https://app.example.com", None),
        ("http://app.example.com", "the same host over http, whose pages anyone on the network can forge"),
        ("https://other.example.com", None),
        ("https://app.example.com.evil.org", "it contains example.com, and belongs to evil.org"),
        ("https://notexample.com", "it contains example.com, and belongs to notexample.com"),
        ("https://examp1e.com", "it reads like example.com"),
        ("https://exarnple.com", "it reads like example.com"),
        ("https://xn--xample-2of.com", "it reads like example.com"),
        ("https://exampl.com", "it is one letter away from example.com"),
        ("https://exammple.com", "it is one letter away from example.com"),
        ("https://exmaple.com", "it is one letter away from example.com"),
        ("https://exanple.com", "it is one letter away from example.com"),
        ("https://my-example.org", "it contains the name of example.com"),
        ("https://my-examples.org", None),
        ("https://something.org", None),
        ("http://localhost:3000", None),
    ],
)
def test_how_an_origin_resembles_a_trusted_one(origin: str, how: str | None) -> None:
    assert resembles(origin, TRUSTED) == how


@pytest.mark.parametrize(
    ("origin", "trusted"), [("https://tenant2.org", "https://tenant1.org"), ("https://tenant12.org", "https://tenant1.org")]
)
def test_numbered_names_do_not_resemble_each_other(origin: str, trusted: str) -> None:
    assert resembles(origin, trusted) is None
