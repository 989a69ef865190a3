"""Who may read the inspector's page, and who may act: a browser on this machine, and no page but its own."""

from __future__ import annotations

from typing import Any

import pytest

from corsense.dev.inspector.access import TOKEN_HEADER, new_token, refusal, refusal_to_act
from tests.dev.inspector import asgi

OWN = "http://localhost:8000"


def asked(*headers: tuple[str, str], host: str = "localhost:8000", method: str = "GET", **more: Any) -> dict[str, Any]:
    scope = asgi.scope(method, "/__corsense__/", headers, **more)
    scope["headers"] = [(b"host", host.encode("latin-1")), *scope["headers"][1:]]
    return scope


def why(*headers: tuple[str, str], is_page: bool = False, **more: Any) -> str:
    return refusal(asked(*headers, **more), is_page=is_page) or ""


@pytest.mark.parametrize(
    "client",
    [
        ("127.0.0.1", 50000),
        ("127.8.9.10", 1),
        ("::1", 50000),
        ("::1%lo", 50000),
        ("::ffff:127.0.0.1", 50000),
        ["127.0.0.1", 50000],
    ],
)
def test_browsers_on_this_machine_may_read(client: object) -> None:
    assert why(client=client) == ""


@pytest.mark.parametrize(
    "client",
    [
        *("192.168.1.7", "172.17.0.1", "10.0.0.2", "203.0.113.9", "0.0.0.0", "2001:db8::1", "fe80::1%eth0", "::", "::2"),
        *("::ffff:192.168.1.7", "localhost", "testclient", "", "127.0.0.1.evil.example"),
    ],
)
def test_other_machines_may_not_and_learn_why(client: str) -> None:
    assert why(client=(client, 50000)) == f"The inspector answers only browsers on this machine, not '{client}'."


def test_a_client_that_the_server_does_not_name_may_not() -> None:
    assert "does not say who the client is" in why(client=None)
    scope = asked()
    del scope["client"]
    assert "does not say who the client is" in (refusal(scope, is_page=True) or "")


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost",
            "localhost:8000",
            "LOCALHOST:8000",
            "localhost.:8000",
            "app.localhost:8000",
            "127.0.0.1",
            "127.0.0.1:8000",
        ),
        *("127.1:8000", "127.0.0.53:80", "[::1]", "[::1]:8000", "[0:0:0:0:0:0:0:1]:8000"),
    ],
)
def test_the_names_of_this_machine_may_be_used(host: str) -> None:
    assert why(host=host) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "localhost.evil.example", "localhost@evil.example", "evil.example/@localhost"),
        *(
            "127.0.0.1.evil.example",
            "127.evil.rebinding.example",
            "127.1.2.example",
            "localtest.me",
            "notlocalhost",
            "192.168.1.7:8000",
        ),
        *(
            "0.0.0.0:8000",
            "[::2]:8000",
            "[::ffff:10.0.0.1]",
            "",
            "localhost:port",
            "localhost\\.evil.example",
            "localhost evil.example",
        ),
        *("localhost#evil.example", "localhost%00", "\xff", "[::1", "::1"),
    ],
)
def test_another_host_is_refused_whatever_it_resolves_to(host: str) -> None:
    assert why(host=host).startswith("The inspector answers only at localhost or 127.0.0.1, and the request names ")


def test_a_request_with_two_hosts_or_none_is_refused() -> None:
    assert why(("host", "localhost:8000")).endswith("the request names 'localhost:8000, localhost:8000'.")
    scope = asked()
    scope["headers"] = []
    assert refusal(scope, is_page=True) == "The inspector answers only at localhost or 127.0.0.1, and the request names no host."


@pytest.mark.parametrize(
    "name",
    [
        *("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP"),
        *("CF-Connecting-IP", "CF-Ray", "True-Client-IP", "X-Client-IP", "X-Original-Host", "X-Original-Forwarded-For"),
        *("X-Envoy-External-Address", "Tailscale-User-Login", "X-Amzn-Trace-Id", "X-Amz-Cf-Id", "Fly-Client-IP", "CDN-Loop"),
        *(
            "Fastly-Client-IP",
            "X-Vercel-Id",
            "X-NF-Client-Connection-IP",
            "X-AppEngine-User-IP",
            "X-Azure-ClientIP",
            "x-forwarded",
        ),
    ],
)
def test_what_shows_a_proxy_or_tunnel_is_refused_and_named(name: str) -> None:
    said = why((name, "127.0.0.1"))
    assert said.startswith("The inspector answers only browsers on this machine, and the header")
    assert f"'{name.lower()}' shows a proxy or tunnel" in said


def test_the_page_itself_may_read() -> None:
    assert why(("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")) == ""
    assert why(("origin", OWN), ("sec-fetch-site", "same-origin")) == ""
    assert why(("sec-fetch-site", "none")) == ""


@pytest.mark.parametrize(
    "origin",
    [
        *("http://localhost:3000", "https://localhost:8000", "http://127.0.0.1:8000", "https://evil.example", "null", "", "x"),
        *(
            "http://app.localhost:8000",
            "http://localhost:8000/",
            "http://localhost:8000, http://localhost:8000",
            "HTTP://localhost:8000",
        ),
    ],
)
def test_a_page_of_another_origin_is_refused_whatever_fetch_metadata_says(origin: str) -> None:
    for is_page in (True, False):
        assert "a page of the origin" in why(("origin", origin), ("sec-fetch-site", "same-origin"), is_page=is_page)


def test_two_origins_are_refused() -> None:
    assert "a page of the origin" in why(("origin", OWN), ("origin", OWN))


@pytest.mark.parametrize("site", ["same-site", "cross-site", "", "SAME-ORIGIN", "same-origin, cross-site"])
def test_a_request_that_another_page_caused_is_refused(site: str) -> None:
    said = "The inspector answers only its own page, and the browser says that another page sent the request."
    assert why(("sec-fetch-site", site)) == said
    assert why(("sec-fetch-site", site), ("sec-fetch-site", "same-origin"), is_page=True) == said


NAVIGATION = (("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"))


def test_a_link_on_another_page_may_open_the_page_and_nothing_else() -> None:
    assert why(*NAVIGATION, is_page=True) == ""
    assert why(*NAVIGATION, is_page=False) != ""


@pytest.mark.parametrize(
    ("mode", "dest"), [("navigate", "iframe"), ("navigate", "embed"), ("no-cors", "document"), ("cors", "empty")]
)
def test_a_frame_or_script_of_another_page_gets_nothing(mode: str, dest: str) -> None:
    assert why(("sec-fetch-site", "cross-site"), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest), is_page=True) != ""


def test_a_form_of_another_page_gets_nothing() -> None:
    assert why(*NAVIGATION, is_page=True, method="POST") != ""


def test_only_the_page_with_the_token_of_this_run_may_act() -> None:
    token = new_token()
    own = asked(("origin", OWN), (TOKEN_HEADER, token), method="POST")
    assert refusal_to_act(own, token) is None
    assert "no Origin header" in (refusal_to_act(asked((TOKEN_HEADER, token), method="POST"), token) or "")
    assert f"no {TOKEN_HEADER} header" in (refusal_to_act(asked(("origin", OWN), method="POST"), token) or "")
    assert "has restarted" in (refusal_to_act(own, new_token()) or "")
    twice = asked(("origin", OWN), (TOKEN_HEADER, token), (TOKEN_HEADER, token), method="POST")
    assert refusal_to_act(twice, token) is not None
    strange = asked(("origin", OWN), (TOKEN_HEADER, "é\xff"), method="POST")
    assert "has restarted" in (refusal_to_act(strange, token) or "")


def test_tokens_cannot_be_guessed() -> None:
    assert len({new_token() for _ in range(50)}) == 50
    assert len(new_token()) >= 43
