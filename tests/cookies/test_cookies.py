from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsense.fetch.cookies import Cookie, CookieVerdict, cookie_verdict, parse_set_cookie, same_site
from corsense.fetch.request import Credentials
from corsense.fetch.trace import EngineName
from tests.cookies.jar import CookieJar

LOCAL = "http://localhost:3000"
LOCAL_API = "http://localhost:8000/login"
SITE = "https://app.example.com"
SITE_API = "https://api.example.com/login"
ENGINES: tuple[EngineName, ...] = ("chromium", "firefox", "webkit", "standard")


def judged(line: str, page: str, url: str, credentials: Credentials, engine: EngineName = "chromium") -> CookieVerdict:
    cookie = parse_set_cookie(line)
    assert cookie is not None
    return cookie_verdict(cookie, page, url, credentials, engine)


@pytest.mark.parametrize(
    ("line", "cookie"),
    [
        ("session=abc", Cookie("session")),
        ("session=abc; Path=/; SameSite=lax; HttpOnly", Cookie("session", "lax", path="/", http_only=True)),
        (" session = abc ;secure; SAMESITE=None ;Partitioned", Cookie("session", "none", secure=True, partitioned=True)),
        ("session=a=b; Domain=.Example.COM; Path=api", Cookie("session", domain="example.com")),
        ("session=a; SameSite=Lax; SameSite=Whatever", Cookie("session")),
        ("session=a; Max-Age=0", Cookie("session", deleted=True)),
        ("session=a; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Cookie("session")),
        ("session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Cookie("session", deleted=True)),
        ("value-only", Cookie("")),
        ("", None),
        ("=", None),
        ("a=b\x00", None),
        ("a=" + "b" * 5000, None),
    ],
)
def test_set_cookie_lines_are_read_as_browsers_read_them(line: str, cookie: Cookie | None) -> None:
    assert parse_set_cookie(line) == cookie


@given(st.text(max_size=60))
def test_no_line_makes_the_reader_fail(line: str) -> None:
    cookie = parse_set_cookie(line)
    if cookie is not None:
        for engine in ENGINES:
            cookie_verdict(cookie, LOCAL, LOCAL_API, "include", engine)


def test_a_cookies_value_is_not_kept() -> None:
    assert "s3cr3t" not in repr(parse_set_cookie("session=s3cr3t; Path=/"))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("line", ["a=1", "a=1; SameSite=Lax", "a=1; SameSite=Strict"])
def test_another_port_of_localhost_is_the_same_site(engine: EngineName, line: str) -> None:
    verdict = judged(line, LOCAL, LOCAL_API, "include", engine)

    assert (verdict.stored, verdict.sent, verdict.reason) == (True, True, None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("page", ["http://localhost:3000", "https://app.example.com", "http://localhost:8000"])
def test_credentials_omit_neither_stores_nor_sends(engine: EngineName, page: str) -> None:
    verdict = judged("a=1", page, "http://localhost:8000/", "omit", engine)

    assert (verdict.stored, verdict.sent) == (False, False)
    assert "omit" in (verdict.reason or "")


def test_default_credentials_work_within_one_origin_only() -> None:
    assert judged("a=1", "http://localhost:8000", LOCAL_API, "same-origin").sent
    verdict = judged("a=1", LOCAL, LOCAL_API, "same-origin")
    assert not verdict.stored
    assert "credentials: 'include'" in (verdict.reason or "")


@pytest.mark.parametrize(
    ("line", "engine", "stored", "sent"),
    [
        ("a=1", "chromium", False, False),
        ("a=1", "standard", False, False),
        ("a=1", "firefox", True, True),
        ("a=1", "webkit", False, False),
        ("a=1; SameSite=Lax", "firefox", False, False),
        ("a=1; SameSite=Strict", "chromium", False, False),
        ("a=1; SameSite=None; Secure", "chromium", True, True),
        ("a=1; SameSite=None; Secure", "firefox", True, True),
        ("a=1; SameSite=None; Secure", "webkit", False, False),
        ("a=1; SameSite=None", "chromium", False, False),
        ("a=1; SameSite=None", "firefox", False, False),
    ],
)
def test_across_sites(line: str, engine: EngineName, stored: bool, sent: bool) -> None:
    verdict = judged(line, "https://frontend.example", SITE_API, "include", engine)

    assert (verdict.stored, verdict.sent) == (stored, sent)
    assert (verdict.reason is None) is sent
    assert verdict.partitioned is (engine == "firefox" and stored)


def test_localhost_and_127_0_0_1_are_different_sites_and_the_reason_says_so() -> None:
    verdict = judged("a=1; SameSite=Lax", "http://localhost:3000", "http://127.0.0.1:8000/", "include")

    assert not verdict.stored
    assert "http://localhost:3000 and http://127.0.0.1:8000 are different sites" in (verdict.reason or "")
    assert "use localhost for both" in (verdict.reason or "")


@pytest.mark.parametrize(
    ("first", "second", "schemeful", "expected"),
    [
        ("https://app.example.com", "https://api.example.com", True, True),
        ("http://app.example.com", "https://api.example.com", True, False),
        ("http://app.example.com", "https://api.example.com", False, True),
        ("https://a.co.uk", "https://b.co.uk", True, False),
        ("https://a.github.io", "https://b.github.io", True, False),
        ("https://x.a.github.io", "https://a.github.io", True, True),
        ("http://localhost:1", "http://localhost:2", True, True),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", True, True),
        ("http://127.0.0.1", "http://127.0.0.2", True, False),
        ("http://[::1]:1", "http://[::1]:2", True, True),
        ("http://a.localhost", "http://b.localhost", True, False),
        ("null", "null", True, False),
    ],
)
def test_which_origins_are_one_site(first: str, second: str, schemeful: bool, expected: bool) -> None:
    assert same_site(first, second, schemeful=schemeful) is expected
    assert same_site(second, first, schemeful=schemeful) is expected


@pytest.mark.parametrize(("engine", "stored"), [("chromium", True), ("firefox", True), ("standard", True), ("webkit", False)])
def test_secure_cookies_over_http_localhost_depend_on_the_engine(engine: EngineName, stored: bool) -> None:
    assert judged("a=1; Secure", LOCAL, LOCAL_API, "include", engine).stored is stored


@pytest.mark.parametrize("engine", ENGINES)
def test_secure_cookies_over_plain_http_are_refused(engine: EngineName) -> None:
    verdict = judged("a=1; Secure", "http://app.example.com", "http://api.example.com/", "include", engine)

    assert verdict.reason == "it is Secure, but http://api.example.com is not https"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("a=1; Domain=other.com", "does not cover the host api.example.com"),
        ("a=1; Domain=https://example.com", "does not cover"),
        ("a=1; Domain=com", "public suffix"),
        ("__Secure-a=1", "must be Secure"),
        ("__Host-a=1; Secure; Path=/; Domain=example.com", "Path=/ and no Domain"),
        ("__Host-a=1; Secure", "Path=/ and no Domain"),
        ("a=1; Partitioned", "Partitioned"),
        ("a=1; Max-Age=0", "deletes"),
    ],
)
def test_faults_of_a_cookie_are_named(line: str, says: str) -> None:
    verdict = judged(line, SITE, SITE_API, "include")

    assert not verdict.stored
    assert says in (verdict.reason or "")


def test_a_path_elsewhere_keeps_a_stored_cookie_at_home() -> None:
    verdict = judged("a=1; Path=/admin", SITE, SITE_API, "include")

    assert (verdict.stored, verdict.sent) == (True, False)
    assert "Path=/admin" in (verdict.reason or "")


@pytest.mark.parametrize(
    ("engine", "top_level", "sent"),
    [
        ("chromium", None, False),
        ("firefox", "http://localhost:3000", False),
        ("webkit", "http://localhost:3000", True),
        ("webkit", None, False),
    ],
)
def test_pages_without_an_origin_depend_on_the_engine(engine: EngineName, top_level: str | None, sent: bool) -> None:
    jar = CookieJar(engine)
    jar.visit("http://localhost:8000/", ["a=1; Path=/"])

    assert bool(jar.names("null", "http://localhost:8000/", "include", top_level=top_level)) is sent


def test_a_jar_sends_cookies_to_the_hosts_and_paths_they_are_for() -> None:
    jar = CookieJar()
    jar.visit(
        "https://api.example.com/v1/login",
        ["host=1", "deep=1; Path=/v1/users", "wide=1; Path=/; Domain=example.com", "odd=1; Path=/v", "gone=1; Path=/"],
    )
    jar.visit("https://api.example.com/", ["gone=; Path=/; Max-Age=0"])

    assert jar.names(SITE, "https://api.example.com/v1/users?x=1", "include") == ("deep", "host", "wide")
    assert jar.names(SITE, "https://api.example.com/v1", "include") == ("host", "wide")
    assert jar.names(SITE, "https://other.example.com/v1", "include") == ("wide",)
    assert jar.names(SITE, "https://example.com/", "include") == ("wide",)
    assert jar.names(SITE, "https://badexample.com/", "include") == ()


def test_firefox_keeps_a_jar_for_each_site_that_embeds_the_api() -> None:
    jar = CookieJar("firefox")
    jar.receive(["a=1; Path=/"], "https://one.example", SITE_API, "include")

    assert jar.names("https://one.example", SITE_API, "include") == ("a",)
    assert jar.names("https://two.example", SITE_API, "include") == ()
    assert jar.names(SITE, SITE_API, "include") == ()


def test_urls_that_are_not_http_have_no_cookies() -> None:
    jar = CookieJar()
    jar.visit("file:///a", ["a=1"])

    assert jar.names("null", "file:///a", "include") == ()
    assert not judged("a=1", SITE, "ftp://example.com/", "include").stored
