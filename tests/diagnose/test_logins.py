"""Which redirects lead to a page where people log in."""

from __future__ import annotations

import pytest

from corsense.diagnose.logins import is_login_of_a_provider, leads_to_login

API = "https://api.example.com/me"


@pytest.mark.parametrize(
    "location",
    [
        "https://accounts.google.com/o/oauth2/v2/auth?client_id=a",
        "https://login.microsoftonline.com/t/oauth2/v2.0/authorize",
        "https://tenant.okta.com/app/x",
        "https://sso.example.com/realms/a/protocol/openid-connect/auth?client_id=a",
        "https://team.cloudflareaccess.com/cdn-cgi/access/login/x",
        "https://other.example/saml2/idp?SAMLRequest=a",
        "/login?next=/me",
        "https://api.example.com/signin",
    ],
)
def test_a_page_of_an_identity_provider_or_a_login_is_one(location: str) -> None:
    assert leads_to_login(API, location)


@pytest.mark.parametrize(
    ("url", "location"),
    [
        (API, "https://api.example.com/me/"),
        (API, "https://cdn.example.net/me"),
        (API, "/accounts/7"),
        (API, "https://api.example.com/authors"),
        ("https://api.example.com/login", "https://api.example.com/login/"),
        ("https://api.example.com/auth/token", "https://auth.example.com/oauth2/token"),
        (API, "http://[broken"),
        (API, ""),
    ],
)
def test_other_redirects_are_not_logins(url: str, location: str) -> None:
    assert not leads_to_login(url, location)


def test_a_login_that_is_called_itself_is_known_by_its_provider() -> None:
    assert is_login_of_a_provider("https://accounts.google.com/o/oauth2/v2/auth?client_id=a")
    assert not is_login_of_a_provider("https://api.example.com/login")
    assert not is_login_of_a_provider("https://tenant.okta.com/oauth2/default/v1/token")
