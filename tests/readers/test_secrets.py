from __future__ import annotations

import pytest

from corsense.readers.secrets import redact_body, redact_header, redact_set_cookie, redact_url


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Bearer abc.def", "Bearer redacted"),
        ("authorization", "Basic YTpi", "Basic redacted"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x", "AWS4-HMAC-SHA256 redacted"),
        ("Authorization", "rawtoken", "redacted"),
        ("Authorization", "two words", "redacted"),
        ("Authorization", "", ""),
        ("Cookie", "a=1; b=2", "a=redacted; b=redacted"),
        ("X-API-Key", "abc", "redacted"),
        ("X-CSRFToken", "abc", "redacted"),
        ("Content-Type", "application/json", "application/json"),
        ("X-Request-Id", "7", "7"),
        ("Access-Control-Allow-Credentials", "true", "true"),
    ],
)
def test_credentials_lose_their_value_and_keep_their_form(name: str, value: str, expected: str) -> None:
    assert redact_header(name, value) == expected


@pytest.mark.parametrize(
    ("url", "expected", "hidden"),
    [
        ("http://a/?page=1", "http://a/?page=1", ()),
        ("http://a/?access_token=x&page=1", "http://a/?access_token=redacted&page=1", ("access_token",)),
        ("http://a/?X-Amz-Signature=x#token=y", "http://a/?X-Amz-Signature=redacted#token=y", ("X-Amz-Signature",)),
        ("http://me:pw@a/", "http://redacted:redacted@a/", ("user and password",)),
        ("http://me@a/?q=b@c", "http://redacted@a/?q=b@c", ("user and password",)),
        ("http://a/x@y", "http://a/x@y", ()),
        ("http://a/?token=", "http://a/?token=", ()),
    ],
)
def test_urls_lose_user_password_and_tokens(url: str, expected: str, hidden: tuple[str, ...]) -> None:
    assert redact_url(url) == (expected, hidden)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"password": "x", "name": "y"}', '{"password":"redacted","name":"y"}'),
        ('[{"refreshToken": "x"}]', '[{"refreshToken":"redacted"}]'),
        ('{"name": "y"}', '{"name": "y"}'),
        ('{"token": 5', '{"token": 5'),
        ("user=a&password=b", "user=a&password=redacted"),
        ("password = b", "password = b"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_bodies_lose_their_secret_fields_and_are_else_untouched(body: str, expected: str) -> None:
    assert redact_body(body) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("session=abc; Path=/; SameSite=None", "session=redacted; Path=/; SameSite=None"),
        ("session=a=b", "session=redacted"),
        ("nameless; Secure", "=redacted; Secure"),
    ],
)
def test_cookies_lose_their_value_and_keep_their_attributes(line: str, expected: str) -> None:
    assert redact_set_cookie(line) == expected
